/** Whether the directories in which a plan makes names can take them, as far as that is seen without writing: a download and a tree of 250 MB are not begun for a step that cannot be. */
import path from 'node:path';
import { lstatOf } from '../host/atomic.ts';
import { isSystemError } from '../host/errors.ts';
import { hasRoomFor, readDirectoryFacts } from '../host/space.ts';
import { systemReason } from '../store/state-directory.ts';
import type { Plan } from './plan.ts';
import { type EntryStep, isEntryStep, isTreeStep, type TreeStep } from './step.ts';

const mebibyte = 1024 * 1024;

/** Bytes of a release that is not there yet, unpacked: that of go1.27.4 takes 253 MiB. */
const releaseBytes = 320 * mebibyte;
/** What a file takes beyond its size at most, a block of a disk. */
const blockBytes = 4096;

/** The directory itself, or the nearest one above it that exists: the missing ones will be made in there. */
async function standing(directory: string): Promise<string> {
  let here = directory;
  while ((await lstatOf(here)) === undefined && here !== path.dirname(here)) here = path.dirname(here);
  return here;
}

/** Bytes that a tree takes on a disk. */
const bytesOf = (after: TreeStep['after']) =>
  after.kind === 'tree' ? after.size + blockBytes * after.files : releaseBytes;

/** Why there is no room for a tree that is made there, with what to do; undefined where there is, or where the system does not say. `after` is what the tree will be. */
export async function whyNoRoom(directory: string, after: TreeStep['after']): Promise<string | undefined> {
  const here = await standing(directory);
  const bytes = bytesOf(after);
  return hasRoomFor(here, bytes)
    ? undefined
    : `${here} has less than ${Math.ceil(bytes / mebibyte)} MiB left: make room there`;
}

/** Why no name can be made in a directory, with what to do; undefined where one can. */
async function whyNotWritable(directory: string): Promise<string | undefined> {
  const here = await standing(directory);
  const facts = readDirectoryFacts(here);
  if (facts === undefined) return undefined;
  if (facts.readOnly !== undefined)
    return `${here} is mounted read-only: mount it for writing, then ask again`;
  return facts.writable
    ? undefined
    : `${here} may not be written by this user: let its owner write there (chmod u+w ${here}), then ask again`;
}

/** Why the names of one step could not be made where they belong. Throws the system's error. */
async function whyNotIn(step: EntryStep | TreeStep): Promise<string | undefined> {
  const notWritable = await whyNotWritable(step.directory);
  if (notWritable !== undefined || !isTreeStep(step)) return notWritable;
  return await whyNoRoom(step.directory, step.after);
}

/** Every reason why names of a plan could not be made where they belong. Steps on a build cache only remove, and the step that fetches checks its own directory. */
export async function guardPlaces({ steps }: Pick<Plan, 'steps'>): Promise<readonly string[]> {
  const why = new Set<string>();
  for (const step of steps) {
    if (!(isEntryStep(step) || isTreeStep(step))) continue;
    try {
      const reason = await whyNotIn(step);
      if (reason !== undefined) why.add(reason);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      why.add(`${step.directory} cannot be looked at: ${systemReason(error)}`);
    }
  }
  return [...why];
}
