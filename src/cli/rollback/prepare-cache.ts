/**
 * Plans the repair of a build cache. It needs no approved record: an output's name is the hash of its
 * content, so damage is detected without one, and go rebuilds whatever is removed.
 */
import { AppError } from '../../catalog/errors.ts';
import type { CacheContent } from '../../drift/facets/cache.ts';
import { availableCores, readMachine } from '../../host/machine.ts';
import { whyNotBuildCache } from '../../observe/collectors/cache/check-build-cache.ts';
import { type FoundCache, findCache } from '../../observe/collectors/cache/location.ts';
import { readSources } from '../../observe/environment/sources.ts';
import { createWorkerPool } from '../../observe/pool/worker-pool.ts';
import { planCacheRepair } from '../../undo/cache-plan.ts';
import { guardPlan } from '../../undo/guards.ts';
import type { UnrestoredEntry } from '../../undo/unrestored.ts';
import { cacheAuditNow } from '../audits.ts';
import type { Prepared } from './prepare.ts';
import type { RollbackRequest } from './request.ts';

/**
 * Most steps of one plan; the next plan finds the rest. Action entries come first, because no output is used
 * without one.
 */
const mostSteps = 2000;

/**
 * Audits the whole build cache of a target and plans its repair. Throws AppError for `--key` and `--to`,
 * which mean nothing for a cache.
 */
export async function prepareCache({
  target,
  stateDirectory,
  names,
  to,
}: RollbackRequest): Promise<Prepared> {
  if (names !== undefined || to !== undefined)
    throw new AppError(
      `cannot use --${to === undefined ? 'key' : 'to'}`,
      'a build cache is repaired by the hashes in its file names, not from a record',
      'leave it out',
    );
  const machine = readMachine();
  const found = findCache(await readSources(target, machine));
  const content = found === undefined ? undefined : await audit(found, stateDirectory);
  const real = found?.directory?.path;
  const all = content === undefined || real === undefined ? [] : planCacheRepair(real, content);
  const about = { target: target.name, workspace: target.workspace, facet: 'cache' } as const;
  const steps = all.slice(0, mostSteps);
  const why =
    found === undefined || real === undefined ? undefined : whyNotBuildCache(found.path, real, machine.uid);
  const barred = found === undefined ? undefined : whyBarred(found);
  const refusals =
    steps.length === 0 ? [] : [...(why === undefined ? [] : [`${real} ${why}`]), ...(barred ?? [])];
  const plan = { ...about, steps, contents: new Map<string, Uint8Array>(), refusals };
  return {
    plan,
    // For a cache of another user the guard repeats its reason for every folder: the first ones are enough.
    refusals: guardPlan(plan, []).slice(0, mostReasons),
    left: leftOver(found, content, all.length - steps.length),
    wanted: [],
    before: new Map(),
  };
}

const mostReasons = 20;

async function audit(
  { path, directory, builder }: FoundCache,
  stateDirectory: string,
): Promise<CacheContent | undefined> {
  if (directory === undefined) return undefined;
  const workerPool = createWorkerPool(availableCores(), 1);
  try {
    const ask = cacheAuditNow(stateDirectory, workerPool, { show: () => {}, end: () => {} }, { all: true });
    return (await ask({ place: path, directory, builder })).content;
  } finally {
    await workerPool.stop();
  }
}

/**
 * Returns why a cache location cannot be repaired in place. A full disk is no obstacle, because removing
 * files needs no space.
 */
function whyBarred({ place }: FoundCache): readonly string[] {
  return 'why' in place && place.state !== 'full' ? [place.why] : [];
}

/**
 * Returns the problems that no step fixes: those that need another repair, and those that are left to the
 * next plan.
 */
function leftOver(
  found: FoundCache | undefined,
  content: CacheContent | undefined,
  more: number,
): readonly UnrestoredEntry[] {
  const { place, path, builder } = found ?? {};
  const left: UnrestoredEntry[] = [];
  if (place !== undefined && 'why' in place)
    left.push({ key: 'cache.unwritable', why: `${place.why}: see the repair of godrift check` });
  if (content !== undefined && content.foreignCount > 0)
    left.push({
      key: 'cache.foreign_owner',
      why: `${content.foreignCount} entries of ${path} belong to others than uid ${builder?.uid}: see the repair of godrift check`,
    });
  if (content !== undefined && content.unreadable + content.oversized > 0)
    left.push({
      key: 'cache.unread',
      why: `${content.unreadable + content.oversized} outputs cannot be read`,
    });
  if (more > 0)
    left.push({ key: 'cache.corrupt', why: `${more} further steps: roll back again when these are done` });
  return left;
}
