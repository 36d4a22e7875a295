/**
 * Exchanges a whole directory for one that was made beside it: the old one is renamed away, the new one takes its name, and nothing is ever written into a
 * directory that has the name. The old one stays beside until its exchange is recorded, so that the way back is a rename as well.
 *
 * Between the two renames nothing has the name. Whoever is killed there is taken back by {@link settleTree}.
 */
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { besideNames, inRealDirectory } from './change-entry.ts';
import { readTree, type TreeState } from './tree-state.ts';

/** Which directory is exchanged; the one that holds it is a real path. */
export interface TreeName {
  readonly directory: string;
  readonly name: string;
}

/**
 * `changed`: what stands there is not what was expected, and stays; undefined where it is no directory. `unlike`: what was made is not what it was to be, and
 * the old tree stays.
 */
export type TreeChanged = 'done' | 'unlike' | { readonly changed: TreeState | undefined };

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

const isSame = (one: TreeState | undefined, other: TreeState) => one?.sha256 === other.sha256;

interface Places {
  readonly tree: string;
  readonly fresh: string;
  readonly old: string;
}

function placesIn(held: string, name: string, id: string): Places {
  const { next, old } = besideNames(name, id);
  return { tree: path.join(held, name), fresh: path.join(held, next), old: path.join(held, old) };
}

async function isThere(file: string): Promise<boolean> {
  return (await fs.lstat(file).catch(() => undefined)) !== undefined;
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

/**
 * Makes the new tree beside the old one and exchanges the two, where the old one is what was expected. Throws the system's error, ESTALE for a directory that
 * is another one now; then the name has what it had, or nothing (see {@link settleTree}).
 */
export function changeTree(
  { directory, name }: TreeName,
  { before, after }: { readonly before: TreeState; readonly after: TreeState },
  made: NewTree,
  id: string,
): Promise<TreeChanged> {
  return inRealDirectory(directory, async (held) => {
    const { tree, fresh, old } = placesIn(held, name, id);
    const found = await readTree(tree);
    if (!isSame(found, before)) return { changed: found };
    try {
      // What a killed exchange of this id left is ours.
      await removeTree(fresh);
      await makeTree(fresh, made);
      if (!isSame(await readTree(fresh), after)) return 'unlike';
      await fs.rename(tree, old);
      // What somebody wrote into it until then is theirs.
      const taken = await readTree(old);
      if (isSame(taken, before)) {
        await fs.rename(fresh, tree);
        return 'done';
      }
      await fs.rename(old, tree);
      return { changed: taken };
    } finally {
      await removeTree(fresh);
    }
  });
}

/** Takes an exchange back, made or not: the old tree gets its name again. Why it could not, where it could not. Throws the system's error. */
export function takeTreeBack(
  { directory, name }: TreeName,
  before: TreeState,
  after: TreeState,
  id: string,
): Promise<string | undefined> {
  return inRealDirectory(directory, async (held) => {
    const { tree, fresh, old } = placesIn(held, name, id);
    if (!(await isThere(old))) {
      await removeTree(fresh);
      return isSame(await readTree(tree), before) ? undefined : 'another directory stands there';
    }
    if (await isThere(tree)) {
      if (!isSame(await readTree(tree), after))
        return `another directory stands there, and what it was before is ${path.join(directory, path.basename(old))}`;
      await removeTree(fresh);
      await fs.rename(tree, fresh);
    }
    await fs.rename(old, tree);
    await removeTree(fresh);
    return undefined;
  });
}

/** Gives a name back its old tree where whoever exchanged it was killed between the two renames. Throws the system's error. */
export async function settleTree({ directory, name }: TreeName, id: string): Promise<void> {
  await inRealDirectory(directory, async (held) => {
    const { tree, fresh, old } = placesIn(held, name, id);
    if ((await isThere(old)) && !(await isThere(tree))) await fs.rename(old, tree);
    await removeTree(fresh);
  });
}

/** Removes the old tree of an exchange that was recorded: from now on there is no way back. Throws the system's error. */
export async function dropOldTree({ directory, name }: TreeName, id: string): Promise<void> {
  await inRealDirectory(directory, async (held) => {
    const { fresh, old } = placesIn(held, name, id);
    await removeTree(old);
    await removeTree(fresh);
  });
}
