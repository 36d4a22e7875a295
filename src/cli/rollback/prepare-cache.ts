/**
 * The plan for a build cache. It needs nothing that was approved: the name of an output says what must be in it, so what is wrong is known without a record,
 * and what go makes anew needs no copy.
 */
import { AppError } from '../../catalog/errors.ts';
import type { CacheContent } from '../../drift/facets/cache.ts';
import { availableCores, readMachine } from '../../host/machine.ts';
import { type FoundCache, findCache } from '../../observe/collectors/cache/location.ts';
import { whyNoCache } from '../../observe/collectors/cache/missing-cache.ts';
import { readSources } from '../../observe/environment/sources.ts';
import { createWorkerPool } from '../../observe/pool/worker-pool.ts';
import { planCacheRepair } from '../../undo/cache-plan.ts';
import { guardPlan } from '../../undo/guards.ts';
import type { Left } from '../../undo/left.ts';
import { cacheAuditNow } from '../audits.ts';
import type { Prepared } from './prepare.ts';
import type { RollbackRequest } from './request.ts';

/** Steps of one plan; what is beyond is found by the next one. The first ones are entries, without which no output is taken. */
const mostSteps = 2000;

/** Looks at the cache of a target from the first byte to the last, and makes the plan. */
export async function prepareCache({
  target,
  stateDirectory,
  names,
  to,
}: RollbackRequest): Promise<Prepared> {
  if (names !== undefined || to !== undefined)
    throw new AppError(
      `cannot use --${to === undefined ? 'key' : 'to'}`,
      'a cache is put right by the names of its entries, whatever was approved',
      'leave it away',
    );
  const machine = readMachine();
  const found = findCache(await readSources(target, machine));
  const content = found === undefined ? undefined : await audit(found, stateDirectory);
  const real = found?.directory?.path;
  const all = content === undefined || real === undefined ? [] : planCacheRepair(real, content);
  const about = { target: target.name, workspace: target.workspace, facet: 'cache' } as const;
  const steps = all.slice(0, mostSteps);
  const why =
    found === undefined || real === undefined ? undefined : whyNoCache(found.path, real, machine.uid);
  const barred = found === undefined ? undefined : whyBarred(found);
  const refusals =
    steps.length === 0 ? [] : [...(why === undefined ? [] : [`${real} ${why}`]), ...(barred ?? [])];
  const plan = { ...about, steps, contents: new Map<string, Uint8Array>(), refusals };
  return {
    plan,
    // Nobody else's cache is left without the reason, and each folder would give its own.
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

/** Why a place cannot be mended from inside. A full disk is no reason: removing needs no room. */
function whyBarred({ place }: FoundCache): readonly string[] {
  return 'why' in place && place.state !== 'full' ? [place.why] : [];
}

/** What is wrong and is no step: to be put right elsewhere, or by the next plan. */
function leftOver(
  found: FoundCache | undefined,
  content: CacheContent | undefined,
  more: number,
): readonly Left[] {
  const { place, path, builder } = found ?? {};
  const left: Left[] = [];
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
