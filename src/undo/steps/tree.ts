/**
 * Steps that lay out a whole directory from a zip of a module: in place of another directory, or where none
 * exists.
 */
import path from 'node:path';
import process from 'node:process';
import { cachedToolchain } from '../../go/toolchain-files.ts';
import { unpackedMembers } from '../../go/unpacked.ts';
import { ZipProblem } from '../../go/zip-directory.ts';
import { addTree, settleAdded, type TreeAdded, takeAddedBack } from '../../host/add-tree.ts';
import { ensureDirectory, removeEmptyDirectory, removeFile, syncDirectory } from '../../host/atomic.ts';
import { changeTree, dropOldTree, settleTree, takeTreeBack } from '../../host/change-tree.ts';
import { errorCode, isSystemError } from '../../host/errors.ts';
import type { NewTree } from '../../host/make-tree.ts';
import { whoElseWrites } from '../../host/other-writers.ts';
import { readTree, type TreeState } from '../../host/tree-state.ts';
import { systemReason } from '../../store/state-directory.ts';
import { whyNoRoom } from '../directory-guards.ts';
import { digestOf, hashZip, type OpenZip, stateAfter, treeFrom, withZip } from '../module-zip.ts';
import type { TreeStep } from '../step.ts';
import type { StepKind, Taken } from './kind.ts';

/** Describes a directory in words: `a directory of 12 files (sha256 …)`. */
export function treeText(state: TreeState | undefined): string {
  return state === undefined
    ? 'no directory'
    : `a directory of ${state.files} files (sha256 ${state.sha256.slice(0, 12)})`;
}

/** Removes the parent directories that the step created, where they are empty by now. */
async function removeMade(step: TreeStep): Promise<void> {
  if (step.kind === 'replace-tree') return;
  for (const made of [...step.makes].reverse()) await removeEmptyDirectory(made);
}

async function makeFolders(makes: readonly string[]): Promise<void> {
  for (const made of makes) {
    await ensureDirectory(made, 0o755);
    await syncDirectory(path.dirname(made));
  }
}

const unlike = ({ zip }: TreeStep): Taken => ({
  refused: `what ${zip} holds is not what the plan was made of`,
});

/**
 * Returns the tree that the step creates from an open zip. Throws ZipProblem where the zip is not the
 * approved one, and any error of reading it.
 */
async function afterFrom({ tree, after, mode }: TreeStep, zip: OpenZip): Promise<TreeState> {
  if (after.kind === 'tree') return after;
  const files = await hashZip(zip);
  if (digestOf(files) !== after.digest) throw new ZipProblem('its files are not what was approved');
  return stateAfter(unpackedMembers(tree, zip.names, mode), files, process.geteuid?.() ?? -1);
}

/** A state that no directory can have. */
const unknown: TreeState = { kind: 'tree', sha256: '', files: 0, size: 0 };

/**
 * Returns the state that the step gave the directory. Where the zip cannot be read any more, {@link unknown}:
 * then no directory counts as created by the step.
 */
async function afterOf(step: TreeStep): Promise<TreeState> {
  if (step.after.kind === 'tree') return step.after;
  try {
    return await withZip(step.zip, step.prefix, (zip) => afterFrom(step, zip));
  } catch (error) {
    if (error instanceof ZipProblem || isSystemError(error)) return unknown;
    throw error;
  }
}

async function layOut(step: TreeStep, after: TreeState, made: NewTree, id: string): Promise<Taken> {
  // The size of a downloaded tree was unknown to the plan, and disks fill.
  const noRoom = await whyNoRoom(step.directory, after);
  if (noRoom !== undefined) return { refused: noRoom };
  if (step.kind === 'make-tree') {
    let added: TreeAdded | undefined;
    try {
      await makeFolders(step.makes);
      added = await addTree(step, after, made, id);
    } finally {
      // A refused step (for a zip that was damaged since, say) is not reverted, so it cleans up itself.
      if (added !== 'done') await removeMade(step);
    }
    if (added === 'done') return { done: true };
    return added === 'unlike' ? unlike(step) : { refused: 'found something where nothing was expected' };
  }
  const changed = await changeTree(step, { before: step.before, after }, made, id);
  if (changed === 'done') return { done: true };
  return changed === 'unlike'
    ? unlike(step)
    : { refused: `found ${treeText(changed.changed)}, expected ${treeText(step.before)}` };
}

async function take(step: TreeStep, id: string): Promise<Taken> {
  const { tree, zip: file, prefix, mode } = step;
  try {
    return await withZip(
      file,
      prefix,
      async (zip): Promise<Taken> =>
        await layOut(step, await afterFrom(step, zip), treeFrom(tree, zip, mode), id),
    );
  } catch (error) {
    if (error instanceof ZipProblem) return { refused: `${file} cannot be used: ${error.message}` };
    if (!isSystemError(error)) throw error;
    return errorCode(error) === 'ESTALE'
      ? { refused: `${step.directory} was replaced by another directory` }
      : { failed: systemReason(error) };
  }
}

/** Implements {@link StepKind.settle}. If the parent directory is gone, nothing was left in it. */
async function settle(step: TreeStep, id: string): Promise<void> {
  try {
    await (step.kind === 'make-tree' ? settleAdded : settleTree)(step, id);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** Removes an added directory. If its parent is gone, there is nothing to remove. */
async function addedBack(step: TreeStep, after: TreeState, id: string): Promise<string | undefined> {
  try {
    return await takeAddedBack(step, after, id);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    return undefined;
  }
}

async function takeBack(step: TreeStep, id: string): Promise<string | undefined> {
  try {
    const after = await afterOf(step);
    const why = await (step.kind === 'make-tree'
      ? addedBack(step, after, id)
      : takeTreeBack(step, step.before, after, id));
    await removeMade(step);
    return why;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return systemReason(error);
  }
}

async function verify(step: TreeStep): Promise<string | undefined> {
  const { directory, name } = step;
  try {
    const after = await afterOf(step);
    const found = await readTree(path.join(directory, name));
    return found?.sha256 === after.sha256 ? undefined : `found ${treeText(found)}`;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return systemReason(error);
  }
}

/**
 * Deletes the replaced directory, and the `.partial` file beside the zip. That file marks a directory that go
 * did not finish unpacking (modfetch.DownloadDir): go would remove the tree and unpack it again. It is
 * deleted only once the whole tree is there for good, so that a reverted exchange leaves the mark as true as
 * it was. It means nothing for an SDK.
 */
async function finish(step: TreeStep, id: string): Promise<void> {
  if (step.kind === 'make-tree') return;
  await dropOldTree(step, id);
  if (step.tree === 'sdk') return;
  const cached = cachedToolchain(step.path);
  // The zip of a toolchain may be a downloaded one elsewhere; its mark is in the module cache all the same.
  await removeFile(
    cached === undefined
      ? step.zip.replace(/\.zip$/, '.partial')
      : path.join(cached.modcache, cached.partial),
  );
}

/** The kind of steps that lay out a directory. */
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
