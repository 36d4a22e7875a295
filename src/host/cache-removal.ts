/**
 * Takes single files out of a build cache. The folder of an entry is opened once, without following a link, and what is done is done
 * inside that very folder (`/proc/self/fd`), so that nobody can lead a removal elsewhere by swapping a name. Synchronous: a step is short.
 */
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { errorCode } from './files.ts';
import { hashFile } from './hash-file.ts';
import { fullPace } from './pace.ts';

/** What became of a file: `changed` when it is not any more what it was to be removed for. */
export type Removal = 'removed' | 'absent' | 'changed' | { readonly failed: string };

const entryName = /^[0-9a-f]{2}\/[0-9a-f]{64}-[ad]$/;

/** Runs `work` with a path that stays on the folder of an entry. */
function inFolder(cache: string, file: string, work: (path: string) => Removal): Removal {
  if (!entryName.test(file)) throw new Error(`${file} is no name of a cache entry`);
  const folder = `${cache}/${file.slice(0, 2)}`;
  let fd: number | undefined;
  try {
    fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const held = `/proc/self/fd/${fd}`;
    return work(`${existsSync(held) ? held : folder}/${file.slice(3)}`);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return 'absent';
    if (code === 'ENOTDIR' || code === 'ELOOP') return { failed: `${folder} is no folder` };
    return { failed: code === 'EACCES' || code === 'EPERM' ? 'permission denied' : code || String(error) };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** The first bytes of a regular file, a link not followed. */
function head(path: string, length: number): Uint8Array {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(fd, bytes, 0, length, 0));
  } finally {
    closeSync(fd);
  }
}

/** Removes an action entry (`xx/<id>-a`) when `wanted` says so of its bytes. */
export function removeActionEntry(
  cache: string,
  file: string,
  wanted: (text: Uint8Array) => boolean,
): Removal {
  return inFolder(cache, file, (path) => {
    if (!wanted(head(path, 4096))) return 'changed';
    unlinkSync(path);
    return 'removed';
  });
}

/** Whether the content of a file of that size is still another one than its name promises; undefined when it is gone. */
function stillWrong(path: string, id: string, size: number): boolean | undefined {
  const hashed = hashFile(path, {
    limit: Number.MAX_SAFE_INTEGER,
    pace: fullPace,
    describe: () => undefined,
  });
  if (hashed === 'absent') return undefined;
  // A file that moves is being written, which is how go heals it.
  if (typeof hashed === 'string' || hashed.stamp.size !== size) return false;
  return Buffer.from(hashed.digest).toString('hex') !== id;
}

/** Removes an output (`xx/<id>-d`) of that size whose content is still wrong: a file, or a folder with the one file of an executable. */
export function removeWrongOutput(cache: string, file: string, size: number): Removal {
  const id = file.slice(3, 67);
  return inFolder(cache, file, (path) => {
    const executable = lstatSync(path).isDirectory();
    const names = executable ? readdirSync(path) : [];
    if (executable && names.length !== 1) return 'changed';
    const content = executable ? `${path}/${names[0]}` : path;
    const wrong = stillWrong(content, id, size);
    if (wrong === undefined) return 'absent';
    if (!wrong) return 'changed';
    unlinkSync(content);
    if (executable) rmdirSync(path);
    return 'removed';
  });
}
