/**
 * Reads files safely: bounded, never opening a FIFO or a device (host/open.ts), with the permissions of the
 * user read for (host/reader.ts), and never following a link out of another root (host/root.ts). Writes
 * nothing.
 *
 * Everything is synchronous: a pass makes hundreds of small reads, and a turn of the event loop for each
 * costs ten times the system call. So anything that may hang (a dead network file system) is read in a
 * worker.
 */

import path from 'node:path';
import { nameOf, systemPath } from './byte-names.ts';
import {
  closeSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  type Stats,
} from './counted-fs.ts';
import { type Credentials, mayExecute } from './credentials.ts';
import { errorCode } from './errors.ts';
import type { FileStamp, NamesResult, ReadFailure, ReadResult, RootedPath, Stamp } from './file-model.ts';
import { mayFollow } from './link-owners.ts';
import { type How, openRegular } from './open.ts';
import { readPlanned, stampPlanned } from './planned-files.ts';
import { traceNames, traceRead } from './read-trace.ts';
import { mayReach, mayRead } from './reader.ts';
import { lstatSync as lstatOf, resolveRooted, rooted, statSync, withHeld } from './root.ts';

export type { FileStamp, NamesResult, ReadFailure, ReadResult, RootedPath, Stamp } from './file-model.ts';

/** Largest text file that is read, in bytes; Go's own files are kilobytes. */
export const textLimitBytes = 64 * 1024 * 1024;

const linkLimit = 40; // the kernel's MAXSYMLINKS

function failureOf(error: unknown): { ok: false; failure: ReadFailure; why: string } {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return { ok: false, failure: 'absent', why: 'no such file' };
  if (code === 'EACCES' || code === 'EPERM')
    return { ok: false, failure: 'denied', why: 'permission denied' };
  if (code === 'ENXIO') return { ok: false, failure: 'not-regular', why: 'is not a regular file' };
  if (code === 'EISDIR') return { ok: false, failure: 'not-regular', why: 'is a directory' };
  return { ok: false, failure: 'failed', why: code || String(error) };
}

/**
 * Returns the real path of a file, symlinks resolved as a process inside the root sees them: an absolute one
 * starts at that root, never at ours. Throws ENOENT, ELOOP or EACCES.
 */
export function resolveRootedPath(rootedPath: RootedPath): string {
  if (rootedPath.root === '/')
    return rootedPath.path.isWellFormed()
      ? realpathSync(rootedPath.path)
      : nameOf(realpathSync.native(systemPath(rootedPath.path), { encoding: 'buffer' }));
  return resolveRooted(
    rootedPath.root + (rootedPath.path.startsWith('/') ? rootedPath.path : `/${rootedPath.path}`),
  );
}

/**
 * {@link resolveRootedPath}; also throws EACCES if the owner of a link on the way may not read its target.
 */
function resolveFollowed(rootedPath: RootedPath): string {
  const file = pathOf(rootedPath);
  const real = resolveRootedPath(rootedPath);
  if (real !== file && !mayFollow(file)) throw Object.assign(new Error(file), { code: 'EACCES' });
  return real;
}

/**
 * {@link resolveRootedPath}; undefined if the path is missing, or unreachable for the user read for or the
 * owner of a link on the way.
 */
export function realPathOf(rootedPath: RootedPath): string | undefined {
  try {
    return mayReach(pathOf(rootedPath)) ? resolveFollowed(rootedPath) : undefined;
  } catch {
    return undefined;
  }
}

/** Returns a real path as named inside its root. */
export function insideRoot(root: string, realPath: string): string {
  return root === '/' ? realPath : `/${path.relative(root, realPath)}`;
}

/** Returns the symlinks on a path of this root, outermost first: exchanging one redirects the path. */
export function linksOn(file: string): readonly string[] {
  const links: string[] = [];
  let here = '/';
  const pending = file.split('/').filter(Boolean);
  for (let name = pending.shift(); name !== undefined && links.length <= linkLimit; name = pending.shift()) {
    const next = path.join(here, name);
    try {
      if (lstatSync(next).isSymbolicLink()) {
        links.push(next);
        const target = readlinkSync(next);
        here = target.startsWith('/') ? '/' : here;
        pending.unshift(...target.split('/').filter(Boolean));
      } else {
        here = next;
      }
    } catch {
      return links;
    }
  }
  return links;
}

