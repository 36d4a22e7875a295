/**
 * Walks trees of files by names and stamps, without following symlinks, in small steps, so that a caller with
 * a budget may stop at any time. Writes nothing.
 */

import path from 'node:path';
import { closeSync, type Dirent, readSync } from './counted-fs.ts';
import { sha256Parts } from './digest.ts';
import { errorCode } from './errors.ts';
import { insideRoot, type RootedPath, realPathOf, type Stamp } from './files.ts';
import { mayFollow } from './link-owners.ts';
import { type How, openRegular } from './open.ts';
import { mayRead } from './reader.ts';
import { lstatSync, readdirSync, readlinkSync, rooted, statSync } from './root.ts';

/** An entry of a tree; `name` is relative to its top, `''` the top itself. */
export interface TreeEntry extends Stamp {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'other';
}

function entriesIn(real: string): readonly Dirent[] {
  if (!mayRead(real) || !mayFollow(real))
    throw Object.assign(new Error(`EACCES: ${real}`), { code: 'EACCES' });
  return [...readdirSync(real)].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Returns the stamp of a path, a symlink at its end not followed; undefined if it cannot be seen. */
export function entryAt(real: string, name = ''): TreeEntry | undefined {
  try {
    const stat = lstatSync(name === '' ? real : `${real}/${name}`);
    if (stat === undefined) return undefined;
    return {
      name,
      kind: stat.isDirectory() ? 'directory' : stat.isFile() ? 'file' : 'other',
      inode: stat.ino,
      size: stat.size,
      mtimeMs: stat.mtimeMs,
      ctimeMs: stat.ctimeMs,
    };
  } catch {
    return undefined;
  }
}

/**
 * Returns a text that changes with a file's identity or content, a symlink at its end followed; `-` if there
 * is none.
 */
export function contentStamp(real: string): string {
  try {
    const stat = statSync(real);
    return stat === undefined ? '-' : `${stat.ino} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}`;
  } catch {
    return '-';
  }
}

/**
 * Yields a directory and every entry below it, names sorted within each folder. Throws the system's error for
 * a folder that cannot be listed.
 */
export function* walkTree(real: string): Generator<TreeEntry> {
  const pending = [''];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const self = entryAt(real, folder);
    if (self === undefined) continue;
    yield self;
    for (const { name } of entriesIn(folder === '' ? real : path.join(real, folder))) {
      const entry = entryAt(real, folder === '' ? name : `${folder}/${name}`);
      if (entry === undefined) continue;
      if (entry.kind === 'directory') pending.push(entry.name);
      else yield entry;
    }
  }
}

/** Returns the real path of a file as named inside its root; undefined if it does not exist. */
export function insidePathOf(rootedPath: RootedPath): string | undefined {
  const real = realPathOf(rootedPath);
  return real === undefined ? undefined : insideRoot(rootedPath.root, real);
}

const linkLimit = 40; // the kernel's MAXSYMLINKS

/**
 * Resolves a path by the texts of its symlinks, as named inside its root, even if nothing exists there yet:
 * writing to a dangling symlink creates its target. Undefined for a loop, and below a directory without
 * search permission.
 */
export function leadsTo(rootedPath: RootedPath): string | undefined {
  const real = insidePathOf(rootedPath);
  if (real !== undefined) return real;
  let here = '/';
  let links = 0;
  const pending = rootedPath.path.split('/').filter(Boolean);
  try {
    for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
      const next = path.join(here, name);
      const at = rooted(rootedPath.root, next);
      const link = name !== '.' && name !== '..' && lstatSync(at)?.isSymbolicLink() === true;
      if (link && ++links > linkLimit) return undefined;
      const target = link ? readlinkSync(at) : '';
      if (!link) here = next;
      else if (target.startsWith('/')) here = '/';
      if (link) pending.unshift(...target.split('/').filter(Boolean));
    }
  } catch (error) {
    // Below a missing file or a non-directory there are no symlinks.
    if (!['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return undefined;
  }
  return path.join(here, ...pending);
}

// Filled and consumed without an await in between, so one buffer serves all callers.
const chunk = Buffer.allocUnsafe(256 * 1024);

/**
 * Reads a regular file of at most `limit` bytes; undefined if it is absent, larger, not regular, or refused
 * by `judge` (host/open.ts).
 */
export function readSmallSync(
  real: string,
  limit = 16 * 1024 * 1024,
  judge?: NonNullable<How['judge']>,
): Buffer | undefined {
  let fd: number | undefined;
  try {
    const open = openRegular(real, judge === undefined ? {} : { judge });
    fd = open.fd;
    const { stat } = open;
    if (stat.size > limit) return undefined;
    const bytes = Buffer.allocUnsafe(stat.size);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(fd, bytes, length, bytes.length - length, null);
      if (read === 0) break;
      length += read;
    }
    return bytes.subarray(0, length);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/**
 * Returns the SHA-256 of a regular file in hex, yielding to the event loop after each 256 KiB. Undefined if
 * it cannot be read, is not regular, or is refused by `judge` (host/open.ts); a symlink is not followed.
 */
export async function hashTreeFile(
  real: string,
  judge?: NonNullable<How['judge']>,
): Promise<string | undefined> {
  let fd: number | undefined;
  try {
    fd = openRegular(real, { follow: false, ...(judge === undefined ? {} : { judge }) }).fd;
    const digest = sha256Parts();
    for (;;) {
      const read = readSync(fd, chunk, 0, chunk.length, null);
      if (read > 0) digest.update(chunk.subarray(0, read));
      if (read < chunk.length) return digest.hex();
      await new Promise((resolve) => setImmediate(resolve));
    }
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Returns the entries of a directory, sorted by name; empty if it cannot be listed. */
export function entriesSync(real: string): readonly Dirent[] {
  try {
    return entriesIn(real);
  } catch {
    return [];
  }
}

/** Returns the names in a directory, sorted; empty if it cannot be listed. */
export function listSync(real: string): readonly string[] {
  return entriesSync(real).map(({ name }) => name);
}
