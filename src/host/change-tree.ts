/**
 * Exchanges a whole directory for one that was made beside it: the old one is renamed away, the new one takes its name, and nothing is ever written into a
 * directory that has the name. The old one stays beside until its exchange is recorded, so that the way back is a rename as well.
 *
 * Between the two renames nothing has the name. Whoever is killed there is taken back by {@link settleTree}.
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
 * `changed`: what stands there is not what was expected, and stays; undefined where it is no directory. `unlike`: what was made is not what it was to be, and
 * the old tree stays.
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

/** Throws the system's error where that cannot be told: the only copy of a tree may stand there. */
async function isThere(file: string): Promise<boolean> {
  return (await lstatOf(file)) !== undefined;
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
    if (!isSameTree(found, before)) return { changed: found };
    return await withTreeBeside(fresh, after, made, async (): Promise<TreeChanged> => {
      await fs.rename(tree, old);
      // What somebody wrote into it until then is theirs.
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
      return isSameTree(await readTree(tree), before) ? undefined : 'another directory stands there';
    }
    if (!(await isThere(tree))) {
      await removeTree(fresh);
      await fs.rename(old, tree);
      return undefined;
    }
    const another = `another directory stands there, and what it was before is ${path.join(directory, path.basename(old))}`;
    if (!isSameTree(await readTree(tree), after)) return another;
    await removeTree(fresh);
    const members = await takeAside(tree, fresh, after, (from, to) => fs.rename(from, to));
    if (members === undefined) return another;
    await fs.rename(old, tree);
    return (await removeRead(fresh, members)) ? undefined : wroteInto(directory, fresh);
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
