/**
 * Removes single files from a build cache. The folder of an entry is opened once without following a link,
 * and all work happens below its descriptor (`/proc/self/fd`), so that swapping a name cannot redirect a
 * removal. Synchronous, because each step is short.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
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

/**
 * Result of a removal. `changed`: the file no longer is what it was to be removed for. In a dry run nothing
 * is removed, and `removed` means that it would be.
 */
export type Removal = 'removed' | 'absent' | 'changed' | { readonly failed: string };

const entryName = /^[0-9a-f]{2}\/[0-9a-f]{64}-[ad]$/;

/** Runs `work` with a path of the entry below its open folder. */
function inFolder(cache: string, file: string, dry: boolean, work: (path: string) => Removal): Removal {
  if (!entryName.test(file)) throw new Error(`${file} is no name of a cache entry`);
  return below(`${cache}/${file.slice(0, 2)}`, file.slice(3), dry, work);
}

/**
 * Runs `work` with the path `name` below the open folder, which must not be a link; flushes the folder after
 * a removal.
 */
function below(folder: string, name: string, dry: boolean, work: (path: string) => Removal): Removal {
  let fd: number | undefined;
  try {
    fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const held = `/proc/self/fd/${fd}`;
    const removal = work(`${existsSync(held) ? held : folder}/${name}`);
    if (removal === 'removed' && !dry) fsyncSync(fd);
    return removal;
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

/** Returns the first bytes of a regular file; a link is not followed. */
function head(path: string, length: number): Uint8Array {
  const { fd } = openRegular(path, { follow: false });
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(fd, bytes, 0, length, 0));
  } finally {
    closeSync(fd);
  }
}

/** Removes an action entry (`xx/<id>-a`) if `wanted` accepts its bytes. */
export function removeActionEntry(
  cache: string,
  file: string,
  wanted: (text: Uint8Array) => boolean,
  dry = false,
): Removal {
  return inFolder(cache, file, dry, (path) => {
    if (!wanted(head(path, 4096))) return 'changed';
    if (!dry) unlinkSync(path);
    return 'removed';
  });
}

/**
 * Reports whether a file still has that size and content that does not match its name; undefined if it is
 * gone.
 */
function stillWrong(path: string, id: string, size: number): boolean | undefined {
  const hashed = hashFile(path, {
    limit: Number.MAX_SAFE_INTEGER,
    pace: fullPace,
    describe: () => undefined,
  });
  if (hashed === 'absent') return undefined;
  // A changing file is being written, which is how go repairs it.
  if (typeof hashed === 'string' || hashed.stamp.size !== size) return false;
  return Buffer.from(hashed.digest).toString('hex') !== id;
}

/**
 * Removes an output (`xx/<id>-d`) that still has that size and wrong content: a file, or the folder with the
 * one file of an executable. An empty folder, which a killed removal leaves, is removed too.
 */
export function removeWrongOutput(cache: string, file: string, size: number, dry = false): Removal {
  const id = file.slice(3, 67);
  const removeWrong = (content: string): Removal => {
    const wrong = stillWrong(content, id, size);
    if (wrong === undefined) return 'absent';
    if (!wrong) return 'changed';
    if (!dry) unlinkSync(content);
    return 'removed';
  };
  return inFolder(cache, file, dry, (path) => {
    if (!lstatSync(path).isDirectory()) return removeWrong(path);
    // The folder is held open too: hashing takes seconds, in which its name could become a link.
    const emptied = below(path, '', dry, (held) => {
      const [name, ...others] = readdirSync(held);
      if (others.length > 0) return 'changed';
      return name === undefined ? 'removed' : removeWrong(`${held}${name}`);
    });
    if (emptied === 'removed' && !dry) rmdirSync(path);
    return emptied;
  });
}

/**
 * Removes an irregular thing in place of a folder (`xx`), an entry (`xx/<id>-a`, `xx/<id>-d`) or an
 * executable (`xx/<id>-d/<name>`), if it still is irregular: the link, FIFO, device or file itself, a
 * directory with its content. Never the target of a link.
 */
export function removeIrregular(cache: string, file: string, dry = false): Removal {
  const [prefix = '', entry, inner] = file.split('/');
  if (!/^[0-9a-f]{2}$/.test(prefix)) throw new Error(`${file} is no name of a cache entry`);
  const remove = (path: string) => (dry ? 'removed' : removeTree(path));
  if (entry === undefined)
    return below(cache, prefix, dry, (path) => (lstatSync(path).isDirectory() ? 'changed' : remove(path)));
  return inFolder(cache, `${prefix}/${entry}`, dry, (path) => {
    const stat = lstatSync(path);
    if (!stat.isDirectory()) return stat.isFile() || inner !== undefined ? 'changed' : remove(path);
    const names = entry.endsWith('-d') ? readdirSync(path) : [];
    const sound = names.length === 1 && lstatSync(`${path}/${names[0]}`).isFile();
    return sound ? 'changed' : remove(path);
  });
}

/**
 * Returns why this process, of uid `ownUid`, must not remove an entry (a path below a real GOCACHE);
 * undefined if it may.
 */
export function whyNotRemovable(cache: string, file: string, ownUid: number): string | undefined {
  const [prefix = '', entry] = file.split('/');
  const folder = entry === undefined ? cache : `${cache}/${prefix}`;
  try {
    for (const one of new Set([cache, folder])) {
      const { uid } = lstatSync(one);
      if (uid !== ownUid)
        return `${one} belongs to uid ${uid}: a rollback changes only files of its own user (uid ${ownUid})`;
    }
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const code = errorCode(error);
    // A missing entry needs no removal.
    if (code === 'ENOENT') return undefined;
    return `${folder} cannot be written (${code})`;
  }
}

/** Deepest nesting that is removed; only an attacker would make a deeper one. */
const deepest = 8;

/** Removes a name and everything below it; each directory is opened without following a link. */
function removeTree(path: string, depth = 0): Removal {
  if (!lstatSync(path).isDirectory()) {
    unlinkSync(path);
    return 'removed';
  }
  if (depth > deepest) return { failed: 'it holds directories in directories: remove it by hand' };
  const emptied = below(path, '', false, (held) => {
    for (const name of readdirSync(held)) {
      const removal = removeTree(`${held}${name}`, depth + 1);
      if (typeof removal === 'object') return removal;
    }
    return 'removed';
  });
  if (emptied === 'removed') rmdirSync(path);
  return emptied;
}
