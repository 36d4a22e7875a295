/**
 * Creates a directory under a name that is free, without ever replacing another one.
 *
 * No system call renames a directory only if the target is free: rename(2) silently replaces an empty
 * directory, which another process may have made a moment ago. So the name is first reserved with an empty
 * directory of mode 0, and the finished tree, made beside it, then replaces that directory only.
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

/**
 * `taken`: the name is in use, and its content is left alone. `unlike`: the tree that was made differs from
 * the expected one, and the name stays free.
 */
export type TreeAdded = 'done' | 'unlike' | 'taken';

/**
 * Mode of the empty directory that reserves a name: no other program makes a directory without any
 * permission. Its set-group-ID bit is set where the parent directory passes its group on.
 */
const takenMode = 0;

const placesIn = (held: string, name: string, id: string) => ({
  tree: path.join(held, name),
  fresh: path.join(held, besideNames(name, id).next),
});

/** Removes the directory that reserved a name, if it still is that and still empty. */
async function giveUp(tree: string): Promise<void> {
  const stat = await lstatOf(tree);
  if (!stat?.isDirectory() || (stat.mode & 0o777) !== takenMode || stat.uid !== process.geteuid?.()) return;
  try {
    await fs.rmdir(tree);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errorCode(error))) throw error;
  }
}

/**
 * Renames the directory `fresh` to a name that is free. Returns false, and changes nothing, if the name is in
 * use.
 */
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
    // Root can write into any directory, and its owner can replace it: the reservation is no longer ours.
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errorCode(error))) return false;
    throw error;
  }
}

/**
 * Creates a tree under a name that is free. Throws the system's error, and ESTALE if `directory` was replaced
 * since; the name is then as it was before.
 */
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

/**
 * Reverts {@link addTree}, finished or not: removes the tree if it still is exactly what was made. Returns
 * why it could not be removed, undefined on success. Throws the system's error.
 */
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
      return 'the directory differs from the one that the rollback created: see who changed it';
    const members = await takeAside(tree, fresh, after, takeName);
    return members !== undefined && (await removeRead(fresh, members))
      ? undefined
      : wroteInto(directory, fresh);
  });
}

/**
 * Removes what a killed {@link addTree} left: the tree beside the name, and the empty directory that reserved
 * the name. Throws the system's error.
 */
export async function settleAdded({ directory, name }: TreeName, id: string): Promise<void> {
  await inRealDirectory(directory, async (held) => {
    const { tree, fresh } = placesIn(held, name, id);
    await giveUp(tree);
    await removeTree(fresh);
  });
}
