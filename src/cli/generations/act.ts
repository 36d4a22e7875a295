/**
 * Work on generations of a build cache, between two lines of the journal. The order makes a crash harmless: what is under way is on the disk, then the intent
 * is told, then names change, then the outcome is told. Whoever works on the store next ends what was interrupted, and tells that.
 */
import path from 'node:path';
import process from 'node:process';
import { AppError, makeItReadable } from '../../catalog/errors.ts';
import type { CacheOperation, IntentEvent, OutcomeEvent } from '../../drift/events.ts';
import type { Carried } from '../../host/cache-carry.ts';
import { randomHex } from '../../host/digest.ts';
import { isSystemError } from '../../host/errors.ts';
import { exchangeForLink, placeState, removeDirectory, settlePlace } from '../../host/generations.ts';
import {
  begin,
  end,
  type GenerationAction,
  type GenerationStore,
  generationNames,
  generationPath,
  isElsewhere,
  isGenerationName,
  isPendingDamaged,
  isUnderWay,
  keepTimes,
  lockStore,
  nextName,
  type Pending,
  pendingOf,
  timesOf,
  unfinished,
  whyStoreLeft,
} from '../../store/generations.ts';
import { systemReason } from '../../store/state-directory.ts';
import { takeOver } from './carry.ts';

/** What working on a store needs of the world around it. */
export interface GenerationPorts {
  /** ms since the epoch. */
  readonly now: () => number;
  /** Writes a line into the journal. Throws AppError where it cannot: then nothing is done. */
  readonly record: (event: IntentEvent | OutcomeEvent) => Promise<void>;
  /** Whether the journal has an intent of that about a store, and no outcome of it. */
  readonly isOpen: (operation: CacheOperation, directory: string) => Promise<boolean>;
  /** Folders of so many that are done. */
  readonly progress: (done: number, of: number) => void;
}

/** What became of an action. */
export interface GenerationResult {
  readonly result: 'applied' | 'refused';
  readonly why: string;
  /** The generation that it was about. */
  readonly generation?: string;
  readonly carried?: Carried;
  /** Of a collection: what went, and what stays and why. */
  readonly collected?: readonly string[];
  readonly kept?: readonly { readonly name: string; readonly why: string }[];
}

/** How a link from the place to a generation is written: it stays true where both are moved together. */
export const linkTo = ({ place, directory }: GenerationStore, name: string) =>
  `${path.relative(path.dirname(place), directory)}/${name}`;

/** The generation that the place leads to, be it there or not. */
export function ledTo(store: GenerationStore): string | undefined {
  const state = placeState(store.place);
  if (state.kind !== 'link') return undefined;
  const name = path.basename(state.to);
  const isOurs = state.to === linkTo(store, name) || state.to === generationPath(store, name);
  return isOurs && isGenerationName(name) ? name : undefined;
}

/** The generation that the place leads to, where it is there. */
export function currentOf(store: GenerationStore): string | undefined {
  const name = ledTo(store);
  return name !== undefined && generationNames(store).includes(name) ? name : undefined;
}

const operationOf = (action: GenerationAction): CacheOperation => `cache-${action}`;

/** Does the work and tells how it ended; what the system refused is answered as an error for people. Throws where the outcome cannot be told. */
async function workAndTell(
  store: GenerationStore,
  { record }: GenerationPorts,
  pending: Pending,
  work: () => Promise<GenerationResult>,
): Promise<GenerationResult | AppError> {
  const { directory, place } = store;
  const { action } = pending;
  const outcome = async (result: 'applied' | 'undone' | 'failed', why: string) => {
    const count = (wanted: string) => (result === wanted ? 1 : 0);
    await record({
      type: 'outcome',
      ...aboutLine(action, directory),
      result,
      done: count('applied'),
      needless: count('undone'),
      failed: count('failed'),
      why: `${whatOf(action, place)}: ${why}`,
    });
  };
  try {
    const done = await work();
    await outcome(done.result === 'applied' ? 'applied' : 'undone', done.why);
    return done;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const why = systemReason(error);
    // What was refused may be what comes after the change itself: the journal says what stands there.
    if (!(await isDone(store, pending))) {
      await outcome('failed', why);
      return new AppError(`cannot ${action} a generation of ${place}`, why, 'correct that, and try again');
    }
    await outcome('applied', `it is done, and not all that comes after it: ${why}`);
    return new AppError(
      `cannot finish to ${action} a generation of ${place}`,
      `it is done, and not all that comes after it: ${why}`,
      'correct that: what is missing in the generation is built again',
    );
  }
}

