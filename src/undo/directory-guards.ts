/**
 * Checks, without writing, that the directories of a plan can take its changes. A download and the unpacking
 * of a 250 MB tree are not started for a plan whose last step cannot succeed.
 */
import path from 'node:path';
import { lstatOf } from '../host/atomic.ts';
import { isSystemError } from '../host/errors.ts';
import { hasRoomFor, readDirectoryFacts } from '../host/space.ts';
import { systemReason } from '../store/state-directory.ts';
import type { Plan } from './plan.ts';
import { type EntryStep, isEntryStep, isTreeStep, type TreeStep } from './step.ts';

const mebibyte = 1024 * 1024;

/** Bytes of an unpacked release whose zip has not been fetched yet: go1.27.4 takes 253 MiB. */
const releaseBytes = 320 * mebibyte;
/** Most bytes that a file takes on disk beyond its size: one block. */
const blockBytes = 4096;

/** Returns the directory, or its nearest existing ancestor, in which the missing ones will be created. */
async function standing(directory: string): Promise<string> {
  let here = directory;
  while ((await lstatOf(here)) === undefined && here !== path.dirname(here)) here = path.dirname(here);
  return here;
}

/** Returns the bytes that a tree takes on disk, at most. */
const bytesOf = (after: TreeStep['after']) =>
  after.kind === 'tree' ? after.size + blockBytes * after.files : releaseBytes;

/**
 * Returns why the file system of `directory` has no room for the tree `after`, with what to do; `undefined`
 * where it has, or where the system does not say.
 */
export async function whyNoRoom(directory: string, after: TreeStep['after']): Promise<string | undefined> {
  const here = await standing(directory);
  const bytes = bytesOf(after);
  return hasRoomFor(here, bytes)
    ? undefined
    : `${here} has less than ${Math.ceil(bytes / mebibyte)} MiB left: make room there`;
}

/** Returns why nothing can be created in a directory, with what to do; `undefined` where it can. */
async function whyNotWritable(directory: string): Promise<string | undefined> {
  const here = await standing(directory);
  const facts = readDirectoryFacts(here);
  if (facts === undefined) return undefined;
  if (facts.readOnly !== undefined) return `${here} is mounted read-only: mount it writable, then try again`;
  return facts.writable
    ? undefined
    : `${here} may not be written by this user: let its owner write there (chmod u+w ${here}), then try again`;
}

/**
 * Returns why one step cannot write to its directory, `undefined` where it can. Throws the system's error.
 */
async function whyNotIn(step: EntryStep | TreeStep): Promise<string | undefined> {
  const notWritable = await whyNotWritable(step.directory);
  if (notWritable !== undefined || !isTreeStep(step)) return notWritable;
  return await whyNoRoom(step.directory, step.after);
}

/**
 * Returns every reason why steps of a plan cannot write to their directories. Cache steps only remove files,
 * and the fetch step checks its own directory.
 */
export async function guardDirectories({ steps }: Pick<Plan, 'steps'>): Promise<readonly string[]> {
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
