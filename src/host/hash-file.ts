/**
 * Hashes (SHA-256) files that other processes write, replace and remove meanwhile. The stamp is compared
 * before and after reading, so that a result is never a mixture of two contents. Synchronous, for threads.
 * Never opens a FIFO or a device, and leaves the access time alone where it may.
 */
import { createHash, hash } from 'node:crypto';
import { closeSync, fstatSync, readSync, type Stats } from 'node:fs';
import { errorCode } from './errors.ts';
import type { Stamp } from './files.ts';
import { openRegular } from './open.ts';
import type { Pace } from './pace.ts';

/** Why there is no digest. `changed`: the file changed while it was read. */
export type HashFailure = 'absent' | 'denied' | 'not-regular' | 'too-large' | 'changed' | 'failed';

/** Reads up to `length` bytes of the open file at an offset, fewer at its end. */
export type ReadOpen = (offset: number, length: number) => Uint8Array;

export interface HashedFile<T> {
  readonly digest: Uint8Array;
  /** Stamp of the file, the same before and after reading. */
  readonly stamp: Stamp;
  /** The result of `describe`. */
  readonly about: T;
}

/**
 * Bytes read at a time; most build outputs are smaller and take one call. Each hashing thread keeps one
 * buffer.
 */
const chunkBytes = 256 * 1024;
const chunk = Buffer.allocUnsafe(chunkBytes);

function stampOfStats(stat: Stats): Stamp {
  return { inode: stat.ino, size: stat.size, mtimeMs: stat.mtimeMs, ctimeMs: stat.ctimeMs };
}

/** Reports whether two stamps mean the same file with the same content. */
export function sameStamp(a: Stamp, b: Stamp): boolean {
  return a.inode === b.inode && a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs;
}

function failureOf(error: unknown): HashFailure {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ESTALE') return 'absent';
  if (code === 'EACCES' || code === 'EPERM') return 'denied';
  // A symlink where a file was expected; anything that is not a file.
  if (code === 'ELOOP' || code === 'ENXIO' || code === 'EISDIR') return 'not-regular';
  return 'failed';
}

/** Hashes a regular file of at most `limit` bytes; a symlink at the end of the path is refused. */
export function hashFile<T>(
  path: string,
  options: {
    readonly limit: number;
    readonly pace: Pace;
    readonly describe: (read: ReadOpen, size: number) => T;
  },
): HashedFile<T> | HashFailure {
  let fd: number | undefined;
  try {
    const open = openRegular(path, { follow: false, quiet: true });
    fd = open.fd;
    const before = open.stat;
    if (before.size > options.limit) return 'too-large';
    const { digest, about } =
      before.size < chunkBytes ? small(fd, before.size, options) : large(fd, before.size, options);
    const stamp = stampOfStats(before);
    return sameStamp(stamp, stampOfStats(fstatSync(fd))) && digest !== undefined
      ? { digest, stamp, about: about as T }
      : 'changed';
  } catch (error) {
    return failureOf(error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

interface Work<T> {
  readonly pace: Pace;
  readonly describe: (read: ReadOpen, size: number) => T;
}

/** Hashes and describes a small file with one read. */
function small<T>(fd: number, size: number, { pace, describe }: Work<T>) {
  // One more byte, to detect that the file grew.
  const length = readSync(fd, chunk, 0, size + 1, 0);
  if (length !== size) return { digest: undefined };
  const bytes = chunk.subarray(0, length);
  const digest = hash('sha256', bytes, 'buffer');
  const about = describe((at, count) => bytes.subarray(at, at + Math.max(0, count)), size);
  pace();
  return { digest, about };
}

function large<T>(fd: number, size: number, { pace, describe }: Work<T>) {
  const sum = createHash('sha256');
  let at = 0;
  for (; at < size; pace()) {
    const length = readSync(fd, chunk, 0, Math.min(chunkBytes, size - at), at);
    if (length === 0) break;
    sum.update(chunk.subarray(0, length));
    at += length;
  }
  if (at !== size) return { digest: undefined };
  const read = (offset: number, count: number) => {
    const bytes = Buffer.alloc(Math.max(0, Math.min(count, size - offset)));
    return bytes.subarray(0, bytes.length === 0 ? 0 : readSync(fd, bytes, 0, bytes.length, offset));
  };
  return { digest: sum.digest(), about: describe(read, size) };
}
