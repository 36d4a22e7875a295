/**
 * A directory tree that belongs to one user: the first thing in it that the user's own program would not have put there.
 * Links are not followed. Folders that cannot be read are passed over: what is in them cannot be used either.
 */
import { type Dirent, promises as fs } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { lstatOf } from './atomic.ts';
import { errorCode } from './errors.ts';

/** What is wrong with an entry; `name` is relative to the top. */
export interface Foreign {
  readonly name: string;
  readonly why: string;
}

/** What must stand under a name, relative to the top; undefined where either may, and at the top: what is none of our business. */
export type Expected = (name: string) => 'file' | 'directory' | undefined;

/** The first entry that is a link, no file or folder, of the wrong one of the two, or another user's. */
export async function firstForeign(
  top: string,
  expected: Expected,
  folder = '',
): Promise<Foreign | undefined> {
  for (const entry of await entriesOf(path.join(top, folder))) {
    const name = path.join(folder, entry.name);
    const wanted = expected(name);
    // A volume has its own things at its top, such as lost+found.
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
