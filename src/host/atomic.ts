/**
 * Writes whole files atomically: temporary file, fsync, rename, fsync of the directory, so that a file is
 * complete or absent. A name is replaced and never followed: the target of a symlink and other hard links of
 * the file keep their content. Anything that is not a regular file is refused.
 */
import { constants, promises as fs, lstatSync, type Stats } from 'node:fs';
import path from 'node:path';
import { randomHex } from './digest.ts';
import { errorCode } from './errors.ts';

/**
 * Returns an error in the form of a system error. EFTYPE is the BSDs' "inappropriate file type", EXDEV
 * Linux' code for leaving a tree (openat2(2)); ENOTOURS is godrift's own code for a file that it did not
 * write.
 */
function refusal(code: 'ELOOP' | 'EISDIR' | 'EFTYPE' | 'EXDEV' | 'ENOTOURS', file: string): Error {
  return Object.assign(new Error(`${code}: ${file}`), { code });
}

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
 * Returns the stat of a name, without following a symlink; undefined if it does not exist. Throws other
 * system errors.
 */
export async function lstatOf(file: string): Promise<Stats | undefined> {
  try {
    return await fs.lstat(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Reports whether `inner` is `outer` or lies below it. Both are absolute; only names are compared. */
export function liesIn(outer: string, inner: string): boolean {
  const way = path.relative(outer, inner);
  return way !== '..' && !way.startsWith('../') && !path.isAbsolute(way);
}

/** Recognizes a file that godrift wrote: `is` gets the first `bytes` bytes as text. */
export interface Ours {
  readonly bytes: number;
  readonly is: (text: string) => boolean;
}

export interface AtomicOptions {
  /**
   * Permissions of a new file, before the umask; 0600 by default. A replaced file keeps only those that it
   * had.
   */
  readonly mode?: number;
  /** A tree with untrusted content (a repository): no symlink in it may lead the write out of it. */
  readonly tree?: string;
  /** Replace only files that match, and empty ones. By default any regular file is replaced. */
  readonly ours?: Ours;
}

/**
 * Creates a file or replaces its content in one step: a reader sees the old bytes or the new ones.
 *
 * Throws the system's error (ENOSPC, EROFS, EACCES …), ELOOP for a symlink, EISDIR for a directory, EFTYPE
 * for any other non-regular file, EXDEV where a link leads out of the tree, ENOTOURS for a file of another
 * program; nothing is changed then. Of two concurrent writes either may win.
 */
export async function writeAtomic(
  file: string,
  data: string | Uint8Array,
  { mode = 0o600, tree, ours }: AtomicOptions = {},
): Promise<void> {
  await inDirectory(file, tree, async (held) => {
    if (ours !== undefined) await refuseOthers(held, ours);
    await replace(held, data, mode);
  });
}

/**
 * Returns the first bytes of a regular file as text, undefined for anything else (symlinks included). Throws
 * the system's error, EACCES included.
 */
async function beginningOf(file: string, bytes: number): Promise<string | undefined> {
  if (!(await lstatOf(file))?.isFile()) return undefined;
  const handle = await fs.open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return undefined;
    const room = Buffer.alloc(Math.min(bytes, stat.size));
    return room.toString('utf8', 0, (await handle.read(room, 0, room.length, 0)).bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * Throws ENOTOURS unless the file is ours or empty. An unreadable file throws as well: only a file known to
 * be ours is replaced.
 */
async function refuseOthers(file: string, ours: Ours): Promise<void> {
  const text = await beginningOf(file, ours.bytes);
  if (text !== undefined && text !== '' && !ours.is(text)) throw refusal('ENOTOURS', file);
}

/**
 * Returns the text of a regular file that is ours, undefined if there is none. Throws as {@link writeAtomic}
 * does.
 */
export async function readOurs(
  file: string,
  ours: Ours,
  { tree }: Pick<AtomicOptions, 'tree'> = {},
): Promise<string | undefined> {
  let text: string | undefined;
  await inDirectory(file, tree, async (held) => {
    text = await beginningOf(held, ours.bytes);
  });
  return text !== undefined && ours.is(text) ? text : undefined;
}

/**
 * Removes a regular file that is ours; returns false if there is none. Throws as {@link writeAtomic} does.
 */
export async function removeOurs(
  file: string,
  ours: Ours,
  { tree }: Pick<AtomicOptions, 'tree'> = {},
): Promise<boolean> {
  let removed = false;
  await inDirectory(file, tree, async (held) => {
    const text = await beginningOf(held, ours.bytes);
    if (text === undefined || !ours.is(text)) return;
    await fs.rm(held, { force: true });
    removed = true;
  });
  return removed;
}

/**
 * Runs `work` with a path of the file below its open directory: swapping a name on the way changes nothing.
 */
async function inDirectory(
  file: string,
  tree: string | undefined,
  work: (held: string) => Promise<void>,
): Promise<void> {
  const directory = await fs.open(path.dirname(file), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const descriptor = `/proc/self/fd/${directory.fd}`;
    // Without /proc the plain path has to do.
    const real = await fs.readlink(descriptor).catch(() => undefined);
    if (tree !== undefined) await refuseOutside(file, real, tree);
    await work(path.join(real === undefined ? path.dirname(file) : descriptor, path.basename(file)));
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function refuseOutside(file: string, realDirectory: string | undefined, tree: string): Promise<void> {
  const realTree = await fs.realpath(tree);
  if (!liesIn(tree, file) && !liesIn(realTree, file)) return;
  if (!liesIn(realTree, realDirectory ?? (await fs.realpath(path.dirname(file)))))
    throw refusal('EXDEV', file);
}

async function replace(file: string, data: string | Uint8Array, mode: number): Promise<void> {
  const temporary = await writeBeside(file, data, mode);
  try {
    await fs.rename(temporary, file);
  } catch (error) {
    await fs.rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Writes and flushes a temporary file beside `file` and returns its name. Leaves nothing when it throws. */
async function writeBeside(file: string, data: string | Uint8Array, mode: number): Promise<string> {
  const before = await lstatOf(file);
  if (before?.isSymbolicLink()) throw refusal('ELOOP', file);
  if (before?.isDirectory()) throw refusal('EISDIR', file);
  if (before !== undefined && !before.isFile()) throw refusal('EFTYPE', file);
  const temporary = `${file}.${Number.parseInt(randomHex(4), 16)}`;
  // `wx` creates the file and follows no symlink.
  const handle = await fs.open(temporary, 'wx', mode);
  try {
    try {
      if (before !== undefined) await handle.chmod(before.mode & mode);
      // Repeats the short writes of a nearly full disk.
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    await fs.rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  return temporary;
}

/** A complete file that lacks only its final name: giving it one takes no space on the disk. */
export interface PreparedFile {
  /** Gives the file its name, durably, replacing the old file. Throws the system's error. */
  readonly commit: () => Promise<void>;
  /** Removes the prepared file; never throws. */
  readonly discard: () => Promise<void>;
}

/**
 * Prepares what {@link writeAtomic} would write, with mode 0600, in a directory of ours. Throws as it does.
 */
export async function prepareAtomic(file: string, data: string): Promise<PreparedFile> {
  const temporary = await writeBeside(file, data, 0o600);
  return {
    commit: () => renameFile(temporary, file),
    discard: () => fs.rm(temporary, { force: true }).catch(() => {}),
  };
}

/** Creates a file, complete or not at all; returns false and changes nothing if it exists already. */
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
 * Creates a directory and its parents with a mode; existing ones keep theirs. Creates them one by one,
 * because Node's recursive mkdir loops for ever where an existing parent returns ENOENT, as /proc does.
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

/** Renames a file within its directory, durably. Throws the system's error. */
export async function renameFile(from: string, to: string): Promise<void> {
  await fs.rename(from, to);
  await syncDirectory(path.dirname(to));
}

/** Removes a file; a missing one is no error. */
export async function removeFile(file: string): Promise<void> {
  await fs.rm(file, { force: true });
}

/** Removes a directory; does nothing if it is not empty, not a directory or missing. */
export async function removeEmptyDirectory(directory: string): Promise<void> {
  try {
    await fs.rmdir(directory);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'].includes(errorCode(error))) throw error;
  }
}

/** What a path is, without following a symlink at its end. */
export interface DirectoryFacts {
  readonly symbolicLink: boolean;
  readonly directory: boolean;
  readonly uid: number;
  /** Permission bits only. */
  readonly mode: number;
  /** Whether it belongs to the effective user of this process. */
  readonly own: boolean;
}

/** Returns the facts of a path, undefined if it does not exist. Throws other errors (EACCES, ENOTDIR …). */
export async function directoryFacts(directory: string): Promise<DirectoryFacts | undefined> {
  return factsOf(await lstatOf(directory));
}

/** {@link directoryFacts}, synchronously. */
export function directoryFactsNow(directory: string): DirectoryFacts | undefined {
  return factsOf(lstatSync(directory, { throwIfNoEntry: false }));
}

const factsOf = (stat: Stats | undefined): DirectoryFacts | undefined =>
  stat && {
    symbolicLink: stat.isSymbolicLink(),
    directory: stat.isDirectory(),
    uid: stat.uid,
    mode: stat.mode & 0o7777,
    own: process.geteuid === undefined || stat.uid === process.geteuid(),
  };
