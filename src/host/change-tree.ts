/**
 * Exchanges a whole directory for one made beside it: the old one is renamed away and the new one takes its
 * name; nothing is written into a directory under that name. The old one stays beside until the exchange is
 * recorded, so that reverting is a rename as well.
 *
 * Between the two renames the name is free. If the process is killed there, {@link settleTree} restores the
 * old directory.
 */
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { lstatOf } from './atomic.ts';
import { besideNames, inRealDirectory } from './change-entry.ts';
import {
  isSameTree,
  type NewTree,
  removeRead,
  removeTree,
  type TreeName,
  takeAside,
  withTreeBeside,
  wroteInto,
} from './make-tree.ts';
import { readTree, type TreeState } from './tree-state.ts';

/**
 * `changed`: the directory was not in the expected state and stays; undefined if it is no directory.
 * `unlike`: the tree that was made differs from the expected one, and the old tree stays.
 */
export type TreeChanged = 'done' | 'unlike' | { readonly changed: TreeState | undefined };

interface Places {
  readonly tree: string;
  readonly fresh: string;
  readonly old: string;
}

function placesIn(held: string, name: string, id: string): Places {
  const { next, old } = besideNames(name, id);
  return { tree: path.join(held, name), fresh: path.join(held, next), old: path.join(held, old) };
}

/** Reports whether a name exists. Throws the system's error if unsure: it may be the only copy of a tree. */
async function isThere(file: string): Promise<boolean> {
  return (await lstatOf(file)) !== undefined;
}

/**
 * Makes the new tree beside the old one and exchanges the two, if the old one is in the expected state.
 * Throws the system's error, and ESTALE if `directory` was replaced; the name then has its old tree, or none
 * (see {@link settleTree}).
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
    if (!isSameTree(found, before)) return { changed: found };
    return await withTreeBeside(fresh, after, made, async (): Promise<TreeChanged> => {
      await fs.rename(tree, old);
      // Another process may have written to it until the rename: keep that work.
      const taken = await readTree(old);
      if (isSameTree(taken, before)) {
        await fs.rename(fresh, tree);
        return 'done';
      }
      await fs.rename(old, tree);
      return { changed: taken };
    });
  });
}

/**
 * Reverts an exchange, finished or not: the old tree gets its name back. Returns why it could not, undefined
 * on success. Throws the system's error.
 */
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
      return isSameTree(await readTree(tree), before) ? undefined : 'another directory is in its place';
    }
    if (!(await isThere(tree))) {
      await removeTree(fresh);
      await fs.rename(old, tree);
      return undefined;
    }
    const another = `another directory is in its place, and the original is kept as ${path.join(directory, path.basename(old))}`;
    if (!isSameTree(await readTree(tree), after)) return another;
    await removeTree(fresh);
    const members = await takeAside(tree, fresh, after, (from, to) => fs.rename(from, to));
    if (members === undefined) return another;
    await fs.rename(old, tree);
    return (await removeRead(fresh, members)) ? undefined : wroteInto(directory, fresh);
  });
}

/**
 * Gives a name its old tree back if the exchange was killed between the two renames. Throws the system's
 * error.
 */
export async function settleTree({ directory, name }: TreeName, id: string): Promise<void> {
  await inRealDirectory(directory, async (held) => {
    const { tree, fresh, old } = placesIn(held, name, id);
    if ((await isThere(old)) && !(await isThere(tree))) await fs.rename(old, tree);
    await removeTree(fresh);
  });
}

/**
 * Removes the old tree of a recorded exchange; it cannot be reverted after that. Throws the system's error.
 */
export async function dropOldTree({ directory, name }: TreeName, id: string): Promise<void> {
  await inRealDirectory(directory, async (held) => {
    const { fresh, old } = placesIn(held, name, id);
    await removeTree(old);
    await removeTree(fresh);
  });
}
