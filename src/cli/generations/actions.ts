/**
 * The actions on generations of a build cache: adopt a directory as the first generation, make a new
 * generation from the undamaged content of the current one, swap to another one, collect old ones.
 */
import { counted } from '../../catalog/counted.ts';
import { addCarried, makeCache, nothingCarried, syncCache } from '../../host/cache-carry.ts';
import { cacheUsers, directUsers } from '../../host/cache-users.ts';
import {
  exchangeForLink,
  moveDirectory,
  placeState,
  pointLink,
  removeDirectory,
} from '../../host/generations.ts';
import { prefixes } from '../../observe/collectors/cache/scan.ts';
import {
  type GenerationStore,
  generationNames,
  generationPath,
  keepTimes,
  leavingPath,
  makingPath,
  nextName,
  timesOf,
} from '../../store/generations.ts';
import { defaultCacheOf } from '../../undo/default-cache.ts';
import { type Generation, usersText, whyKept, whyNotAdopt, whyNotSwap } from '../../undo/generations.ts';
import {
  act,
  currentGeneration,
  type GenerationPorts,
  type GenerationResult,
  linkedGeneration,
  linkTo,
  withStoreLock,
} from './act.ts';
import { carry, takeOver } from './carry.ts';

const buildsOn = (store: GenerationStore) => {
  const directories = [store.place, ...generationNames(store).map((name) => generationPath(store, name))];
  return cacheUsers(store.place, directories, defaultCacheOf).filter(({ builds }) => builds);
};

/** Lists all generations, each with the processes that use it. */
export function listGenerations(store: GenerationStore): readonly Generation[] {
  const [current, times] = [currentGeneration(store), timesOf(store)];
  return generationNames(store).map((name) => ({
    name,
    isCurrent: name === current,
    users: directUsers(store.place, [generationPath(store, name)]),
    ...times[name],
  }));
}

/**
 * Turns the directory at the cache's path into the first generation, and the path into a link to it. Copies
 * nothing.
 */
export function adopt(store: GenerationStore, ports: GenerationPorts): Promise<GenerationResult> {
  return withStoreLock(store, ports, () => adoptAlone(store, ports));
}

async function adoptAlone(store: GenerationStore, ports: GenerationPorts): Promise<GenerationResult> {
  const generation = nextName(store);
  return await act(store, ports, { action: 'adopt', generation }, async (id) => {
    if (placeState(store.place).kind !== 'directory')
      return { result: 'refused', why: `${store.place} is not a directory, or is already adopted` };
    const why = whyNotAdopt(buildsOn(store));
    if (why !== undefined) return { result: 'refused', why };
    await exchangeForLink(store.place, generationPath(store, generation), linkTo(store, generation), id, () =>
      generationPath(store, nextName(store)),
    );
    await keepTimes(store, { ...timesOf(store), [generation]: { made: ports.now() } });
    return { result: 'applied', why: `${store.place} leads to ${generation}`, generation };
  });
}

/**
 * Runs work under the lock of the store. A store without generations gets no directory: the work itself
 * refuses it.
 */
async function onGenerations(
  store: GenerationStore,
  ports: GenerationPorts,
  work: () => Promise<GenerationResult>,
): Promise<GenerationResult> {
  return generationNames(store).length === 0 ? await work() : await withStoreLock(store, ports, work);
}

/**
 * Makes a new generation from the undamaged content of the current one. `unwanted` are actions that an audit
 * found wrong.
 */
export function makeNew(
  store: GenerationStore,
  ports: GenerationPorts,
  unwanted: ReadonlySet<string>,
): Promise<GenerationResult> {
  return onGenerations(store, ports, () => makeAlone(store, ports, unwanted));
}

async function makeAlone(
  store: GenerationStore,
  ports: GenerationPorts,
  unwanted: ReadonlySet<string>,
): Promise<GenerationResult> {
  const generation = nextName(store);
  const current = currentGeneration(store);
  if (current === undefined) return noPresent(store);
  return await act(store, ports, { action: 'new', generation }, async () => {
    const [from, to] = [generationPath(store, current), makingPath(store, generation)];
    makeCache(from, to, prefixes);
    const carried = await carry(from, to, unwanted, ports.progress);
    syncCache(to, prefixes);
    await moveDirectory(to, generationPath(store, generation));
    const now = ports.now();
    await keepTimes(store, { ...timesOf(store), [generation]: { made: now, left: now } });
    const why = `${generation} has ${carried.carried} entries of ${current}; ${carried.unsound + carried.unwanted} damaged ones were left out`;
    return { result: 'applied', why, generation, carried };
  });
}

