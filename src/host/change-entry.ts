/**
 * Changes a name in a directory from a known state to another, or not at all. Nothing is written in place:
 * the new file or link is made beside the name and renamed onto it. A reader sees the old or the new one,
 * other hard links keep the old file, and a symlink is replaced, never followed.
 *
 * No system call renames only if the target is unchanged. So the old file gets a second name before it loses
 * the first, and is checked again afterwards: if another process wrote to it in between, it is put back and
 * the change counts as not made.
 */
import { constants, promises as fs, lstatSync, renameSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { sha256Hex } from './digest.ts';
import { type EntryState, type FileState, isSameEntry, readEntry } from './entry-state.ts';
import { errorCode } from './errors.ts';

/** A change of one name. `directory` is a real path. */
export interface NameChange {
  readonly directory: string;
  readonly name: string;
  readonly before: EntryState;
  readonly after: EntryState;
  /** Content of the new file, if it is to be one. */
  readonly bytes?: Uint8Array;
}

/** `changed`: the name was not in the expected state, and keeps what it had. */
export type Changed = 'done' | { readonly changed: EntryState };

/** Longest name of a file system in bytes (NAME_MAX), and room for what {@link besideNames} adds. */
const longestNameBytes = 255;
const addedBytes = 32;

/**
 * Returns the names that a change of this id uses beside the changed one, so that a crash's leftovers can be
 * recognized. A name too long for the suffix is replaced by its digest.
 */
export function besideNames(name: string, id: string): { readonly next: string; readonly old: string } {
  const isLong = Buffer.byteLength(name) + addedBytes > longestNameBytes;
  const shown = isLong ? sha256Hex(name) : name;
  return { next: `.${shown}.godrift-${id}.new`, old: `.${shown}.godrift-${id}.old` };
}

const stale = (directory: string) => Object.assign(new Error(`ESTALE: ${directory}`), { code: 'ESTALE' });

/** Opens a directory; throws ESTALE if it is a link or no directory now. */
async function openReal(directory: string) {
  try {
    return await fs.open(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    // O_DIRECTORY on a link (open(2)), or a file or a link loop on the way.
    throw ['ENOTDIR', 'ELOOP'].includes(errorCode(error)) ? stale(directory) : error;
  }
}

/**
 * Runs `work` with a path below the open directory, which stays valid if names are swapped. Throws ESTALE if
 * the directory was moved or a link leads there now.
 */
export async function inRealDirectory<T>(directory: string, work: (held: string) => Promise<T>): Promise<T> {
  const handle = await openReal(directory);
  try {
    const held = `/proc/self/fd/${handle.fd}`;
    const real = process.platform === 'linux' ? await fs.readlink(held) : await fs.realpath(directory);
    if (real !== directory) throw stale(directory);
    const done = await work(process.platform === 'linux' ? held : directory);
    await handle.sync();
    return done;
  } finally {
    await handle.close();
  }
}

/**
 * Makes the change. Throws the system's error, and ESTALE if the directory was replaced; nothing is changed
 * then.
 */
export function changeEntry(change: NameChange, id: string): Promise<Changed> {
  return inRealDirectory(change.directory, async (held) => {
    const { next, old } = besideNames(change.name, id);
    const [file, fresh, kept] = [change.name, next, old].map((name) => path.join(held, name)) as [
      string,
      string,
      string,
    ];
    const { state } = await readEntry(file);
    if (!isSameEntry(state, change.before)) return { changed: state };
    try {
      await makeNext(fresh, change);
      return await place({ file, fresh, kept }, change);
    } finally {
      await fs.rm(fresh, { force: true });
      await fs.rm(kept, { force: true });
    }
  });
}

/**
 * Cleans up after a killed change of that id. If another process had written to the old file by then, the
 * file gets its name back. A missing directory is fine. Throws the system's error.
 */
export async function settleBeside(
  directory: string,
  name: string,
  before: EntryState,
  id: string,
): Promise<void> {
  try {
    await inRealDirectory(directory, async (held) => {
      const [fresh, kept] = Object.values(besideNames(name, id)).map((one) => path.join(held, one)) as [
        string,
        string,
      ];
      const { state } = await readEntry(kept);
      if (state.kind !== 'absent' && !isSameEntry(state, before))
        await fs.rename(kept, path.join(held, name));
      await fs.rm(fresh, { force: true });
      await fs.rm(kept, { force: true });
    });
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

async function makeNext(fresh: string, { after, bytes }: NameChange): Promise<void> {
  // Left by a killed change of the same id.
  await fs.rm(fresh, { force: true });
  if (after.kind === 'link') await fs.symlink(after.to, fresh);
  if (after.kind === 'file') await writeFile(fresh, after, bytes ?? Buffer.alloc(0));
}

async function writeFile(fresh: string, { uid, gid, mode }: FileState, bytes: Uint8Array): Promise<void> {
  const handle = await fs.open(fresh, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    const made = await handle.stat();
    if (made.uid !== uid || made.gid !== gid) await handle.chown(uid, gid);
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

interface Names {
  readonly file: string;
  readonly fresh: string;
  readonly kept: string;
}

async function place({ file, fresh, kept }: Names, { before, after }: NameChange): Promise<Changed> {
  if (before.kind === 'absent') return after.kind === 'absent' ? 'done' : await takeFreeName(file, fresh);
  await fs.rm(kept, { force: true });
  if (after.kind === 'absent') return await takeAway({ file, fresh, kept }, before);
  await fs.link(file, kept);
  // An editor's rename onto the name between these two calls is lost: no system call does both. Nothing but
  // the calls comes between.
  if (!isSameInode(kept, file)) return { changed: (await readEntry(file)).state };
  renameSync(fresh, file);
  const { state } = await readEntry(kept);
  if (isSameEntry(state, before)) return 'done';
  await fs.rename(kept, file);
  return { changed: state };
}

function isSameInode(one: string, other: string): boolean {
  const [a, b] = [one, other].map((file) => lstatSync(file, { throwIfNoEntry: false }));
  return a !== undefined && a.dev === b?.dev && a.ino === b.ino;
}

/** Moves the name aside, and puts it back if it was not in the state `before`. */
async function takeAway({ file, kept }: Names, before: EntryState): Promise<Changed> {
  await fs.rename(file, kept);
  const { state } = await readEntry(kept);
  if (isSameEntry(state, before)) return 'done';
  // Fails if another process took the name meanwhile: its file is the newest and stays.
  await fs.link(kept, file);
  return { changed: state };
}

/** Takes a free name by a hard link: link(2) fails if the name exists, rename(2) does not. */
async function takeFreeName(file: string, fresh: string): Promise<Changed> {
  try {
    await fs.link(fresh, file);
    return 'done';
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    return { changed: (await readEntry(file)).state };
  }
}
