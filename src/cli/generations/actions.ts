/** What is done with generations of a build cache: the first is made of a directory, others of what is whole in it, the place leads to one, old ones go. */
import { parseCacheAction } from '../../go/cache-action.ts';
import {
  addCarried,
  type Carried,
  carryFolder,
  makeCache,
  nothingCarried,
  syncCache,
} from '../../host/cache-carry.ts';
import { cacheUsers, directUsers } from '../../host/cache-users.ts';
import {
  exchangeForLink,
  moveDirectory,
  placeState,
  pointLink,
  removeDirectory,
} from '../../host/generations.ts';
import { prefixes } from '../../observe/cache/scan.ts';
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
import { type Generation, usersText, whyKept, whyNotAdopt, whyNotSwap } from '../../undo/generations.ts';
import {
  act,
  currentOf,
  endInterrupted,
  type GenerationPorts,
  type GenerationResult,
  linkTo,
} from './act.ts';

const buildsOn = (store: GenerationStore) => {
  const directories = [store.place, ...generationNames(store).map((name) => generationPath(store, name))];
  return cacheUsers(store.place, directories).filter(({ builds }) => builds);
};

/** Every generation, with who would miss it. */
export function listGenerations(store: GenerationStore): readonly Generation[] {
  const [current, times] = [currentOf(store), timesOf(store)];
  return generationNames(store).map((name) => ({
    name,
    isCurrent: name === current,
    users: directUsers(store.place, [generationPath(store, name)]),
    ...times[name],
  }));
}

const parse = (text: Uint8Array, action: string) => {
  const entry = parseCacheAction(text, action);
  return typeof entry === 'string' ? undefined : entry;
};

/** Takes over what is whole, folder by folder, with a breath for others in between. */
async function carry(
  from: string,
  to: string,
  unwanted: ReadonlySet<string>,
  progress: GenerationPorts['progress'],
): Promise<Carried> {
  let sum = nothingCarried;
  for (const [index, prefix] of prefixes.entries()) {
    sum = addCarried(sum, carryFolder({ from, to, parse, unwanted }, prefix));
    progress(index + 1, prefixes.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return sum;
}

/** Makes the directory at the place the first generation, and a link of the place; nothing is copied. */
export async function adopt(store: GenerationStore, ports: GenerationPorts): Promise<GenerationResult> {
  const generation = nextName(store);
  return await act(store, ports, { action: 'adopt', generation }, async (id) => {
    if (placeState(store.place).kind !== 'directory')
      return { result: 'refused', why: `${store.place} is no directory, or is adopted already` };
    const why = whyNotAdopt(buildsOn(store));
    if (why !== undefined) return { result: 'refused', why };
    await exchangeForLink(store.place, generationPath(store, generation), linkTo(store, generation), id, () =>
      generationPath(store, nextName(store)),
    );
    await keepTimes(store, { ...timesOf(store), [generation]: { made: ports.now() } });
    return { result: 'applied', why: `${store.place} leads to ${generation}`, generation };
  });
}

/** Makes a generation of what is whole in the present one; `unwanted` are actions that an audit found wrong. */
export async function makeNew(
  store: GenerationStore,
  ports: GenerationPorts,
  unwanted: ReadonlySet<string>,
): Promise<GenerationResult> {
  const generation = nextName(store);
  const current = currentOf(store);
  if (current === undefined) return notAdopted(store);
  return await act(store, ports, { action: 'new', generation }, async () => {
    const [from, to] = [generationPath(store, current), makingPath(store, generation)];
    makeCache(from, to, prefixes);
    const carried = await carry(from, to, unwanted, ports.progress);
    syncCache(to, prefixes);
    await moveDirectory(to, generationPath(store, generation));
    const now = ports.now();
    await keepTimes(store, { ...timesOf(store), [generation]: { made: now, left: now } });
    const why = `${generation} has ${carried.carried} entries of ${current}, and not ${carried.unsound + carried.unwanted} that are damaged`;
    return { result: 'applied', why, generation, carried };
  });
}

/** Rounds of taking over what builds made meanwhile; each is shorter than the one before. */
const mostRounds = 5;

/** Lets the place lead to a generation, after all that builds made in the present one meanwhile was taken over, and once more afterwards. */
export async function swap(
  store: GenerationStore,
  ports: GenerationPorts,
  generation: string,
  unwanted: ReadonlySet<string> = new Set(),
): Promise<GenerationResult> {
  const from = currentOf(store);
  if (from === undefined) return notAdopted(store);
  if (!generationNames(store).includes(generation) || from === generation)
    return {
      result: 'refused',
      why: `there is no other generation ${generation}: see godrift cache generations list`,
    };
  return await act(store, ports, { action: 'swap', generation, from }, async (id) => {
    const [old, fresh] = [generationPath(store, from), generationPath(store, generation)];
    let carried = nothingCarried;
    const takeOver = async () => {
      for (let round = 0; round < mostRounds; round++) {
        const more = await carry(old, fresh, unwanted, ports.progress);
        carried = { ...addCarried(carried, more), unsound: more.unsound, unwanted: more.unwanted };
        if (more.carried + more.outputs === 0) break;
      }
    };
    await takeOver();
    const why = whyNotSwap(carried, buildsOn(store));
    if (why !== undefined) return { result: 'refused', why };
    const other = await pointLink(store.place, linkTo(store, from), linkTo(store, generation), id);
    if (other !== undefined)
      return { result: 'refused', why: `${store.place} was changed meanwhile (${other})` };
    await takeOver();
    const times = timesOf(store);
    const { left: _, ...now } = times[generation] ?? {};
    await keepTimes(store, { ...times, [generation]: now, [from]: { ...times[from], left: ports.now() } });
    return {
      result: 'applied',
      why: `${store.place} leads to ${generation}, and led to ${from}`,
      generation,
      carried,
    };
  });
}

const notAdopted = ({ place }: GenerationStore): GenerationResult => ({
  result: 'refused',
  why: `${place} has no generations: godrift cache generations adopt`,
});

/** Removes generations that the place has not led to for so long, ms, and that nobody uses. */
export async function collect(
  store: GenerationStore,
  ports: GenerationPorts,
  olderThanMs: number,
): Promise<GenerationResult> {
  await endInterrupted(store, ports);
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
    why: `${collected.length} generations removed, ${kept.length} stay`,
    collected,
    kept,
  };
}

/** Takes the name of a generation away, looks once more who uses it, and removes it or gives the name back. */
async function remove(store: GenerationStore, name: string): Promise<GenerationResult> {
  const [here, leaving] = [generationPath(store, name), leavingPath(store, name)];
  await moveDirectory(here, leaving);
  const users = directUsers(store.place, [here, leaving]);
  if (users.length > 0 || currentOf(store) === name) {
    await moveDirectory(leaving, here);
    return { result: 'refused', why: `it is in use: ${usersText(users)}` };
  }
  await removeDirectory(leaving);
  return { result: 'applied', why: `${name} was removed`, generation: name };
}
