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
import { errorCode } from './errors.ts';
import { hashFile } from './hash-file.ts';
import { openRegular } from './open.ts';
import { fullPace } from './pace.ts';

/** What became of a file: `changed` when it is not any more what it was to be removed for. */
export type Removal = 'removed' | 'absent' | 'changed' | { readonly failed: string };

const entryName = /^[0-9a-f]{2}\/[0-9a-f]{64}-[ad]$/;

/** Runs `work` with a path that stays on the folder of an entry. */
function inFolder(cache: string, file: string, work: (path: string) => Removal): Removal {
  if (!entryName.test(file)) throw new Error(`${file} is no name of a cache entry`);
  return below(`${cache}/${file.slice(0, 2)}`, file.slice(3), work);
}

/** Runs `work` with a path of that name that stays on the folder, which is no link. */
function below(folder: string, name: string, work: (path: string) => Removal): Removal {
  let fd: number | undefined;
  try {
    fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const held = `/proc/self/fd/${fd}`;
    return work(`${existsSync(held) ? held : folder}/${name}`);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return 'absent';
    if (code === 'ENXIO') return 'changed';
    if (code === 'ENOTDIR' || code === 'ELOOP') return { failed: `${folder} is no folder` };
    return { failed: code === 'EACCES' || code === 'EPERM' ? 'permission denied' : code || String(error) };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** The first bytes of a regular file, a link not followed. */
function head(path: string, length: number): Uint8Array {
  const { fd } = openRegular(path, { follow: false });
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
  const removeWrong = (content: string): Removal => {
    const wrong = stillWrong(content, id, size);
    if (wrong === undefined) return 'absent';
    if (!wrong) return 'changed';
    unlinkSync(content);
    return 'removed';
  };
  return inFolder(cache, file, (path) => {
    if (!lstatSync(path).isDirectory()) return removeWrong(path);
    // The folder is held too: hashing takes seconds, in which its name may be given to a link.
    const emptied = below(path, '', (held) => {
      const [name, ...others] = readdirSync(held);
      return name === undefined || others.length > 0 ? 'changed' : removeWrong(`${held}${name}`);
    });
    if (emptied === 'removed') rmdirSync(path);
    return emptied;
  });
}

/**
 * Removes what stands in place of a folder (`xx`), an entry (`xx/<id>-a`, `xx/<id>-d`) or an executable (`xx/<id>-d/<name>`) while it still is
 * none: the link, FIFO, device or file itself, and a directory with what is in it. Never what a link leads to.
 */
export function removeIrregular(cache: string, file: string): Removal {
  const [prefix = '', entry, inner] = file.split('/');
  if (!/^[0-9a-f]{2}$/.test(prefix)) throw new Error(`${file} is no name of a cache entry`);
  if (entry === undefined)
    return below(cache, prefix, (path) => (lstatSync(path).isDirectory() ? 'changed' : removeTree(path)));
  return inFolder(cache, `${prefix}/${entry}`, (path) => {
    const stat = lstatSync(path);
    if (!stat.isDirectory()) return stat.isFile() || inner !== undefined ? 'changed' : removeTree(path);
    const names = entry.endsWith('-d') ? readdirSync(path) : [];
    const sound = names.length === 1 && lstatSync(`${path}/${names[0]}`).isFile();
    return sound ? 'changed' : removeTree(path);
  });
}

/** Nobody makes deeper ones but to do harm. */
const deepest = 8;

/** Removes a name and, where it is a directory, all below it; each is opened without following a link. */
function removeTree(path: string, depth = 0): Removal {
  if (!lstatSync(path).isDirectory()) {
    unlinkSync(path);
    return 'removed';
  }
  if (depth > deepest) return { failed: 'it holds directories in directories: remove it by hand' };
  const emptied = below(path, '', (held) => {
    for (const name of readdirSync(held)) {
      const removal = removeTree(`${held}${name}`, depth + 1);
      if (typeof removal === 'object') return removal;
    }
    return 'removed';
  });
  if (emptied === 'removed') rmdirSync(path);
  return emptied;
}
