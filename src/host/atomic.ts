/**
 * The one writer of whole files: temporary file, fsync, rename, fsync of the directory, so that a file is whole or not
 * there. A name is replaced, never followed: what a symbolic link leads to and what another hard link shows stay as
 * they are, and whatever is no regular file is refused.
 */
import { constants, promises as fs, lstatSync, type Stats } from 'node:fs';
import path from 'node:path';
import { randomHex } from './digest.ts';
import { errorCode } from './errors.ts';

/** The end of the name of a temporary file: a dot and a 32-bit number. */
const leftoverName = /\.\d{1,10}$/;
/** The name under which host/lock.ts binds a socket before it is linked. */
const leftoverSocket = /^s[0-9a-f]{8}$/;

/**
 * An error as the system throws it; EFTYPE is the BSDs' "inappropriate file type", EXDEV Linux' own for leaving a tree (openat2(2)), ENOTOURS this
 * program's for a file that it did not write.
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

/** What stands under a name, a link not followed; undefined when nothing does. Throws other errors of the system. */
export async function lstatOf(file: string): Promise<Stats | undefined> {
  try {
    return await fs.lstat(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether `inner` is `outer` or lies below it; both absolute. Compares names only. */
export function liesIn(outer: string, inner: string): boolean {
  const way = path.relative(outer, inner);
  return way !== '..' && !way.startsWith('../') && !path.isAbsolute(way);
}

/** By what a file of this program is told from any other: its text from the start, of at most so many bytes. */
export interface Ours {
  readonly bytes: number;
  readonly is: (text: string) => boolean;
}

export interface AtomicOptions {
  /** Permissions of a new file, before the umask; one that replaces another has none that the old one had not. 0600 unless told. */
  readonly mode?: number;
  /** A tree that strangers write (a repository): a name in it must not leave it over a link on the way. */
  readonly tree?: string;
  /** What alone may be replaced, besides an empty file; anything that is a file unless told. */
  readonly ours?: Ours;
}

/**
 * Replaces the content of a file, or creates it, in one step: whoever reads sees the old bytes or the new ones. Throws
 * the system's error (ENOSPC, EROFS, EACCES …), ELOOP for a symbolic link, EISDIR, EFTYPE for any other thing that is
 * no regular file, EXDEV where a link leads out of the tree, ENOTOURS for another's file; then everything is as it was. Of two writes of one name
 * at once either may be the last.
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

/** The first bytes of a regular file as text, a link not followed; undefined for anything else. Throws the system's error, also where it may not be read. */
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

/** What cannot be read is somebody else's as well: only what was seen to be ours is replaced. */
async function refuseOthers(file: string, ours: Ours): Promise<void> {
  const text = await beginningOf(file, ours.bytes);
  if (text !== undefined && text !== '' && !ours.is(text)) throw refusal('ENOTOURS', file);
}

/** The text of a file of ours: a regular one (a link not followed). Undefined when there is none. Throws as {@link writeAtomic} does. */
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
 * Removes a file of ours: a regular one (a link not followed). False when there is none. Throws as {@link writeAtomic} does.
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

/** Runs `work` with a path of the file that stays on the directory that was looked at, whatever is swapped on the way to it. */
async function inDirectory(
  file: string,
  tree: string | undefined,
  work: (held: string) => Promise<void>,
): Promise<void> {
  const directory = await fs.open(path.dirname(file), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const descriptor = `/proc/self/fd/${directory.fd}`;
    // Without /proc the path itself serves.
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

/** Writes what is to take a name into a temporary file beside it, whole and flushed; returns its name. Leaves nothing when it throws. */
async function writeBeside(file: string, data: string | Uint8Array, mode: number): Promise<string> {
  const before = await lstatOf(file);
  if (before?.isSymbolicLink()) throw refusal('ELOOP', file);
  if (before?.isDirectory()) throw refusal('EISDIR', file);
  if (before !== undefined && !before.isFile()) throw refusal('EFTYPE', file);
  const temporary = `${file}.${Number.parseInt(randomHex(4), 16)}`;
  // `wx` creates, and follows no link.
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

/** A file that is written and has not its name yet: to give it that takes no room on the disk. */
export interface PreparedFile {
  /** Replaces what has the name, durably. Throws the system's error. */
  readonly commit: () => Promise<void>;
  /** Removes it again; never throws. */
  readonly discard: () => Promise<void>;
}

/** Prepares what {@link writeAtomic} would write, 0600, in a directory of ours. Throws as that does. */
export async function prepareAtomic(file: string, data: string): Promise<PreparedFile> {
  const temporary = await writeBeside(file, data, 0o600);
  return {
    commit: () => renameFile(temporary, file),
    discard: () => fs.rm(temporary, { force: true }).catch(() => {}),
  };
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

/** Removes a directory, unless it holds something, is none, or is not there. */
export async function removeEmptyDirectory(directory: string): Promise<void> {
  try {
    await fs.rmdir(directory);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'].includes(errorCode(error))) throw error;
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
  return factsOf(await lstatOf(directory));
}

/** {@link directoryFacts}, without letting go of the thread. */
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

/** Where a writer of this program leaves things, and under which names; names are relative to the top. */
export interface WrittenHere {
  /** Folders of the top that are looked through, with the folders in them. */
  readonly folders: readonly string[];
  /** Whether a file of that name is one that {@link writeAtomic} replaces. */
  readonly isReplaced: (name: string) => boolean;
  /** Whether that is the name of a temporary file of another kind. */
  readonly isOther: (name: string) => boolean;
}

/**
 * Removes what a writer that was killed left behind: temporary files of its own files, and sockets at the top. Everything else stays, for the
 * directory may hold what is somebody else's. `olderThanMs` spares one that writes just now. Returns how many were removed; what cannot be
 * removed stays.
 */
export async function removeLeftovers(
  top: string,
  { folders, isReplaced, isOther }: WrittenHere,
  olderThanMs = 60_000,
): Promise<number> {
  const isOld = async (found: string) => {
    const stat = await fs.lstat(found).catch(() => undefined);
    return stat !== undefined && Date.now() - stat.mtimeMs >= olderThanMs;
  };
  const isSwept = (name: string) => {
    const names = name.split('/');
    return names.length <= 2 && folders.includes(names[0] as string);
  };
  const sweep = async (folder: string): Promise<number> => {
    let removed = 0;
    for (const entry of await fs.readdir(path.join(top, folder), { withFileTypes: true }).catch(() => [])) {
      const name = path.join(folder, entry.name);
      if (entry.isDirectory() && isSwept(name)) removed += await sweep(name);
      const left = entry.isFile()
        ? isOther(name) || (leftoverName.test(name) && isReplaced(name.replace(leftoverName, '')))
        : folder === '' && entry.isSocket() && leftoverSocket.test(name);
      if (!left || !(await isOld(path.join(top, name)))) continue;
      await fs.rm(path.join(top, name), { force: true }).then(
        () => removed++,
        () => {},
      );
    }
    return removed;
  };
  return await sweep('');
}