/**
 * Makes a generation the current one. What builds add to the old generation is taken over before the link
 * changes, and once more afterwards.
 */
export function swap(
  store: GenerationStore,
  ports: GenerationPorts,
  generation: string,
  unwanted: ReadonlySet<string> = new Set(),
): Promise<GenerationResult> {
  return onGenerations(store, ports, () => swapAlone(store, ports, generation, unwanted));
}

async function swapAlone(
  store: GenerationStore,
  ports: GenerationPorts,
  generation: string,
  unwanted: ReadonlySet<string>,
): Promise<GenerationResult> {
  const from = linkedGeneration(store);
  if (from === undefined) return noPresent(store);
  if (!generationNames(store).includes(generation) || from === generation)
    return {
      result: 'refused',
      why: `there is no other generation ${generation}: see godrift cache generations list`,
    };
  const about = { action: 'swap' as const, generation, from, unwanted: [...unwanted] };
  return await act(store, ports, about, async (id) => {
    const [old, fresh] = [generationPath(store, from), generationPath(store, generation)];
    // The current generation was removed by hand: every build fails until the link is changed, and there is
    // nothing to take over.
    const isGone = !generationNames(store).includes(from);
    const rest = () => (isGone ? nothingCarried : takeOver(old, fresh, unwanted, ports.progress));
    const first = await rest();
    const why = whyNotSwap(first, buildsOn(store));
    if (why !== undefined) return { result: 'refused', why };
    const other = await pointLink(store.place, linkTo(store, from), linkTo(store, generation), id);
    if (other !== undefined)
      return { result: 'refused', why: `${store.place} was changed meanwhile (${other})` };
    // Takes over what builds made between the first time and the change of the link.
    const second = await rest();
    const carried = { ...addCarried(first, second), unsound: second.unsound, unwanted: second.unwanted };
    const times = timesOf(store);
    const { left: _, ...now } = times[generation] ?? {};
    const left = isGone ? {} : { [from]: { ...times[from], left: ports.now() } };
    await keepTimes(store, { ...times, [generation]: now, ...left });
    return {
      result: 'applied',
      why: `${store.place} leads to ${generation} now, instead of ${from}`,
      generation,
      carried,
    };
  });
}

function noPresent(store: GenerationStore): GenerationResult {
  const { place } = store;
  const gone = linkedGeneration(store);
  const why =
    gone === undefined
      ? `${place} has no generations: godrift cache generations adopt`
      : `${place} leads to ${gone}, which is gone: godrift cache generations swap ${generationNames(store).at(-1) ?? gone}`;
  return { result: 'refused', why };
}

/** Removes generations that have not been current for `olderThanMs` and that no process uses. */
export function collect(
  store: GenerationStore,
  ports: GenerationPorts,
  olderThanMs: number,
): Promise<GenerationResult> {
  return onGenerations(store, ports, () => collectAlone(store, ports, olderThanMs));
}

async function collectAlone(
  store: GenerationStore,
  ports: GenerationPorts,
  olderThanMs: number,
): Promise<GenerationResult> {
  const kept: { name: string; why: string }[] = [];
  const collected: string[] = [];
  for (const generation of listGenerations(store)) {
    const { name } = generation;
    const why = whyKept(generation, ports.now(), olderThanMs);
    if (why !== undefined) {
      kept.push({ name, why });
      continue;
    }
    const done = await act(store, ports, { action: 'collect', generation: name }, () => remove(store, name));
    if (done.result === 'applied') collected.push(name);
    else kept.push({ name, why: done.why });
  }
  return {
    result: 'applied',
    why: `${counted(collected.length, 'generation')} removed, ${kept.length} ${kept.length === 1 ? 'stays' : 'stay'}`,
    collected,
    kept,
  };
}

/** Renames a generation, checks once more that no process uses it, then removes it or renames it back. */
async function remove(store: GenerationStore, name: string): Promise<GenerationResult> {
  const [here, leaving] = [generationPath(store, name), leavingPath(store, name)];
  await moveDirectory(here, leaving);
  const users = directUsers(store.place, [here, leaving]);
  if (users.length > 0 || linkedGeneration(store) === name) {
    await moveDirectory(leaving, here);
    return { result: 'refused', why: `it is in use: ${usersText(users)}` };
  }
  await removeDirectory(leaving);
  return { result: 'applied', why: `${name} was removed`, generation: name };
}
