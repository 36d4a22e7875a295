/**
 * The code under observation is the part of the file system that one pull request can change: the workspace
 * and the repository around it. A file of the code that is a symlink to the outside would show contents of a
 * host file to readers of a report, so such symlinks are not followed (decision 0036).
 */
import path from 'node:path';
import type { ResolvedVariable } from '../../go/getenv.ts';
import { isWithin } from '../../host/checked-program.ts';
import type { Credentials } from '../../host/credentials.ts';
import { insideRoot, pathOf, type ReadResult, readFile, rightsAt, stampOf } from '../../host/files.ts';
import { ownUid } from '../../host/machine.ts';
import type { How } from '../../host/open.ts';
import {
  anotherGroupWrites,
  everybodyWrites,
  rightsElsewhere,
  rightsOfDirectory,
  rightsOfPath,
} from '../../host/path-owner.ts';
import { mayRead, mayReadOpen, nameOf, readAs, readerName } from '../../host/reader.ts';
import { insidePathOf, leadsTo } from '../../host/tree.ts';

/**
 * Returns the nearest directory, at or above the given one, that contains a `.git` of any kind (directory, or
 * file of a worktree); undefined if there is none.
 */
export function repositoryOf(root: string, directory: string): string | undefined {
  for (let here = directory; ; here = path.dirname(here)) {
    if (stampOf({ root, path: path.join(here, '.git') }) !== undefined) return here;
    if (here === path.dirname(here)) return undefined;
  }
}

/** Reports whether users other than the owner may write to the top directory of a repository. */
const isShared = (top: { readonly mode: number; readonly gid: number }) =>
  everybodyWrites(top) || anotherGroupWrites(top);

/** Reports whether a path named `.git` is a repository: a directory, or a file that points to one. */
function isRepository(root: string, git: string): boolean {
  if (stampOf({ root, path: path.join(git, 'HEAD') })?.directory === false) return true;
  const read = readFile({ root, path: git }, 4096);
  return read.ok && read.bytes.toString('latin1').startsWith('gitdir: ');
}

/**
 * Returns the repository that contains a workspace, if its ownership makes it trustworthy; otherwise
 * undefined. Git trusts a repository by its owner (safe.directory), and anybody can create a `.git` in a
 * world-writable directory.
 */
function believedRepository(root: string, workspace: string, owner: number): string | undefined {
  const believed = [owner, 0, ownUid];
  for (let here = workspace; ; here = path.dirname(here)) {
    const git = path.join(here, '.git');
    const [top, itself] = [here, git].map((one) => rightsAt({ root, path: one }));
    if (
      top !== undefined &&
      itself !== undefined &&
      believed.includes(top.uid) &&
      believed.includes(itself.uid) &&
      (top.uid === owner || !isShared(top)) &&
      isRepository(root, git)
    )
      return here;
    if (here === path.dirname(here)) return undefined;
  }
}

/** The directories of the code, as named and with symlinks resolved. */
export interface Code {
  readonly root: string;
  readonly directories: readonly string[];
  readonly real: readonly string[];
  /** Directories that may be code as well, according to any `.git`: nothing in them is run. */
  readonly claimed: readonly string[];
  /**
   * Credentials of the workspace's owner and of everybody else who may write to it. A file is read only if
   * each of them may read it, inside the workspace and outside.
   */
  readonly owners: readonly Credentials[];
}

/**
 * Returns the cache key for what is read of the code: it includes the user read for and the owners, because
 * one user's readable files must not leak to another.
 */
export function codeName({ root, real, owners }: Code): string {
  return [readerName(), ...owners.map(nameOf), root, ...real].join('\0');
}

/** Files of a workspace that name directories and files elsewhere. */
const naming = ['go.mod', 'go.work', 'vendor/modules.txt'];

/** Returns the credentials with which files are read that a workspace and the given files name. */
function ownersOf(root: string, workspace: string, files: readonly string[]): readonly Credentials[] {
  try {
    return rightsOfDirectory(root, workspace, files) ?? ['own'];
  } catch {
    return ['own']; // then nothing in it is readable either
  }
}

/**
 * Returns the code for reading a file that a variable names. Whoever may write to the settings file that sets
 * the variable influences what is read, so those credentials are added: a name can lead to another user's
 * private file as easily as a symlink.
 */
export function codeSetBy(code: Code, variable: Pick<ResolvedVariable, 'origin'> | undefined): Code {
  const file = variable?.origin.path;
  if (file === undefined) return code;
  try {
    return { ...code, owners: [...code.owners, rightsOfPath(file, code.root)] };
  } catch {
    return code; // gone since: the variable is no longer in force
  }
}

/**
 * Returns the code for reading what further project files name, such as the modules that a go.work uses.
 * Everybody who may write to one of these files is added to the owners.
 */
export function codeNamedBy(code: Code, files: readonly string[]): Code {
  const [workspace] = code.directories;
  if (workspace === undefined || files.length === 0) return code;
  const own = naming.map((name) => path.join(workspace, name));
  return { ...code, owners: ownersOf(code.root, workspace, [...own, ...files]) };
}

