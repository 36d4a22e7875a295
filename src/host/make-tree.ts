/**
 * A directory that is made beside the name that it is to have, and taken out of it again. How the name is taken is told in change-tree.ts, where another
 * directory has it, and in add-tree.ts, where none does.
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

/** Which directory is made or exchanged; the one that holds it is a real path. */
export interface TreeName {
  readonly directory: string;
  readonly name: string;
}

/** A name of a tree that is made, with its permission bits; `''` is the tree itself. */
export interface NewMember {
  readonly name: string;
  readonly kind: 'directory' | 'file';
  readonly mode: number;
}

/** What a tree is made of: its names, outer folders before what is in them, and the bytes of each file. */
export interface NewTree {
  readonly members: readonly NewMember[];
  readonly bytes: (name: string) => Promise<Uint8Array>;
}

/** Removes a tree of ours, of which go may have made the folders read-only. Links in it are removed, never followed. */
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

/** So many files are written at once: each waits for the disk. */
const atOnce = 4;

/** Makes a tree at a name that is free. Throws the system's error. */
export async function makeTree(top: string, { members, bytes }: NewTree): Promise<void> {
  const folders = members.filter((member) => member.kind === 'directory');
  for (const folder of folders) await writeMember(top, folder, bytes);
  const files = members.filter((member) => member.kind !== 'directory').values();
  const work = async () => {
    for (const file of files) await writeMember(top, file, bytes);
  };
  const ended = await Promise.allSettled(Array.from({ length: atOnce }, work));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  // Inner folders first: what is read-only takes no more names.
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

/** Whether a directory is in that state. */
export const isSameTree = (one: TreeState | undefined, other: TreeState) => one?.sha256 === other.sha256;

/**
 * Makes a tree at `fresh` and has its name taken by `take`; what is left there afterwards is removed. `unlike`: what was made is not what it was to be, and
 * nobody was asked to take anything. Throws the system's error.
 */
export async function withTreeBeside<T>(
  fresh: string,
  after: TreeState,
  made: NewTree,
  take: () => Promise<T>,
): Promise<T | 'unlike'> {
  try {
    // What a killed rollback of this id left is ours.
    await removeTree(fresh);
    await makeTree(fresh, made);
    return isSameTree(await readTree(fresh), after) ? await take() : 'unlike';
  } finally {
    await removeTree(fresh);
  }
}

/**
 * Takes a tree out of its name to `aside`, where it still is what was made; answers what is in it. Undefined where somebody wrote into it until then: it has
 * its name again, or lies aside where another one took that. Throws the system's error.
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

/** That somebody wrote into a tree while it was taken back, in words, with where it lies if it has not its name again. */
export const wroteInto = (directory: string, aside: string) =>
  `somebody wrote into what was laid out: see it there, or ${path.join(directory, path.basename(aside))}`;

/** Whether a file is as it was read, or gone. */
async function isAsRead(file: string, member: TreeMember): Promise<boolean> {
  try {
    return isDeepStrictEqual(await readMember(file, member.name), member);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true;
    throw error;
  }
}

/**
 * Removes what was read of a tree, and nothing else: whoever has a file or a folder of it open may still write there. False where somebody did, and that
 * stays, with the folders above it. Throws the system's error.
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
