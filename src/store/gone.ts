/**
 * Targets with stored state that are no longer observed: `targets/<id>/gone.json` records since when. A
 * target without the mark was observed when the exporter ended, and is observed first at the next start.
 */
import path from 'node:path';
import * as z from 'zod';
import { namesIn } from '../host/append.ts';
import { removeEmptyDirectory, removeFile } from '../host/atomic.ts';
import { listDirectory, stampOf } from '../host/files.ts';
import { knownTargets } from './baselines.ts';
import { readKept } from './json-file.ts';
import { ofStoreKey, storeKey, type TargetName, targetFiles } from './peek.ts';
import { attempt, type StateDirectory, type WriteResult } from './state-directory.ts';
import { targetId, writeTargetFile } from './target-files.ts';

const goneName = 'gone.json';
const goneSchema = z.object({ schema: z.literal(1), target: z.string(), since: z.number() });

function readGone(directory: string): z.infer<typeof goneSchema> | undefined {
  return goneSchema.safeParse(readKept(path.join(directory, goneName)).content).data;
}

/**
 * Returns since when a target is gone, ms since the epoch; undefined if it is observed, or has no stored
 * state.
 */
export function goneSince(stateDirectory: string, target: TargetName): number | undefined {
  return readGone(targetFiles(stateDirectory, target))?.since;
}

/** Returns the targets marked as gone, oldest first, except those with an accepted baseline, which stays. */
export function goneTargets(stateDirectory: string): readonly (TargetName & { readonly since: number })[] {
  const top = path.join(stateDirectory, 'targets');
  return listDirectory({ root: '/', path: top })
    .flatMap((id) => {
      const gone = readGone(path.join(top, id));
      const accepted = stampOf({ root: '/', path: path.join(top, id, 'accepted.json') });
      return gone === undefined || accepted !== undefined
        ? []
        : [{ ...ofStoreKey(gone.target), since: gone.since }];
    })
    .sort((a, b) => a.since - b.since);
}

/**
 * Marks a target as gone, unless it is marked or the mark cannot be read now. Also marks a target without
 * stored state, because a late write may still create some.
 */
export async function markGone(
  state: StateDirectory,
  target: TargetName,
  timeMs: number,
): Promise<WriteResult> {
  const directory = targetFiles(state.path, target);
  const { left } = readKept(path.join(directory, goneName));
  if (left !== undefined || readGone(directory) !== undefined) return { ok: true, value: undefined };
  const key = storeKey(target);
  const mark = { schema: 1, target: key, since: timeMs };
  return await writeTargetFile(state, key, goneName, `${JSON.stringify(mark)}\n`);
}

/** Removes the mark. */
export async function unmarkGone(state: StateDirectory, target: TargetName): Promise<WriteResult> {
  const file = path.join(targetFiles(state.path, target), goneName);
  if (stampOf({ root: '/', path: file }) === undefined) return { ok: true, value: undefined };
  return await attempt(state, file, async () => {
    await removeFile(file);
    return undefined;
  });
}

/**
 * Returns every target with stored state that is not marked as gone: those observed when the exporter ended.
 */
export function observedAtEnd(stateDirectory: string): readonly TargetName[] {
  return knownTargets(stateDirectory).filter((one) => goneSince(stateDirectory, one) === undefined);
}

const stateSchema = z.object({ drift: z.record(z.string(), z.unknown()) });

/** Reports whether a target has an open drift stored; true if its state cannot be read now. */
export function hasOpenDrift(stateDirectory: string, target: TargetName): boolean {
  const { content, left } = readKept(path.join(targetFiles(stateDirectory, target), 'state.json'));
  const stored = stateSchema.safeParse(content);
  return left !== undefined || (stored.success && Object.keys(stored.data.drift).length > 0);
}

const ownFile =
  /^(?:(?:state|gone|learned)\.json|last\.snapshot|(?:last|learned)-[0-9a-f]{16}\.snapshot)(?:\.corrupt-\d+)?$/;

/**
 * Removes the stored state of a target, its mark last, unless the target came back meanwhile. Unknown files
 * stay, and so does their directory.
 */
export async function forgetGone(state: StateDirectory, target: TargetName): Promise<WriteResult> {
  const directory = targetFiles(state.path, target);
  if (readGone(directory) === undefined) return { ok: true, value: undefined };
  return await attempt(state, directory, async () => {
    const names = (await namesIn(directory)).filter((name) => ownFile.test(name));
    for (const name of names.filter((one) => one !== goneName)) await removeFile(path.join(directory, name));
    await removeFile(path.join(directory, goneName));
    await removeEmptyDirectory(directory);
    return undefined;
  });
}

/**
 * Returns a function for the priority of a target that is not observed yet: 0 without stored state, more for
 * one that was gone, most for one that was observed last, plus one for an open drift. The directory is listed
 * once, on the first call.
 */
export function placesIn(stateDirectory: string): (target: TargetName) => number {
  let ids: ReadonlySet<string> | undefined;
  return (target) => {
    ids ??= new Set(listDirectory({ root: '/', path: path.join(stateDirectory, 'targets') }));
    if (!ids.has(targetId(storeKey(target)))) return 0;
    const isGone = goneSince(stateDirectory, target) !== undefined;
    return 1 + (isGone ? 0 : 2) + (hasOpenDrift(stateDirectory, target) ? 1 : 0);
  };
}