/** Whether a change that failed stands there all the same. */
async function isDone(store: GenerationStore, pending: Pending): Promise<boolean> {
  try {
    return (await finish(store, pending)) === 'applied';
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  }
}

/** Does what the system may refuse: that is an error for people. */
async function orSay<T>({ directory }: GenerationStore, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new AppError(`cannot work on ${directory}`, systemReason(error), 'correct that, and try again');
  }
}

const aboutLine = (action: GenerationAction, directory: string) =>
  ({ facets: ['cache'], operation: operationOf(action), directory }) as const;
const whatOf = (action: GenerationAction, place: string) => `build cache ${place}: ${action} of a generation`;

const busy = ({ directory }: GenerationStore, who: string) =>
  new AppError(`cannot work on ${directory}`, `another command does (${who})`, 'wait until it is done');

/** The same of what is noted. What began on another host, or in another container, cannot be asked whether it still runs. */
function busyWith(store: GenerationStore, pending: Pending | undefined): AppError {
  const { pid = 'unknown', host = 'another host' } = pending ?? {};
  if (pending === undefined || !isElsewhere(pending)) return busy(store, `pid ${pid}`);
  return new AppError(
    `cannot work on ${store.directory}`,
    `another command does (pid ${pid} of ${host})`,
    `wait until it is done; if it ended there, remove ${store.directory}/pending.json`,
  );
}

/**
 * Runs work on a store that nobody else works on meanwhile, after what was interrupted there is ended. Two commands that begin in the same moment are told apart
 * by the kernel; where it has no such lock (not Linux), by who makes the file of what is under way. Throws AppError while another one works.
 */
export async function alone<T>(
  store: GenerationStore,
  ports: GenerationPorts,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await orSay(store, () => lockStore(store));
  if (!lock.held) throw busy(store, lock.by);
  try {
    const left = whyStoreLeft(store);
    if (left !== undefined) throw new AppError(`cannot work on ${store.directory}`, left, makeItReadable);
    await endEarlier(store, ports);
    return await work();
  } finally {
    await lock.release();
  }
}

/** Does something with a store, between its two lines in the journal, under {@link alone}. Throws AppError where it cannot be done at all. */
export async function act(
  store: GenerationStore,
  ports: GenerationPorts,
  about: Pick<Pending, 'action' | 'generation' | 'from' | 'unwanted'>,
  work: (id: string) => Promise<GenerationResult>,
): Promise<GenerationResult> {
  const { action } = about;
  const pending = await orSay(store, () => begin(store, { id: randomHex(8), ...about }, ports.now()));
  if (pending === undefined) throw busyWith(store, pendingOf(store));
  const intent = { steps: 1, files: [store.place], why: whatOf(action, store.place) };
  try {
    await ports.record({ type: 'intent', ...aboutLine(action, store.directory), ...intent });
  } catch (error) {
    await end(store);
    throw error;
  }
  // Where the outcome cannot be told, what is under way stays noted: the next command tells it.
  const done = await workAndTell(store, ports, pending, () => work(pending.id));
  await orSay(store, () => settle(store, pending, ports));
  if (done instanceof AppError) throw done;
  return done;
}

/** Ends what another command was killed at, where there may be such. Throws AppError while another one works. */
export async function endInterrupted(store: GenerationStore, ports: GenerationPorts): Promise<void> {
  if (placeState(store.directory).kind !== 'absent') await alone(store, ports, async () => {});
}

