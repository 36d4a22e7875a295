/**
 * The state of one name in a directory, as a value: absent, a file with bytes and permissions, or a symlink.
 * A rollback consists of changes from one state to another; so it can be reverted by the opposite changes,
 * and after a crash the state on disk tells how far it came.
 */
import { constants, promises as fs, type Stats } from 'node:fs';
import path from 'node:path';
import { sha256Hex } from './digest.ts';
import { errorCode } from './errors.ts';

/**
 * Largest file that is kept and restored, in bytes: a hundred times the go.sum of the largest repositories.
 */
export const entryLimitBytes = 64 * 1024 * 1024;

/** A regular file; `mode` are the permission bits with set-user-ID, set-group-ID and sticky. */
export interface FileState {
  readonly kind: 'file';
  readonly sha256: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * `other`: something that no rollback touches; `what` names it (`a directory`, `a pipe`, `a socket`, `a
 * device`).
 */
export type EntryState =
  | { readonly kind: 'absent' }
  | FileState
  | { readonly kind: 'link'; readonly to: string }
  | { readonly kind: 'other'; readonly what: string };

/** A state, and the bytes if it is a file. */
export interface ReadEntry {
  readonly state: EntryState;
  readonly bytes?: Buffer;
}

/**
 * Reports whether two states are equal in everything that a build or the owner can see. Two `other` states
 * never are.
 */
export function isSameEntry(a: EntryState, b: EntryState): boolean {
  if (a.kind === 'file' && b.kind === 'file')
    return a.sha256 === b.sha256 && a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
  if (a.kind === 'link' && b.kind === 'link') return a.to === b.to;
  return a.kind === b.kind && a.kind !== 'other';
}

function kindOf(stat: Stats): string {
  if (stat.isDirectory()) return 'a directory';
  if (stat.isFIFO()) return 'a pipe';
  return stat.isSocket() ? 'a socket' : 'a device';
}

/**
 * Reads the state of a name, without following a symlink. Throws the system's error, EFBIG for a file larger
 * than {@link entryLimitBytes}.
 */
export async function readEntry(file: string): Promise<ReadEntry> {
  let stat: Stats;
  try {
    stat = await fs.lstat(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { state: { kind: 'absent' } };
    throw error;
  }
  if (stat.isSymbolicLink()) return { state: { kind: 'link', to: await fs.readlink(file) } };
  if (!stat.isFile()) return { state: { kind: 'other', what: kindOf(stat) } };
  return await readOpened(file);
}

async function readOpened(file: string): Promise<ReadEntry> {
  const handle = await fs.open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    // The open file decides, whatever took its name meanwhile.
    const stat = await handle.stat();
    if (!stat.isFile()) return { state: { kind: 'other', what: kindOf(stat) } };
    if (stat.size > entryLimitBytes) throw Object.assign(new Error(`EFBIG: ${file}`), { code: 'EFBIG' });
    const bytes = await handle.readFile();
    return { state: fileState(stat, bytes), bytes };
  } finally {
    await handle.close();
  }
}

function fileState({ mode, uid, gid }: Stats, bytes: Uint8Array): FileState {
  return {
    kind: 'file',
    sha256: sha256Hex(bytes),
    size: bytes.length,
    mode: mode & 0o7777,
    uid,
    gid,
  };
}

/** Returns the path of a symlink's target, not normalized: the part before a `..` may be a symlink itself. */
export const linkTarget = (directory: string, to: string) => (to.startsWith('/') ? to : `${directory}/${to}`);

/** The real location of a name. */
export interface Located {
  /** Real path of its directory; missing folders as they would be created. */
  readonly directory: string;
  readonly name: string;
  /** The missing folders, outermost first. */
  readonly missing: readonly string[];
}

/**
 * Resolves the directory of a name; folders that do not exist yet are kept as named. Throws the system's
 * error.
 */
export async function locateEntry(file: string): Promise<Located> {
  return { ...(await realDirectory(path.dirname(file))), name: path.basename(file) };
}

async function realDirectory(directory: string): Promise<Omit<Located, 'name'>> {
  try {
    return { directory: await fs.realpath(directory), missing: [] };
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || directory === '/') throw error;
    const above = await realDirectory(path.dirname(directory));
    const made = path.join(above.directory, path.basename(directory));
    return { directory: made, missing: [...above.missing, made] };
  }
}
