/** Steps that exchange a whole directory of the module cache for what its zip holds. */
import path from 'node:path';
import { unpackedMembers } from '../../go/unpacked.ts';
import { ZipProblem } from '../../go/zip-directory.ts';
import { removeFile } from '../../host/atomic.ts';
import { changeTree, dropOldTree, settleTree, takeTreeBack } from '../../host/change-tree.ts';
import { errorCode, isSystemError } from '../../host/errors.ts';
import { whoElseWrites } from '../../host/other-writers.ts';
import { readTree, type TreeState } from '../../host/tree-state.ts';
import { systemReason } from '../../store/state-directory.ts';
import type { TreeStep } from '../step.ts';
import { withZip } from '../unzipped.ts';
import type { StepKind, Taken } from './kind.ts';

/** A directory, in words. */
export function treeText(state: TreeState | undefined): string {
  return state === undefined
    ? 'no directory'
    : `a directory of ${state.files} files (sha256 ${state.sha256.slice(0, 12)})`;
}

async function take(step: TreeStep, id: string): Promise<Taken> {
  const { tree, before, zip: file, prefix, mode } = step;
  try {
    return await withZip(file, prefix, async (zip): Promise<Taken> => {
      const members = unpackedMembers(tree, zip.names, mode);
      const from = new Map(
        members.flatMap((one) => (one.kind === 'file' ? [[one.name, one.from] as const] : [])),
      );
      const changed = await changeTree(
        step,
        step,
        { members, bytes: (name) => zip.bytes(from.get(name) ?? name) },
        id,
      );
      if (changed === 'done') return { done: true };
      return {
        refused:
          changed === 'unlike'
            ? `what ${file} holds is not what the plan was made of`
            : `${treeText(changed.changed)} stands there, and ${treeText(before)} was expected`,
      };
    });
  } catch (error) {
    if (error instanceof ZipProblem) return { refused: `${file} cannot be used: ${error.message}` };
    if (!isSystemError(error)) throw error;
    return errorCode(error) === 'ESTALE'
      ? { refused: `${step.directory} is another directory now` }
      : { failed: systemReason(error) };
  }
}

/** A directory that is not there holds nothing. */
async function settle(step: TreeStep, id: string): Promise<void> {
  try {
    await settleTree(step, id);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

async function takeBack(step: TreeStep, id: string): Promise<string | undefined> {
  try {
    return await takeTreeBack(step, step.before, step.after, id);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return systemReason(error);
  }
}

async function verify({ directory, name, after }: TreeStep): Promise<string | undefined> {
  try {
    const found = await readTree(path.join(directory, name));
    return found?.sha256 === after.sha256 ? undefined : `${treeText(found)} stands there`;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return systemReason(error);
  }
}

/**
 * `.partial` beside the zip says that go did not unpack it to its end (modfetch.DownloadDir): go would remove the tree and unpack it once more. It goes when the whole tree is there
 * for good, not before: an exchange that is undone leaves the mark as true as it was. Of an SDK it says nothing.
 */
async function finish(step: TreeStep, id: string): Promise<void> {
  await dropOldTree(step, id);
  if (step.tree !== 'sdk') await removeFile(step.zip.replace(/\.zip$/, '.partial'));
}

/** Steps on a directory. */
export const treeKind: StepKind<TreeStep> = {
  unsafe: ({ path: shown, directory, name }, outside) => {
    const who = whoElseWrites({ root: '/', path: path.join(directory, name) }, outside);
    return who === undefined ? [] : [`${shown} ${who}`];
  },
  take,
  verify,
  settle,
  takeBack,
  finish,
};
