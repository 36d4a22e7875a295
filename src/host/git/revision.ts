/**
 * Reads files of a revision from the object store. Starts no git, because the configuration of a repository
 * can name programs that git runs.
 */
import path from 'node:path';
import { readlinkSync } from '../counted-fs.ts';
import { checkoutOf, isObvious, type Where } from './checkout.ts';
import { namesWith, objectOf } from './objects.ts';
import { packedRefs } from './packed-refs.ts';
import { GitProblem, type Repository, textOf } from './repository.ts';

const symbolicDepth = 5;

/**
 * Reports whether a name is valid as a ref. Names that git-check-ref-format(1) refuses could also lead out of
 * the folder.
 */
function isRefName(name: string): boolean {
  return (
    /^[^\s~^:?*[\\\p{Cc}]+$/u.test(name) &&
    name.split('/').every((part) => /^[^.]/.test(part)) &&
    !name.includes('..')
  );
}

/**
 * Returns the ref named by a symlink in place of a symbolic ref; git once wrote those and still accepts them
 * (core.preferSymlinkRefs).
 */
function linkedRef(file: string): string | undefined {
  try {
    const target = readlinkSync(file);
    return target.startsWith('refs/') ? target : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the object of a ref, symbolic refs followed; undefined if there is none. */
export function refOf(repository: Repository, name: string, depth = 0): string | undefined {
  for (const directory of new Set([repository.own, repository.common])) {
    const file = path.join(directory, name);
    const text = textOf(file);
    const target = linkedRef(file) ?? /^ref: (.+)/.exec(text ?? '')?.[1]?.trim();
    if (target !== undefined)
      return depth < symbolicDepth && isRefName(target) ? refOf(repository, target, depth + 1) : undefined;
    // FETCH_HEAD has more on a line than the name.
    const hash = /^[0-9a-f]{40,64}(?=\s|$)/.exec(text ?? '')?.[0];
    if (hash !== undefined) return hash;
  }
  return packedRefs(repository, name).find(({ ref }) => ref === name)?.object;
}

/** The order in which git resolves a name (gitrevisions(7)). */
const places = ['', 'refs/', 'refs/tags/', 'refs/heads/', 'refs/remotes/'];

/** Returns every ref that a name can mean, with its object. */
function refsOf(repository: Repository, name: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (!isRefName(name)) return found;
  // In the git directory itself only HEAD and its kin are refs.
  const inItself = /^(?:[A-Z_]*HEAD|refs\/.+)$/.test(name);
  const refs = [
    ...places.filter((place) => place !== '' || inItself).map((place) => place + name),
    `refs/remotes/${name}/HEAD`,
  ];
  for (const ref of refs) {
    const object = refOf(repository, ref);
    if (object !== undefined) found.set(ref, object);
  }
  return found;
}

/**
 * Returns the object of a name. Where several refs match, git takes the first and warns on stderr; here they
 * are refused: otherwise anybody who may push a tag of that name could decide what is allowed.
 */
function named(repository: Repository, given: string): string {
  const name = given === '@' ? 'HEAD' : given;
  if (new RegExp(`^[0-9a-f]{${repository.hashBytes * 2}}$`).test(name)) return name;
  const refs = refsOf(repository, name);
  const short = /^[0-9a-f]{4,63}$/.test(name) ? namesWith(repository, name) : [];
  const objects = new Set([...refs.values(), ...short]);
  const [first, second] = objects;
  if (first === undefined) {
    const branch = name === 'HEAD' ? unbornBranch(repository) : undefined;
    if (branch !== undefined)
      throw new GitProblem(`its branch ${branch} has no commit yet`, 'commit once, and try again', 'unborn');
    throw new GitProblem('there is no such revision in this clone');
  }
  if (second === undefined) return first;
  if (refs.size === 0) throw new GitProblem('its short name fits several objects');
  const all = [...refs.keys(), ...short.map((object) => `the object ${object.slice(0, 12)}`)];
  throw new GitProblem(
    `the name is ambiguous, as it means ${all.join(' and ')}`,
    `write the whole name, such as ${[...refs.keys()].at(-1)}`,
  );
}

/** Returns the checked-out branch if it has no commit yet: HEAD names a ref that does not exist. */
function unbornBranch(repository: Repository): string | undefined {
  const head = path.join(repository.own, 'HEAD');
  const target = linkedRef(head) ?? /^ref: (.+)/.exec(textOf(head) ?? '')?.[1]?.trim();
  return target?.startsWith('refs/heads/') && isRefName(target)
    ? target.slice('refs/heads/'.length)
    : undefined;
}

/** Returns tree and parents of a commit, or of the commit that a tag points to. */
function commitOf(
  repository: Repository,
  name: string,
  depth = 0,
): { readonly tree: string; readonly parents: readonly string[] } {
  const { type, data } = objectOf(repository, name);
  const header = data.toString('utf8').split('\n\n')[0] ?? '';
  const all = (key: string) =>
    [...header.matchAll(new RegExp(`^${key} ([0-9a-f]+)$`, 'gm'))].map((match) => match[1] as string);
  const [tagged] = all('object');
  if (type === 'tag' && tagged !== undefined && depth < symbolicDepth)
    return commitOf(repository, tagged, depth + 1);
  const [tree] = all('tree');
  if (type !== 'commit' || tree === undefined) throw new GitProblem('it is no commit');
  return { tree, parents: all('parent') };
}

/** Returns the tree of a revision: a name followed by any number of `~`, `~3`, `^`, `^2`. */
export function treeOf(repository: Repository, revision: string): string {
  const steps = /(?:[~^]\d*)*$/.exec(revision)?.[0] ?? '';
  let name = named(repository, revision.slice(0, revision.length - steps.length));
  for (const [, kind, digits] of steps.matchAll(/([~^])(\d*)/g)) {
    const number = digits === '' ? 1 : Number(digits);
    if (number > 10_000) throw new GitProblem('it is too far back');
    // `^2` is the second parent, `~2` the first parent's first parent, `^0` and `~0` the commit itself.
    for (let left = kind === '^' ? Math.min(number, 1) : number; left > 0; left--) {
      const parent = commitOf(repository, name).parents[kind === '^' ? number - 1 : 0];
      if (parent === undefined) throw new GitProblem('it goes back before the first commit');
      name = parent;
    }
  }
  return commitOf(repository, name).tree;
}

/** An entry of a tree: its mode and the name of its object. */
export interface TreeEntry {
  readonly mode: string;
  readonly name: string;
}

/** Yields the entries of a tree with their file names. */
export function* entriesOf(repository: Repository, tree: string): Generator<readonly [string, TreeEntry]> {
  const { type, data } = objectOf(repository, tree);
  if (type !== 'tree') throw new GitProblem('its tree is damaged');
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const end = data.indexOf(0, space);
    const next = end + 1 + repository.hashBytes;
    if (space < 0 || end < 0 || next > data.length) throw new GitProblem('its tree is damaged');
    const object = { mode: data.toString('latin1', at, space), name: data.toString('hex', end + 1, next) };
    yield [data.toString('utf8', space + 1, end), object];
    at = next;
  }
}

function entryOf(repository: Repository, tree: string, wanted: string): TreeEntry | undefined {
  for (const [name, entry] of entriesOf(repository, tree)) if (name === wanted) return entry;
  return undefined;
}

/** Most symlinks followed within a revision. */
const linkDepth = 10;

/**
 * Returns the entry at a path of names from the top of a tree, following symlinks within the revision.
 * Undefined if there is none. Throws GitProblem for a submodule, and for a link that leads out of the
 * repository.
 */
export function committedEntry(
  repository: Repository,
  tree: string,
  names: readonly string[],
  depth = 0,
): TreeEntry | undefined {
  let entry: TreeEntry | undefined = { mode: '40000', name: tree };
  for (const [index, part] of names.entries()) {
    if (entry?.mode !== '40000') return undefined;
    entry = entryOf(repository, entry.name, part);
    const here = names.slice(0, index + 1).join('/');
    if (entry?.mode === '160000')
      throw new GitProblem(
        `${path.join(repository.top, here)} is a submodule there, whose files are in another repository`,
        'check a clone of that repository alone',
      );
    if (entry?.mode !== '120000' || index === names.length - 1) continue;
    const target = path.posix.join(
      ...names.slice(0, index),
      objectOf(repository, entry.name).data.toString('utf8'),
    );
    if (depth === linkDepth || target.startsWith('/') || target.split('/')[0] === '..')
      throw new GitProblem(`${here} is a link there that leads out of the repository`);
    const rest = [...target.split('/'), ...names.slice(index + 1)].filter((one) => one !== '.' && one !== '');
    return committedEntry(repository, tree, rest, depth + 1);
  }
  return entry;
}

/** A file below a folder of a revision. */
export interface FileBelow {
  /**
   * `100755`: executable, `100644`: other file, `120000`: symlink with its target as bytes, `160000`:
   * submodule without bytes.
   */
  readonly mode: string;
  readonly bytes: Uint8Array;
}

/** Far beyond real vendor directories (Kubernetes has about 10,000 files). */
export const mostFilesBelow = 100_000;
const mostBytesBelow = 1024 * 1024 * 1024;

/** A folder of a revision with everything below it. */
export type FolderAtRevision =
  | { readonly state: 'read'; readonly files: ReadonlyMap<string, FileBelow> }
  | { readonly state: 'absent' }
  /** `why` ends a sentence. */
  | { readonly state: 'problem'; readonly why: string };

function filesBelow(repository: Repository, tree: string): ReadonlyMap<string, FileBelow> {
  const files = new Map<string, FileBelow>();
  const pending = [{ tree, path: '' }];
  let bytes = 0;
  let folders = 0;
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    // A tree may contain the same tree many times.
    if (++folders > mostFilesBelow) throw new GitProblem('it has too many folders');
    for (const [name, entry] of entriesOf(repository, folder.tree)) {
      const below = `${folder.path}${name}`;
      if (name === '' || name === '.' || name === '..' || name.includes('/'))
        throw new GitProblem('its tree is damaged');
      if (entry.mode === '40000') {
        pending.push({ tree: entry.name, path: `${below}/` });
        continue;
      }
      const data = entry.mode === '160000' ? new Uint8Array() : objectOf(repository, entry.name).data;
      bytes += data.length;
      if (files.size >= mostFilesBelow || bytes > mostBytesBelow)
        throw new GitProblem(`it has too many files, or too many bytes (at ${below})`);
      files.set(below, { mode: entry.mode, bytes: data });
    }
  }
  return files;
}

/** Reads a folder, relative to a directory, from `revision`. Never throws, and starts no process. */
export function folderAtRevision(where: Where, folder: string, revision: string): FolderAtRevision {
  try {
    const repository = checkoutOf(where);
    const inside = path.relative(repository.top, path.join(where.directory, folder)).split(path.sep);
    const entry = committedEntry(repository, treeOf(repository, revision), inside);
    if (entry === undefined) return { state: 'absent' };
    if (entry.mode !== '40000') throw new GitProblem('it is not a folder there');
    return { state: 'read', files: filesBelow(repository, entry.name) };
  } catch (error) {
    return {
      state: 'problem',
      why: error instanceof GitProblem ? error.message : 'its repository cannot be read',
    };
  }
}

/** A file of a revision, by its name in a directory of the working tree. */
export type FileAtRevision =
  /** `top` is the repository read, if another one is nearer to the directory. */
  | { readonly state: 'read'; readonly bytes: Uint8Array; readonly top?: string }
  | { readonly state: 'absent'; readonly top?: string }
  /** `why` ends a sentence; `todo` is what to do, unless obvious. `unborn`: nothing was committed yet. */
  | { readonly state: 'problem'; readonly why: string; readonly todo?: string; readonly unborn?: true };

/**
 * Reads a file, relative to a directory, from `revision` of the checked-out repository. Never throws, and
 * starts no process.
 */
export function readAtRevision(where: Where, file: string, revision: string): FileAtRevision {
  try {
    const repository = checkoutOf(where);
    const inside = path.relative(repository.top, path.join(where.directory, file)).split(path.sep);
    const entry = committedEntry(repository, treeOf(repository, revision), inside);
    const told = isObvious(repository, where.directory) ? {} : { top: repository.top };
    if (entry === undefined) return { state: 'absent', ...told };
    if (!entry.mode.startsWith('100')) throw new GitProblem('it is not a file there');
    return { state: 'read', bytes: objectOf(repository, entry.name).data, ...told };
  } catch (error) {
    if (!(error instanceof GitProblem)) return { state: 'problem', why: 'its repository cannot be read' };
    const { message, todo, kind } = error;
    return {
      state: 'problem',
      why: message,
      ...(todo === undefined ? {} : { todo }),
      ...(kind === 'unborn' ? { unborn: true as const } : {}),
    };
  }
}