/**
 * Returns the code of a workspace; empty for `''`, which has none. If the home directory is itself a
 * repository, as with settings under version control, that repository is not part of the code: it contains
 * the user's programs and secrets. `found` is the real path that a workspace found by a pattern must have.
 */
export function codeOf(root: string, workspace: string, home: string, found?: string): Code {
  if (workspace === '') return { root, directories: [], real: [], claimed: [], owners: ['own'] };
  const uid = stampOf({ root, path: workspace })?.owner ?? ownUid;
  const part = (repository: string | undefined) =>
    repository !== undefined && (home === '' || !isWithin(home, repository)) ? [repository] : [];
  const directories = [...new Set([workspace, ...part(believedRepository(root, workspace, uid))])];
  return {
    root,
    directories,
    real: directories.map((one) =>
      one === workspace && found !== undefined ? found : (insidePathOf({ root, path: one }) ?? one),
    ),
    claimed: part(repositoryOf(root, workspace)),
    owners: ownersOf(
      root,
      workspace,
      naming.map((name) => path.join(workspace, name)),
    ),
  };
}

/**
 * Returns the check that decides whether an open file may be read: every owner of the code must be allowed to
 * read it, given its real path on the host or in a root. For a file below the workspace, the directories
 * above the workspace are not checked, since its owner has access already. For any other file, whether
 * reached by symlink or by name, the whole path is checked.
 */
export function judgeOf({ root, owners, real: [workspace] }: Code): NonNullable<How['judge']> {
  return (real, stat) => {
    const below = workspace !== undefined && isWithin(insideRoot(root, real), workspace);
    return owners.every((one) =>
      below
        ? readAs(one, () => mayReadOpen(real, stat, workspace))
        : readAs(rightsElsewhere(one), () => mayReadOpen(real, stat)),
    );
  };
}

/**
 * Reads a file of the code, or one that its files name. Besides the current reader, every owner of the code
 * must be allowed to read it; the real path of the opened file decides, before anything is read ({@link
 * judgeOf}).
 */
export function readCode(code: Code, file: string, limit: number): ReadResult {
  return readFile({ root: code.root, path: file }, limit, { judge: judgeOf(code) });
}

/**
 * Reports whether every owner of the code may read a file or directory elsewhere; `place` is a path of the
 * host or of a root.
 */
export function mayAllRead({ owners }: Code, place: string): boolean {
  return owners.every((one) => readAs(rightsElsewhere(one), () => mayRead(place)));
}

/**
 * Reports whether a file in a directory named by the code (`replace`, `use`) is to be treated as a symlink
 * out of the code ({@link isOutside}). This also holds if it lies elsewhere and an owner of the code may not
 * read it.
 */
export function isNamedOutside(code: Code, file: string, real: string): boolean {
  if (isOutside(code, file, real)) return true;
  if (code.directories.some((one) => isWithin(file, one))) return false;
  return !mayAllRead(code, pathOf({ root: code.root, path: real }));
}

/** As {@link isNamedOutside}, by path alone. */
export function leadsOutNamed(code: Code, file: string): boolean {
  const place = { root: code.root, path: file };
  const real = leadsTo(place);
  if (real === undefined) return false;
  return (
    isOutside(code, file, real) || (insidePathOf(place) !== undefined && isNamedOutside(code, file, real))
  );
}

/**
 * Reports whether a file of the code is, or is reached through, a symlink out of the code. For a file outside
 * the code anyway (go.work of a parent, a version file in the home), its own directory is the boundary. A
 * dangling symlink counts as well: writing to it would write outside.
 */
export function leadsOut(code: Code, file: string): boolean {
  const real = leadsTo({ root: code.root, path: file });
  return real !== undefined && isOutside(code, file, real);
}

/**
 * Reports whether contents of a file of the code may be quoted. A symlink may lead to a file within the
 * checkout that is in no commit and contains secrets, such as a settings file or git's own files. What a
 * symlink leads to is quoted only if its name is of the same kind and it does not belong to git. `extension`
 * is the extension required of a file of this kind, since GOWORK may name any file.
 */
export function isQuotable(file: string, real: string, extension = path.extname(real)): boolean {
  if (path.extname(real) !== extension) return false;
  const [name, end] = [path.basename(file), path.basename(real)];
  const sameKind = name === end || (path.extname(name) !== '' && path.extname(name) === path.extname(end));
  const ofGit = (one: string) => one.split('/').includes('.git');
  return sameKind && (!ofGit(real) || ofGit(file));
}

/**
 * As {@link leadsOut}, for an open file with its real path, so that exchanging a symlink meanwhile has no
 * effect.
 */
export function isOutside(code: Code, file: string, real: string): boolean {
  const { root } = code;
  if (code.directories.some((one) => isWithin(file, one)))
    return !code.real.some((one) => isWithin(real, one));
  const directory = path.dirname(file);
  return !isWithin(real, insidePathOf({ root, path: directory }) ?? directory);
}
