/**
 * Checks a directory tree that must belong to one user: finds the first entry that godrift would not have put
 * there. Symlinks are not followed. Unreadable folders are skipped: godrift cannot use their content either.
 */
import { type Dirent, promises as fs } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { lstatOf } from './atomic.ts';
import { errorCode } from './errors.ts';

/** A wrong entry; `name` is relative to the top. */
export interface Foreign {
  readonly name: string;
  readonly why: string;
}

/**
 * Returns what must be under a name, relative to the top; undefined if either may be, or at the top: not one
 * of our files.
 */
export type Expected = (name: string) => 'file' | 'directory' | undefined;

/**
 * Returns the first entry that is a symlink, neither file nor folder, the wrong one of these, or another
 * user's.
 */
export async function firstForeign(
  top: string,
  expected: Expected,
  folder = '',
): Promise<Foreign | undefined> {
  for (const entry of await entriesOf(path.join(top, folder))) {
    const name = path.join(folder, entry.name);
    const wanted = expected(name);
    // A volume has its own entries at its top, such as lost+found.
    if (folder === '' && wanted === undefined) continue;
    const why = await flawOf(path.join(top, name), wanted);
    if (why !== undefined) return { name, why };
    const inside = entry.isDirectory() ? await firstForeign(top, expected, name) : undefined;
    if (inside !== undefined) return inside;
  }
  return undefined;
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await fs.readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EPERM'].includes(errorCode(error))) return [];
    throw error;
  }
}

async function flawOf(real: string, expected: 'file' | 'directory' | undefined): Promise<string | undefined> {
  const stat = await lstatOf(real);
  if (stat === undefined) return undefined; // a temporary file of another writer
  if (stat.isSymbolicLink()) return 'is a symbolic link';
  if (process.geteuid !== undefined && stat.uid !== process.geteuid()) return `belongs to uid ${stat.uid}`;
  if (expected === 'file' && stat.isDirectory()) return 'is a directory, and should be a file';
  if (expected === 'directory' && !stat.isDirectory()) return 'is no directory';
  return stat.isFile() || stat.isDirectory() ? undefined : 'is no regular file';
}
