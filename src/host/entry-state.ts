/**
 * What stands under one name of a directory, as a value: nothing, a file with its bytes and rights, or a link. A rollback is made of changes from one such
 * state to another, so that it can be undone by the way back and a crash in the middle is recognised by looking.
 */
import { constants, promises as fs, type Stats } from 'node:fs';
import path from 'node:path';
import { sha256Hex } from './digest.ts';
import { errorCode } from './errors.ts';

/** Longest file that is kept and put back, in bytes: a hundred times the go.sum of the largest repositories. */
export const entryLimitBytes = 64 * 1024 * 1024;

/** A regular file; `mode` are the permission bits, special ones included. */
export interface FileState {
  readonly kind: 'file';
  readonly sha256: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** `other`: something that no rollback touches, in a word (directory, fifo, socket, device). */
export type EntryState =
  | { readonly kind: 'absent' }
  | FileState
  | { readonly kind: 'link'; readonly to: string }
  | { readonly kind: 'other'; readonly what: string };

/** A state, and of a file its bytes. */
export interface ReadEntry {
  readonly state: EntryState;
  readonly bytes?: Buffer;
}

/** Whether two states are the same in everything that a build or its owner can tell. */
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

/** Reads what stands under a name, a link not followed. Throws the system's error, EFBIG for a file beyond {@link entryLimitBytes}. */
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
    // What was opened counts, whatever was exchanged meanwhile.
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

/** The name that a link in a directory leads to. Not resolved as text: what comes before a `..` may be a link itself. */
export const linkTarget = (directory: string, to: string) => (to.startsWith('/') ? to : `${directory}/${to}`);

/** Where a name truly is. */
export interface Located {
  /** Its directory, a real path; folders that are not there yet are as they would be made. */
  readonly directory: string;
  readonly name: string;
  /** Those folders, the outermost first. */
  readonly missing: readonly string[];
}

/** The directory of a name as it truly is, and the name in it. Throws the system's error. */
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