async function endEarlier(store: GenerationStore, ports: GenerationPorts): Promise<void> {
  const pending = pendingOf(store);
  const isOwn = pending?.pid === process.pid && !isElsewhere(pending);
  if (pending !== undefined && !isOwn && isUnderWay(pending, ports.now())) throw busyWith(store, pending);
  if (pending === undefined && isPendingDamaged(store)) await orSay(store, () => end(store));
  if (pending === undefined && unfinished(store).length === 0) return;
  await orSay(store, async () => {
    if (pending !== undefined) {
      await takeOverAgain(store, pending, ports);
      await tell(store, pending, ports);
    }
    await settle(store, pending, ports);
  });
}

/** Tells of what was interrupted how it ended, unless it was not begun or is told: it may have been killed before the intent, and after the outcome. */
async function tell(
  store: GenerationStore,
  pending: Pending,
  { isOpen, record }: GenerationPorts,
): Promise<void> {
  const { action } = pending;
  const result = await finish(store, pending);
  if (!(await isOpen(operationOf(action), store.directory))) return;
  const isApplied = result === 'applied';
  await record({
    type: 'outcome',
    ...aboutLine(action, store.directory),
    result,
    done: isApplied ? 1 : 0,
    needless: isApplied ? 0 : 1,
    failed: 0,
    why: `${whatOf(action, store.place)} was interrupted, and is ${isApplied ? 'done' : 'not done'}`,
  });
}

/**
 * Takes over once more what a swap that was killed behind the change of its link had not: what builds made in the old generation meanwhile. What it leaves out is
 * what the swap left out.
 */
async function takeOverAgain(
  store: GenerationStore,
  { action, generation = '', from, unwanted = [] }: Pending,
  { progress }: GenerationPorts,
): Promise<void> {
  if (action !== 'swap' || from === undefined || currentOf(store) !== generation) return;
  if (!generationNames(store).includes(from)) return;
  const [old, fresh] = [generationPath(store, from), generationPath(store, generation)];
  await takeOver(old, fresh, new Set(unwanted), progress);
}

/** Whether what was interrupted is done; an adoption whose place was given up already is. */
async function finish(store: GenerationStore, pending: Pending): Promise<'applied' | 'undone'> {
  const { action, generation = '', id } = pending;
  const isThere = generationNames(store).includes(generation);
  if (action === 'adopt' && isThere && currentOf(store) === undefined) {
    const state = placeState(store.place);
    if (state.kind === 'absent' || state.kind === 'directory')
      await exchangeForLink(
        store.place,
        generationPath(store, nextName(store)),
        linkTo(store, generation),
        id,
        () => generationPath(store, nextName(store)),
      );
  }
  if (action === 'new') return isThere ? 'applied' : 'undone';
  if (action === 'collect') return isThere ? 'undone' : 'applied';
  return currentOf(store) === generation ? 'applied' : 'undone';
}

/** Removes what is left beside generations, notes since when they are left, and then that nothing is under way. Throws the system's error. */
async function settle(
  store: GenerationStore,
  pending: Pending | undefined,
  { now }: GenerationPorts,
): Promise<void> {
  if (pending !== undefined) {
    const from = pending.from === undefined ? undefined : linkTo(store, pending.from);
    await settlePlace(store.place, from, pending.id);
  }
  for (const left of unfinished(store)) await removeDirectory(left);
  // What the place has ceased to lead to ages from now on, where nobody noted it before.
  const [current, times] = [currentOf(store), timesOf(store)];
  const names = generationNames(store);
  const known = Object.fromEntries(
    names.map((name) => {
      const { left, ...rest } = times[name] ?? {};
      return [name, name === current ? rest : { ...rest, left: left ?? now() }];
    }),
  );
  if (names.length > 0 && JSON.stringify(known) !== JSON.stringify(times)) await keepTimes(store, known);
  await end(store);
}
