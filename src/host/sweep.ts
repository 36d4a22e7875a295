/**
 * Synchronous primitives for worker threads that go over many files: one stat, one hash, one small read at a time, without following links,
 * without waiting on FIFOs, and, where the kernel lets us, without touching access times.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  statfsSync,
} from 'node:fs';
import { errorCode } from './files.ts';

/** What lstat says of an entry. Times in ms since the epoch. */
export interface EntryStat {
  readonly type: 'file' | 'directory' | 'other';
  readonly inode: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly uid: number;
  readonly mode: number;
}

/** Names in a directory, sorted bytewise; the errno when it cannot be read. */
export function namesIn(directory: string): readonly string[] | { readonly error: string } {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    return { error: errorCode(error) };
  }
}

/** lstat; undefined when the entry is gone or cannot be asked. */
export function entryStat(path: string): EntryStat | undefined {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    return {
      type: stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : 'other',
      inode: stat.ino,
      size: stat.size,
      mtimeMs: stat.mtimeMs,
      ctimeMs: stat.ctimeMs,
      uid: stat.uid,
      mode: stat.mode,
    };
  } catch {
    return undefined;
  }
}

const quiet = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** Opens for reading; O_NOATIME is for the owner and for root only (open(2)). */
function openQuietly(path: string): number {
  const noatime = constants.O_NOATIME ?? 0;
  if (noatime === 0) return openSync(path, quiet);
  try {
    return openSync(path, quiet | noatime);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') throw error;
    return openSync(path, quiet);
  }
}

/** What reading a file gave: `moved` when it was written, renamed or cut while it was read; `gone`, `denied`, `failed` when it could not be. */
export type Hashed =
  | { readonly ok: true; readonly sha256: Buffer; readonly head: Buffer; readonly stat: EntryStat }
  | { readonly ok: false; readonly why: 'gone' | 'denied' | 'moved' | 'failed' };

function reasonOf(error: unknown): 'gone' | 'denied' | 'failed' {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'gone';
  return code === 'EACCES' || code === 'EPERM' ? 'denied' : 'failed';
}

/** SHA-256 and the first `headBytes` of a regular file, if it stayed the same file from beginning to end. */
export function hashFileQuietly(path: string, buffer: Buffer, headBytes: number): Hashed {
  let fd: number;
  try {
    fd = openQuietly(path);
  } catch (error) {
    return { ok: false, why: reasonOf(error) };
  }
  try {
    const before = fstatSync(fd);
    if (!before.isFile()) return { ok: false, why: 'failed' };
    const hash = createHash('sha256');
    let head = Buffer.alloc(0);
    let total = 0;
    for (;;) {
      const read = readSync(fd, buffer, 0, buffer.length, null);
      if (read === 0) break;
      if (total === 0) head = Buffer.from(buffer.subarray(0, Math.min(read, headBytes)));
      hash.update(buffer.subarray(0, read));
      total += read;
      if (total > before.size) return { ok: false, why: 'moved' };
    }
    const after = entryStat(path);
    const same =
      after?.type === 'file' &&
      after.inode === before.ino &&
      after.size === total &&
      before.size === total &&
      after.mtimeMs === before.mtimeMs &&
      after.ctimeMs === before.ctimeMs;
    if (!same) return { ok: false, why: after === undefined ? 'gone' : 'moved' };
    return { ok: true, sha256: hash.digest(), head, stat: after };
  } catch (error) {
    return { ok: false, why: reasonOf(error) };
  } finally {
    closeSync(fd);
  }
}

/** Up to `limit` bytes of a regular file as latin1 text, or why not. */
export function readQuietly(
  path: string,
  limit: number,
):
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly why: 'gone' | 'denied' | 'failed' } {
  let fd: number;
  try {
    fd = openQuietly(path);
  } catch (error) {
    return { ok: false, why: reasonOf(error) };
  }
  try {
    if (!fstatSync(fd).isFile()) return { ok: false, why: 'failed' };
    const buffer = Buffer.alloc(limit);
    const read = readSync(fd, buffer, 0, limit, 0);
    return { ok: true, text: buffer.toString('latin1', 0, read) };
  } catch (error) {
    return { ok: false, why: reasonOf(error) };
  } finally {
    closeSync(fd);
  }
}

/** Bytes and inodes that a user without privileges may still take on the file system of a path; undefined when it cannot be asked. */
export function freeSpace(path: string): { readonly bytes: number; readonly inodes: number } | undefined {
  try {
    const { bavail, bsize, ffree, files } = statfsSync(path);
    // Some file systems (btrfs) count no inodes: 0 of 0.
    return { bytes: bavail * bsize, inodes: files === 0 ? Number.MAX_SAFE_INTEGER : ffree };
  } catch {
    return undefined;
  }
}
