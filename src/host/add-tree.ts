/**
 * Makes a directory under a name that is free. No call renames a directory unless the name is taken: rename(2) takes the place of one that is empty, which somebody may have made
 * in that moment. So the name is taken first, by an empty folder that nobody may enter, and what was made beside takes the place of that one alone.
 */
import { promises as fs, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { lstatOf } from './atomic.ts';
import { besideNames, inRealDirectory } from './change-entry.ts';
import { errorCode } from './errors.ts';
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

/** `taken`: something stands there, and stays. `unlike`: what was made is not what it was to be, and nothing stands there. */
export type TreeAdded = 'done' | 'unlike' | 'taken';

/** Permission bits of the empty folder that takes a name: no program makes such a folder for itself. In a directory that hands its group on it has the set-group-ID bit as well. */
const takenMode = 0;

const placesIn = (held: string, name: string, id: string) => ({
  tree: path.join(held, name),
  fresh: path.join(held, besideNames(name, id).next),
});

/** Removes the folder that took a name, where it is that and still empty. */
async function giveUp(tree: string): Promise<void> {
  const stat = await lstatOf(tree);
  if (!stat?.isDirectory() || (stat.mode & 0o777) !== takenMode || stat.uid !== process.geteuid?.()) return;
  try {
    await fs.rmdir(tree);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errorCode(error))) throw error;
  }
}

/** Gives a directory a name that nothing has. False where something has it, which stays. */
async function takeName(fresh: string, tree: string): Promise<boolean> {
  try {
    mkdirSync(tree, { mode: takenMode });
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    renameSync(fresh, tree);
    return true;
  } catch (error) {
    await giveUp(tree);
    // Root may write into any folder, and whoever owns one may make another of it.
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errorCode(error))) return false;
    throw error;
  }
}

/** Makes a tree under a name that is free. Throws the system's error, ESTALE for a directory that is another one now; then the name is as it was. */
export function addTree(
  { directory, name }: TreeName,
  after: TreeState,
  made: NewTree,
  id: string,
): Promise<TreeAdded> {
  return inRealDirectory(directory, async (held) => {
    const { tree, fresh } = placesIn(held, name, id);
    if ((await lstatOf(tree)) !== undefined) return 'taken';
    return await withTreeBeside(fresh, after, made, async () =>
      (await takeName(fresh, tree)) ? 'done' : 'taken',
    );
  });
}

/** Takes back what {@link addTree} made, or had begun: the tree is removed where it still is what was made. Answers why it could not be; undefined where it was. Throws the system's error. */
export function takeAddedBack(
  { directory, name }: TreeName,
  after: TreeState,
  id: string,
): Promise<string | undefined> {
  return inRealDirectory(directory, async (held) => {
    const { tree, fresh } = placesIn(held, name, id);
    await giveUp(tree);
    await removeTree(fresh);
    if ((await lstatOf(tree)) === undefined) return undefined;
    if (!isSameTree(await readTree(tree), after))
      return 'what stands there is not what was laid out: see who changed it';
    const members = await takeAside(tree, fresh, after, takeName);
    return members !== undefined && (await removeRead(fresh, members))
      ? undefined
      : wroteInto(directory, fresh);
  });
}

/** Removes what a killed {@link addTree} left: the tree beside the name, and the empty folder that took the name. Throws the system's error. */
export async function settleAdded({ directory, name }: TreeName, id: string): Promise<void> {
  await inRealDirectory(directory, async (held) => {
    const { tree, fresh } = placesIn(held, name, id);
    await giveUp(tree);
    await removeTree(fresh);
  });
}
