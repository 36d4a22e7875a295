/**
 * Builds a directory beside its future name, and takes it out again. Giving it the name is the work of
 * change-tree.ts where another directory has it, and of add-tree.ts where it is free.
 */
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { errorCode } from './errors.ts';
import {
  readMember,
  readMembers,
  readTree,
  type TreeMember,
  type TreeState,
  treeStateOf,
} from './tree-state.ts';

/** Names a directory to create or exchange; `directory`, its parent, is a real path. */
export interface TreeName {
  readonly directory: string;
  readonly name: string;
}

/** A member of a new tree, with permission bits; `''` is the tree itself. */
export interface NewMember {
  readonly name: string;
  readonly kind: 'directory' | 'file';
  readonly mode: number;
}

/** Content of a new tree: its members, outer folders first, and a function for the bytes of each file. */
export interface NewTree {
  readonly members: readonly NewMember[];
  readonly bytes: (name: string) => Promise<Uint8Array>;
}

/**
 * Removes a tree of ours, including folders that go made read-only. Symlinks in it are removed, never
 * followed.
 */
export async function removeTree(top: string): Promise<void> {
  const pending = [top];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const stat = await fs.lstat(folder).catch(() => undefined);
    if (!stat?.isDirectory()) continue;
    if ((stat.mode & 0o700) !== 0o700) await fs.chmod(folder, 0o700);
    for (const entry of await fs.readdir(folder, { withFileTypes: true }))
      if (entry.isDirectory()) pending.push(path.join(folder, entry.name));
  }
  await fs.rm(top, { recursive: true, force: true });
}

async function writeMember(top: string, member: NewMember, bytes: NewTree['bytes']): Promise<void> {
  const file = path.join(top, member.name);
  if (member.kind === 'directory') {
    await fs.mkdir(file, { mode: 0o700 });
    return;
  }
  const handle = await fs.open(file, 'wx', 0o600);
  try {
    await handle.writeFile(await bytes(member.name));
    await handle.chmod(member.mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Number of files written concurrently, because each waits for the disk. */
const atOnce = 4;

/** Creates a tree at a free name. Throws the system's error. */
export async function makeTree(top: string, { members, bytes }: NewTree): Promise<void> {
  const folders = members.filter((member) => member.kind === 'directory');
  for (const folder of folders) await writeMember(top, folder, bytes);
  const files = members.filter((member) => member.kind !== 'directory').values();
  const work = async () => {
    for (const file of files) await writeMember(top, file, bytes);
  };
  const ended = await Promise.allSettled(Array.from({ length: atOnce }, work));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  // Inner folders first: a read-only folder takes no new names.
  for (const folder of [...folders].reverse()) {
    const handle = await fs.open(path.join(top, folder.name), 'r');
    try {
      await handle.chmod(folder.mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

/** Reports whether a directory is in the given state. */
export const isSameTree = (one: TreeState | undefined, other: TreeState) => one?.sha256 === other.sha256;

/**
 * Builds a tree at `fresh` and calls `take` to give it its name; removes what is left at `fresh` afterwards.
 * Returns `unlike`, without calling `take`, if the tree differs from `after`. Throws the system's error.
 */
export async function withTreeBeside<T>(
  fresh: string,
  after: TreeState,
  made: NewTree,
  take: () => Promise<T>,
): Promise<T | 'unlike'> {
  try {
    // Left by a killed rollback of the same id.
    await removeTree(fresh);
    await makeTree(fresh, made);
    return isSameTree(await readTree(fresh), after) ? await take() : 'unlike';
  } finally {
    await removeTree(fresh);
  }
}

/**
 * Moves a tree from its name to `aside` if it still is what was made, and returns its members. Returns
 * undefined if another process wrote to it meanwhile: the tree is given its name back by `giveBack`, or stays
 * aside if the name was taken. Throws the system's error.
 */
export async function takeAside(
  tree: string,
  aside: string,
  after: TreeState,
  giveBack: (aside: string, tree: string) => Promise<unknown>,
): Promise<readonly TreeMember[] | undefined> {
  await fs.rename(tree, aside);
  const members = await readMembers(aside);
  if (members !== undefined && isSameTree(treeStateOf(members), after)) return members;
  await giveBack(aside, tree);
  return undefined;
}

/**
 * Returns the message for a tree that was written to while it was being reverted, with its location if it
 * lost its name.
 */
export const wroteInto = (directory: string, aside: string) =>
  `another process wrote into the new directory: see its files there, or in ${path.join(directory, path.basename(aside))}`;

/** Reports whether a file is as it was read, or gone. */
async function isAsRead(file: string, member: TreeMember): Promise<boolean> {
  try {
    return isDeepStrictEqual(await readMember(file, member.name), member);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true;
    throw error;
  }
}

/**
 * Removes exactly the members that were read: a process with a file or folder of the tree open may still
 * write there. Returns false if one did; its files stay, with the folders above them. Throws the system's
 * error.
 */
export async function removeRead(top: string, members: readonly TreeMember[]): Promise<boolean> {
  const folders = members.flatMap(({ kind, name }) => (kind === 'directory' ? [path.join(top, name)] : []));
  for (const folder of folders) await fs.chmod(folder, 0o700);
  for (const member of members) {
    if (member.kind === 'directory') continue;
    const file = path.join(top, member.name);
    if (!(await isAsRead(file, member))) return false;
    await fs.rm(file, { force: true });
  }
  // Inner folders first.
  for (const folder of folders.sort((a, b) => b.length - a.length)) {
    try {
      await fs.rmdir(folder);
    } catch (error) {
      if (['ENOTEMPTY', 'EEXIST'].includes(errorCode(error))) return false;
      throw error;
    }
  }
  return true;
}