/**
 * Returns a rooted path as one string, links unresolved: the plain path on the host, the form of host/root.ts
 * in another root.
 */
export function pathOf(rootedPath: RootedPath): string {
  return rooted(rootedPath.root, rootedPath.path);
}

/** Reports whether a path is a regular file that `who` may execute (as exec.LookPath). */
export function isExecutable(rootedPath: RootedPath, who: Credentials): boolean {
  try {
    const stat = statSync(pathOf(rootedPath));
    traceRead(pathOf(rootedPath), stat);
    return (
      stat?.isFile() === true &&
      (stat.mode & 0o111) !== 0 &&
      mayExecute(rootedPath.root, rootedPath.path, who)
    );
  } catch {
    traceRead(pathOf(rootedPath), undefined);
    return false;
  }
}

/**
 * Reads a regular file of at most `limit` bytes. FIFOs, sockets, devices and kernel files are refused without
 * opening them. `how` as in host/open.ts.
 */
export function readFile(
  rootedPath: RootedPath,
  limit = textLimitBytes,
  how: Pick<How, 'kernel' | 'judge'> = {},
): ReadResult {
  const planned = readPlanned(rootedPath, limit);
  if (planned !== undefined) return planned;
  let fd: number | undefined;
  let seen = false;
  try {
    const file = rootedPath.root === '/' ? rootedPath.path : resolveFollowed(rootedPath);
    const open = openRegular(file, {
      ...how,
      seen: (stat) => {
        traceRead(pathOf(rootedPath), stat);
        seen = true;
      },
    });
    fd = open.fd;
    const { size, mtimeMs, uid: owner } = open.stat;
    const bytes = size > limit ? undefined : readUpTo(fd, size, limit);
    if (bytes === undefined) return { ok: false, failure: 'too-large', why: `is larger than ${limit} bytes` };
    return { ok: true, bytes, mtimeMs, owner, real: insideRoot(rootedPath.root, open.real) };
  } catch (error) {
    if (!seen) traceRead(pathOf(rootedPath), undefined);
    return failureOf(error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Reads an open file whatever its size says (0 in /proc); undefined beyond the limit. */
function readUpTo(fd: number, size: number, limit: number): Buffer | undefined {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(Math.min(1 << 20, Math.max(4096, size - total + 1)));
    const read = readSync(fd, chunk, 0, chunk.length, null);
    if (read === 0) return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
    total += read;
    if (total > limit) return undefined;
    chunks.push(chunk.subarray(0, read));
  }
}

/** Returns the permissions of a path, not following a link; undefined if it cannot be seen. */
export function rightsAt(
  rootedPath: RootedPath,
): { readonly uid: number; readonly gid: number; readonly mode: number } | undefined {
  try {
    return lstatOf(pathOf(rootedPath));
  } catch {
    return undefined;
  }
}

function fileStamp(stat: Stats): FileStamp {
  return {
    inode: stat.ino,
    size: stat.size,
    mtimeMs: stat.mtimeMs,
    ctimeMs: stat.ctimeMs,
    directory: stat.isDirectory(),
    mode: stat.mode,
    owner: stat.uid,
  };
}

/** Returns the stamp of a file, following links; undefined if it does not exist. */
export function stampOf(rootedPath: RootedPath): FileStamp | undefined {
  const { planned, stamp } = stampPlanned(rootedPath);
  if (planned) return stamp;
  try {
    const stat = statSync(pathOf(rootedPath));
    traceRead(pathOf(rootedPath), stat);
    return stat === undefined || !mayReach(pathOf(rootedPath)) ? undefined : fileStamp(stat);
  } catch {
    traceRead(pathOf(rootedPath), undefined);
    return undefined;
  }
}

/** Reports whether a path is an existing directory. */
export function isDirectory(rootedPath: RootedPath): boolean {
  return stampOf(rootedPath)?.directory ?? false;
}

/**
 * Reports whether a path is hidden, as below a directory without search permission. What cannot be found
 * there is not gone (docs/decisions/0134-what-cannot-be-read-is-not-gone.md).
 */
export function isHidden(rootedPath: RootedPath): boolean {
  try {
    resolveRootedPath(rootedPath);
    return false;
  } catch (error) {
    return ['EACCES', 'EPERM'].includes(errorCode(error));
  }
}

function namesAt(held: string): string[] {
  const names = readdirSync(held);
  // U+FFFD is either in the name itself, or replaces bytes that are not UTF-8.
  if (!names.some((name) => name.includes('\ufffd'))) return names;
  return readdirSync(held, { encoding: 'buffer' }).map(nameOf);
}

/**
 * Returns the sorted names in a directory, including those that are not UTF-8 (byte-names.ts), or why it
 * cannot be listed; absence is one reason.
 */
export function listNames(rootedPath: RootedPath): NamesResult {
  stampOf(rootedPath); // records the stamp before the read
  traceNames(pathOf(rootedPath));
  if (!mayRead(pathOf(rootedPath)) || !mayFollow(pathOf(rootedPath)))
    return { ok: false, failure: 'denied', why: 'permission denied' };
  try {
    const real = rootedPath.root === '/' ? rootedPath.path : resolveRootedPath(rootedPath);
    return { ok: true, names: withHeld(real, namesAt).sort() };
  } catch (error) {
    return failureOf(error);
  }
}

/** {@link listNames}; undefined if the directory cannot be listed. */
export function readNames(rootedPath: RootedPath): readonly string[] | undefined {
  const listed = listNames(rootedPath);
  return listed.ok ? listed.names : undefined;
}

/** {@link readNames}; empty if the directory cannot be read. */
export function listDirectory(rootedPath: RootedPath): readonly string[] {
  return readNames(rootedPath) ?? [];
}

/** Returns an executable file (as exec.LookPath); undefined without one, or if it vanishes meanwhile. */
export function executableAt(
  rootedPath: RootedPath,
  who: Credentials,
): { readonly realPath: string; readonly stamp: Stamp } | undefined {
  const stamp = stampOf(rootedPath);
  if (
    stamp === undefined ||
    stamp.directory ||
    (stamp.mode & 0o111) === 0 ||
    (stamp.mode & 0o170000) !== 0o100000 ||
    !mayExecute(rootedPath.root, rootedPath.path, who)
  ) {
    return undefined;
  }
  const realPath = realPathOf(rootedPath);
  return realPath === undefined ? undefined : { realPath, stamp };
}

/** Runs `use` with a function that reads a file at an offset; undefined if it cannot be opened. */
export function withReader<T>(
  realPath: string,
  use: (readAt: (offset: number, length: number) => Uint8Array, size: number) => T,
): T | undefined {
  let fd: number | undefined;
  try {
    const open = openRegular(realPath, { seen: (stat) => traceRead(realPath, stat) });
    fd = open.fd;
    const { size } = open.stat;
    const readAt = (offset: number, length: number) => {
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
      const read = buffer.length === 0 ? 0 : readSync(open.fd, buffer, 0, buffer.length, offset);
      return buffer.subarray(0, read);
    };
    return use(readAt, size);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

const scanChunk = 1 << 18;
/** Larger than any compiler or tool. */
const scanLimit = 256 << 20;

/**
 * Passes a file to `visit` in pieces, each followed by the first `overlap` bytes of the next, until it
 * returns a result. The bytes are valid only during the call. Undefined if the file cannot be read, or
 * `visit` found nothing in its first 256 MiB.
 */
export function scanFile<T>(
  realPath: string,
  overlap: number,
  visit: (bytes: Buffer) => T | undefined,
): T | undefined {
  let fd: number | undefined;
  try {
    fd = openRegular(realPath).fd;
    const buffer = Buffer.allocUnsafe(scanChunk + overlap);
    for (let offset = 0; offset < scanLimit; offset += scanChunk) {
      const length = readSync(fd, buffer, 0, buffer.length, offset);
      const answer = visit(buffer.subarray(0, length));
      if (answer !== undefined || length < buffer.length) return answer;
    }
  } catch {
    // Gone or unreadable.
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
  return undefined;
}
