/**
 * SHA-256 of files that others write, replace and remove meanwhile: with the stamp before and after the reading, so that the caller can
 * tell a content from a moment of change. Synchronous, for threads; never opens a FIFO or a device, never moves an access time where it may not.
 */
import { createHash, hash } from 'node:crypto';
import { closeSync, fstatSync, readSync, type Stats } from 'node:fs';
import { errorCode } from './errors.ts';
import type { Stamp } from './files.ts';
import { openRegular } from './open.ts';
import type { Pace } from './pace.ts';

/** Why there is no digest. `changed`: the file moved under the reader. */
export type HashFailure = 'absent' | 'denied' | 'not-regular' | 'too-large' | 'changed' | 'failed';

/** Reads up to `length` bytes of the open file at an offset; fewer at its end. */
export type ReadOpen = (offset: number, length: number) => Uint8Array;

export interface HashedFile<T> {
  readonly digest: Uint8Array;
  /** The file as it was before and after it was read. */
  readonly stamp: Stamp;
  /** What `describe` made of it. */
  readonly about: T;
}

/** Bytes read at a time; most outputs of a build are smaller and take one call. It stays in the memory of each thread that hashes. */
const chunkBytes = 256 * 1024;
const chunk = Buffer.allocUnsafe(chunkBytes);

function stampOfStats(stat: Stats): Stamp {
  return { inode: stat.ino, size: stat.size, mtimeMs: stat.mtimeMs, ctimeMs: stat.ctimeMs };
}

/** Whether two stamps are of the same file with the same content. */
export function sameStamp(a: Stamp, b: Stamp): boolean {
  return a.inode === b.inode && a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs;
}

function failureOf(error: unknown): HashFailure {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ESTALE') return 'absent';
  if (code === 'EACCES' || code === 'EPERM') return 'denied';
  // A link where a file was expected; what is no file at all.
  if (code === 'ELOOP' || code === 'ENXIO' || code === 'EISDIR') return 'not-regular';
  return 'failed';
}

/** Hashes a regular file of at most `limit` bytes; a link at the end of the path is not followed. */
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

/** One reading, from which the description is made too. */
function small<T>(fd: number, size: number, { pace, describe }: Work<T>) {
  // One byte more, to see that it ends there.
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
