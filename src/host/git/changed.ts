/**
 * Finds the files of a working tree that differ from a commit: the one that was checked out at a given
 * moment. Starts no git, because the configuration of a repository can name programs that git runs. Files not
 * touched since that moment are not read.
 */
import { type Dirent, promises as fs, type Stats } from 'node:fs';
import path from 'node:path';
import { sha256Hex } from '../digest.ts';
import { entryLimitBytes, readEntry } from '../entry-state.ts';
import { errorCode, isSystemError } from '../errors.ts';
import { entryAt } from '../tree.ts';
import { checkoutOf, type Where } from './checkout.ts';
import { objectOf } from './objects.ts';
import { headLog, movesBack } from './reflog.ts';
import { GitProblem, type Repository } from './repository.ts';
import { entriesOf, type FileBelow, mostFilesBelow, type TreeEntry, treeOf } from './revision.ts';

/**
 * A file that differs. `file` is absolute, `name` relative to the top; `committed` is absent if the commit
 * has no file of this name.
 */
export interface ChangedFile {
  readonly file: string;
  readonly name: string;
  readonly committed?: FileBelow;
  readonly isThere: boolean;
}

/** The files that differ, or why they cannot be told (`why` ends a sentence). */
export type ChangedFiles =
  | { readonly state: 'read'; readonly revision: string; readonly files: readonly ChangedFile[] }
  | { readonly state: 'problem'; readonly why: string };

/** Most files that may differ; more mean that another branch was checked out. */
const mostChanged = 2000;

/** Bytes read of git's log of HEAD: some 50,000 moves. */
const mostLogBytes = 8 * 1024 * 1024;

/** Returns a commit, HEAD for the name of zeros that git writes for a branch without a commit. */
const orHead = (commit: string | undefined) =>
  commit === undefined || /^0+$/.test(commit) ? 'HEAD' : commit;

/**
 * Returns the commit that was checked out at a moment (ms since the epoch), by git's log of HEAD; HEAD if the
 * log says nothing of that time. Throws GitProblem if the log is too long to be read that far back.
 */
function commitAt(repository: Repository, time: number): string {
  let oldest: string | undefined;
  for (const { at, is, was } of movesBack(repository, mostLogBytes)) {
    if (at <= time) return orHead(is);
    oldest = was;
  }
  if ((entryAt(headLog(repository))?.size ?? 0) > mostLogBytes)
    throw new GitProblem('its log of HEAD is too long to tell what was checked out then');
  return orHead(oldest);
}

/** Lists every file of a tree with the name of its object, without reading the objects. */
function committedNames(repository: Repository, revision: string): ReadonlyMap<string, TreeEntry> {
  const files = new Map<string, TreeEntry>();
  const pending = [{ tree: treeOf(repository, revision), below: '' }];
  let folders = 0;
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    // A tree may contain the same tree many times.
    if (++folders > mostFilesBelow) throw new GitProblem('it has too many folders');
    for (const [name, entry] of entriesOf(repository, folder.tree)) {
      if (name === '' || name === '.' || name === '..' || name === '.git' || name.includes('/'))
        throw new GitProblem('its tree is damaged');
      const below = `${folder.below}${name}`;
      if (entry.mode === '40000') pending.push({ tree: entry.name, below: `${below}/` });
      else if (entry.mode !== '160000') files.set(below, entry);
      if (files.size > mostFilesBelow) throw new GitProblem('it has too many files');
    }
  }
  return files;
}

const gone = (error: unknown): undefined => {
  if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'].includes(errorCode(error))) return undefined;
  throw error;
};

/** Reports whether a file exists with this content and mode. */
async function isAs(file: string, { mode, bytes }: FileBelow): Promise<boolean> {
  const { state } = await readEntry(file);
  if (state.kind === 'link') return mode === '120000' && state.to === Buffer.from(bytes).toString('utf8');
  if (state.kind !== 'file' || mode === '120000') return false;
  return ((state.mode & 0o100) !== 0) === (mode === '100755') && state.sha256 === sha256Hex(bytes);
}

async function changedCommitted(
  repository: Repository,
  committed: ReadonlyMap<string, TreeEntry>,
  since: number,
): Promise<readonly ChangedFile[]> {
  const found: ChangedFile[] = [];
  for (const [name, { mode, name: object }] of committed) {
    const file = path.join(repository.top, name);
    const stat: Stats | undefined = await fs.lstat(file).catch(gone);
    // Only the kernel sets ctime, so an older one proves the file unchanged.
    if (stat !== undefined && (stat.ctimeMs <= since || stat.size > entryLimitBytes)) continue;
    const one = { mode, bytes: objectOf(repository, object).data };
    if (stat !== undefined && (await isAs(file, one))) continue;
    found.push({ file, name, committed: one, isThere: stat !== undefined });
    if (found.length > mostChanged) throw new GitProblem('too many of its files differ');
  }
  return found;
}

/**
 * Lists files added since and not in the commit. Skips folders of other repositories and those that no build
 * reads.
 */
async function added(
  { top }: Repository,
  committed: ReadonlyMap<string, TreeEntry>,
  since: number,
): Promise<readonly ChangedFile[]> {
  const found: ChangedFile[] = [];
  const pending = [''];
  let names = 0;
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const entries: readonly Dirent[] =
      (await fs.readdir(path.join(top, folder), { withFileTypes: true }).catch(gone)) ?? [];
    if (folder !== '' && entries.some(({ name }) => name === '.git')) continue;
    for (const entry of entries) {
      const name = path.join(folder, entry.name);
      if (++names > mostFilesBelow) throw new GitProblem('its working tree has too many files');
      if (entry.isDirectory()) {
        if (entry.name !== '.git' && entry.name !== 'node_modules') pending.push(name);
        continue;
      }
      const file = path.join(top, name);
      if (committed.has(name) || !(entry.isFile() || entry.isSymbolicLink())) continue;
      const stat = await fs.lstat(file).catch(gone);
      if (stat !== undefined && stat.ctimeMs > since) found.push({ file, name, isThere: true });
      if (found.length > mostChanged) throw new GitProblem('too many files were added to it');
    }
  }
  return found;
}

/**
 * Returns the files that differ from the commit checked out at `since` (ms since the epoch). Without `since`
 * the commit is HEAD, and uncommitted new files are left out: they may be as old as the commit. Reads what
 * was touched since. Never throws for what the system or the repository refuses.
 */
export async function changedFiles(where: Where, since?: number): Promise<ChangedFiles> {
  try {
    const repository = checkoutOf(where);
    const revision = since === undefined ? 'HEAD' : commitAt(repository, since);
    const committed = committedNames(repository, revision);
    const files = [
      ...(await changedCommitted(repository, committed, since ?? 0)),
      ...(since === undefined ? [] : await added(repository, committed, since)),
    ];
    return { state: 'read', revision, files };
  } catch (error) {
    if (error instanceof GitProblem) return { state: 'problem', why: error.message };
    if (!isSystemError(error)) throw error;
    return { state: 'problem', why: 'its repository cannot be read' };
  }
}
