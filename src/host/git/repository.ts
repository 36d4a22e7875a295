/** Where a git repository keeps what (gitrepository-layout(5)). Its configuration is read as text: what it names is never run. */
import path from 'node:path';
import { statSync } from '../counted-fs.ts';
import { readSmallSync } from '../tree.ts';

/** Why a revision cannot be read; the message ends the sentence "cannot read … : ". */
export class GitProblem extends Error {
  /** What to do about it, where that is not to fetch or to name another revision. */
  readonly todo: string | undefined;
  /** `unborn`: nothing was committed yet on the branch that is checked out. */
  readonly kind: 'unborn' | undefined;
  constructor(message: string, todo?: string, kind?: 'unborn') {
    super(message);
    this.todo = todo;
    this.kind = kind;
  }
}

export interface Repository {
  /** The working tree, absolute, as it is named. */
  readonly top: string;
  /** What belongs to this working tree alone: HEAD. */
  readonly own: string;
  /** What all working trees share: refs and objects. */
  readonly common: string;
  /** Bytes of an object name: 20 (SHA-1) or 32 (SHA-256). */
  readonly hashBytes: 20 | 32;
}

const smallFile = 1024 * 1024;

/** The text of a file of a repository; undefined when it is absent or none. */
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

/** The git directory that `.git` is, or names (worktrees and submodules). */
export function gitDirectoryAt(top: string): string | undefined {
  const file = path.join(top, '.git');
  if (isFolder(file)) return file;
  const named = /^gitdir: (.+?)\n?$/.exec(textOf(file) ?? '')?.[1];
  return named === undefined ? undefined : path.resolve(top, named);
}

/** The repository with this working tree and git directory. Throws GitProblem for one in a form that is not read. */
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
