/**
 * Changes what stands under one name from a known state to another, or not at all. Nothing is written in place: the new file or link is made beside the name
 * and takes it by a rename, so whoever reads sees the old or the new one, another name of the old file keeps it, and a link is replaced, never followed.
 *
 * The system has no "rename if it is still that". So the old file gets a second name before it loses the first, and is looked at again afterwards: what
 * somebody wrote into it in that moment is put back, and the change counts as not made.
 */
import { constants, promises as fs, lstatSync, renameSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { sha256Hex } from './digest.ts';
import { type EntryState, type FileState, isSameEntry, readEntry } from './entry-state.ts';
import { errorCode } from './errors.ts';

/** A change of one name. Its directory is a real path: no link leads there. */
export interface NameChange {
  readonly directory: string;
  readonly name: string;
  readonly before: EntryState;
  readonly after: EntryState;
  /** The bytes, where it is to be a file. */
  readonly bytes?: Uint8Array;
}

/** `changed`: what stands there is not what was expected, and stays as it is. */
export type Changed = 'done' | { readonly changed: EntryState };

/** Longest name of a file system in bytes (NAME_MAX), and what {@link besideNames} adds to a name. */
const longestNameBytes = 255;
const addedBytes = 32;

/** Names that a change of this id makes beside the one that it changes: what a crash leaves is known by them. A name that leaves no room is digested. */
export function besideNames(name: string, id: string): { readonly next: string; readonly old: string } {
  const isLong = Buffer.byteLength(name) + addedBytes > longestNameBytes;
  const shown = isLong ? sha256Hex(name) : name;
  return { next: `.${shown}.godrift-${id}.new`, old: `.${shown}.godrift-${id}.old` };
}

const stale = (directory: string) => Object.assign(new Error(`ESTALE: ${directory}`), { code: 'ESTALE' });

/** Opens a directory that is one, and no link to one. */
async function openReal(directory: string) {
  try {
    return await fs.open(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    // What a link answers to O_DIRECTORY (open(2)), and a file or a ring of links on the way.
    throw ['ENOTDIR', 'ELOOP'].includes(errorCode(error)) ? stale(directory) : error;
  }
}

/** Runs `work` with a path of the directory that stays on what was opened. ESTALE where a link leads there now, or it was moved. */
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

/** Makes the change. Throws the system's error, ESTALE for a directory that is another one now; then nothing was changed. */
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
 * Removes what a change of that id left beside its name when it was killed. What somebody had written into the old file by then is theirs: it gets its name
 * back. A directory that is not there holds nothing. Throws the system's error.
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
  // What a killed change of this id left is ours.
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
  // What an editor renames to the name between these two lines is lost: there is no call that does both, so nothing comes between but the calls themselves.
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

/** Takes a name away with whatever it leads to at that moment, and gives it back where that is something else. */
async function takeAway({ file, kept }: Names, before: EntryState): Promise<Changed> {
  await fs.rename(file, kept);
  const { state } = await readEntry(kept);
  if (isSameEntry(state, before)) return 'done';
  // Fails where somebody took the name meanwhile: then theirs is the newest.
  await fs.link(kept, file);
  return { changed: state };
}

/** A link of a second name fails where the name is taken, as no rename does. */
async function takeFreeName(file: string, fresh: string): Promise<Changed> {
  try {
    await fs.link(fresh, file);
    return 'done';
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    return { changed: (await readEntry(file)).state };
  }
}
