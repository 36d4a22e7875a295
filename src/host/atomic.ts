/**
 * Files that are whole or not there: temporary file, fsync, rename, fsync of the directory. The renaming is
 * write-file-atomic's; the bytes are written by us, because that library issues one write(2) and takes a short one
 * (which a nearly full disk gives) for success, so that a truncated file would replace a good one.
 */
import { constants, promises as fs } from 'node:fs';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { errorCode } from './files.ts';

/** What write-file-atomic appends to a name while it writes: a dot and a 32-bit number. */
const leftoverName = /\.\d{1,10}$/;
/** The name under which host/lock.ts binds a socket before it is linked. */
const leftoverSocket = /^s[0-9a-f]{8}$/;

/** Flushes a directory's entries, so that a rename or a new name survives a power loss. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await fs.open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Replaces the content of a file, or creates it, in one step: whoever reads sees the old bytes or the new ones. Throws
 * the system's error (ENOSPC, EROFS, EACCES …), and then the old content is untouched.
 */
export async function writeAtomic(
  file: string,
  data: string | Uint8Array,
  { mode = 0o600 }: { readonly mode?: number } = {},
): Promise<void> {
  const tmpfileCreated = async (temporary: string) => {
    // Same file, our own descriptor: writeFile repeats short writes; the library then calls fsync on the file.
    await fs.writeFile(temporary, data, { flag: 'r+' });
  };
  await writeFileAtomic(file, '', { mode, tmpfileCreated });
  await syncDirectory(path.dirname(file));
}

/** Creates a file that must not exist yet, whole or not at all; false when it is there already (nothing changes then). */
export async function createExclusive(file: string, data: Uint8Array, temporary: string): Promise<boolean> {
  try {
    const handle = await fs.open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.link(temporary, file);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await fs.rm(temporary, { force: true }).catch(() => {});
  }
  await syncDirectory(path.dirname(file));
  return true;
}

/**
 * Creates a directory and its parents with that mode; one that exists keeps its own. Step by step, because Node's
 * recursive mkdir tries for ever where an existing parent answers ENOENT, as /proc does.
 */
export async function ensureDirectory(directory: string, mode = 0o700): Promise<void> {
  const make = async () => {
    try {
      await fs.mkdir(directory, { mode });
    } catch (error) {
      if (errorCode(error) !== 'EEXIST' || !(await fs.stat(directory)).isDirectory()) throw error;
    }
  };
  try {
    await make();
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || path.dirname(directory) === directory) throw error;
    await ensureDirectory(path.dirname(directory), mode);
    await make();
  }
}

/** Moves a file within its directory and makes that durable; throws the system's error. */
export async function renameFile(from: string, to: string): Promise<void> {
  await fs.rename(from, to);
  await syncDirectory(path.dirname(to));
}

/** Removes a file; one that is not there is fine. */
export async function removeFile(file: string): Promise<void> {
  await fs.rm(file, { force: true });
}

/** Writes, flushes and removes a small file: the only honest answer to "can I write here?" on a full disk. */
export async function probeWritable(directory: string): Promise<void> {
  const probe = path.join(directory, '.probe');
  try {
    const handle = await fs.open(
      probe,
      constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      await handle.writeFile(Buffer.alloc(4096));
      await handle.sync();
    } finally {
      await handle.close();
    }
  } finally {
    await fs.rm(probe, { force: true }).catch(() => {});
  }
}

/** What a directory is, without following a link at its end. */
export interface DirectoryFacts {
  readonly symbolicLink: boolean;
  readonly directory: boolean;
  readonly uid: number;
  /** Permission bits only. */
  readonly mode: number;
  /** Whether it belongs to the effective user of this process. */
  readonly own: boolean;
}

/** The facts of a path, or undefined when nothing is there; throws other errors (EACCES, ENOTDIR …). */
export async function directoryFacts(directory: string): Promise<DirectoryFacts | undefined> {
  try {
    const stat = await fs.lstat(directory);
    return {
      symbolicLink: stat.isSymbolicLink(),
      directory: stat.isDirectory(),
      uid: stat.uid,
      mode: stat.mode & 0o7777,
      own: process.geteuid === undefined || stat.uid === process.geteuid(),
    };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Removes what a writer that was killed left behind, below a directory; `olderThanMs` spares one that writes just now.
 * Returns how many were removed; what cannot be removed stays.
 */
export async function removeLeftovers(directory: string, olderThanMs = 60_000): Promise<number> {
  let removed = 0;
  for (const entry of await fs.readdir(directory, { withFileTypes: true }).catch(() => [])) {
    const found = path.join(directory, entry.name);
    if (entry.isDirectory()) removed += await removeLeftovers(found, olderThanMs);
    const left = entry.isFile()
      ? leftoverName.test(entry.name)
      : entry.isSocket() && leftoverSocket.test(entry.name);
    if (!left) continue;
    const stat = await fs.lstat(found).catch(() => undefined);
    if (stat === undefined || Date.now() - stat.mtimeMs < olderThanMs) continue;
    await fs.rm(found, { force: true }).then(
      () => removed++,
      () => {},
    );
  }
  return removed;
}
