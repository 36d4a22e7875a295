/**
 * Locates the parts of a git repository (gitrepository-layout(5)). Its configuration is read as text; nothing
 * that it names is run.
 */
import path from 'node:path';
import { statSync } from '../counted-fs.ts';
import { readSmallSync } from '../tree.ts';

/** Why a revision cannot be read. The message completes the sentence "cannot read … : ". */
export class GitProblem extends Error {
  /** What to do, unless it is to fetch or to name another revision. */
  readonly todo: string | undefined;
  /** `unborn`: the checked-out branch has no commit yet. */
  readonly kind: 'unborn' | undefined;
  constructor(message: string, todo?: string, kind?: 'unborn') {
    super(message);
    this.todo = todo;
    this.kind = kind;
  }
}

export interface Repository {
  /** The working tree, absolute, as the caller named it. */
  readonly top: string;
  /** Git directory of this working tree alone, with its HEAD. */
  readonly own: string;
  /** Git directory shared by all working trees, with refs and objects. */
  readonly common: string;
  /** Bytes of an object name: 20 (SHA-1) or 32 (SHA-256). */
  readonly hashBytes: 20 | 32;
}

const smallFile = 1024 * 1024;

/** Returns the text of a file in a repository; undefined if it is absent or not a regular file. */
export function textOf(file: string, limit = smallFile): string | undefined {
  return readSmallSync(file, limit)?.toString('utf8');
}

function isFolder(file: string): boolean {
  try {
    return statSync(file).isDirectory();
  } catch {
    return false;
  }
}

/**
 * Returns the git directory: `.git` itself, or the one that the file `.git` names (worktrees and submodules).
 */
export function gitDirectoryAt(top: string): string | undefined {
  const file = path.join(top, '.git');
  if (isFolder(file)) return file;
  const named = /^gitdir: (.+?)\n?$/.exec(textOf(file) ?? '')?.[1];
  return named === undefined ? undefined : path.resolve(top, named);
}

/**
 * Opens the repository of a working tree and git directory. Throws GitProblem for a format that godrift does
 * not read.
 */
export function opened(top: string, own: string): Repository {
  const shared = textOf(path.join(own, 'commondir'))?.trim();
  const common = shared === undefined ? own : path.resolve(own, shared);
  const config = textOf(path.join(common, 'config')) ?? '';
  const extension = (name: string) =>
    new RegExp(`^[ \\t]*${name}[ \\t]*=[ \\t]*(\\w+)`, 'im').exec(config)?.[1];
  if (extension('refstorage') !== undefined && extension('refstorage') !== 'files')
    throw new GitProblem(`its refs are kept as a ${extension('refstorage')}, which godrift does not read`);
  return { top, own, common, hashBytes: extension('objectformat') === 'sha256' ? 32 : 20 };
}
