/**
 * Runs actions on the generations of a build cache between two journal lines. The order makes a crash
 * harmless: first the pending action is on disk, then the intent is in the journal, then names change, then
 * the outcome is in the journal. The next command that works on the store completes an interrupted action and
 * records its outcome.
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

/** What an action needs from its surroundings. */
export interface GenerationPorts {
  /** ms since the epoch. */
  readonly now: () => number;
  /** Writes a journal line. Throws AppError if it cannot; then nothing is done. */
  readonly record: (event: IntentEvent | OutcomeEvent) => Promise<void>;
  /** Reports whether the journal has an intent of an operation on a store without its outcome. */
  readonly isOpen: (operation: CacheOperation, directory: string) => Promise<boolean>;
  /** Reports progress: `done` folders `of` all. */
  readonly progress: (done: number, of: number) => void;
}

/** The result of an action. */
export interface GenerationResult {
  readonly result: 'applied' | 'refused';
  readonly why: string;
  /** The generation that the action was about. */
  readonly generation?: string;
  readonly carried?: Carried;
  /** Only of a collection: the removed generations, and those that stay with the reason. */
  readonly collected?: readonly string[];
  readonly kept?: readonly { readonly name: string; readonly why: string }[];
}

/**
 * Returns the target of the link from the cache's path to a generation: relative, so that it stays valid when
 * both are moved together.
 */
export const linkTo = ({ place, directory }: GenerationStore, name: string) =>
  `${path.relative(path.dirname(place), directory)}/${name}`;

/** Returns the generation that the link at the cache's path names, whether or not it exists. */
export function linkedGeneration(store: GenerationStore): string | undefined {
  const state = placeState(store.place);
  if (state.kind !== 'link') return undefined;
  const name = path.basename(state.to);
  const isOurs = state.to === linkTo(store, name) || state.to === generationPath(store, name);
  return isOurs && isGenerationName(name) ? name : undefined;
}

/** Returns the current generation, which the link at the cache's path names, if it exists. */
export function currentGeneration(store: GenerationStore): string | undefined {
  const name = linkedGeneration(store);
  return name !== undefined && generationNames(store).includes(name) ? name : undefined;
}

const operationOf = (action: GenerationAction): CacheOperation => `cache-${action}`;

/**
 * Does the work and records its outcome. A failure of a system call is returned as AppError. Throws if the
 * outcome cannot be recorded.
 */
async function workAndRecord(
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
    // The failing call may have come after the change itself, so the journal gets what is really there.
    if (!(await isDone(store, pending))) {
      await outcome('failed', why);
      return new AppError(`cannot ${action} a generation of ${place}`, why, 'fix that, and try again');
    }
    await outcome('applied', `it is done, but cleaning up failed: ${why}`);
    return new AppError(
      `cannot finish the ${action} of a generation of ${place}`,
      `it is done, but cleaning up failed: ${why}`,
      'fix that: go rebuilds what is missing in the generation',
    );
  }
}

/** Reports whether the change was made although the work failed. */
async function isDone(store: GenerationStore, pending: Pending): Promise<boolean> {
  try {
    return (await finish(store, pending)) === 'applied';
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  }
}

/** Runs work on a store, and turns a failure of a system call into an AppError. */
async function withAppErrors<T>({ directory }: GenerationStore, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new AppError(`cannot work on ${directory}`, systemReason(error), 'fix that, and try again');
  }
}

const aboutLine = (action: GenerationAction, directory: string) =>
  ({ facets: ['cache'], operation: operationOf(action), directory }) as const;
const whatOf = (action: GenerationAction, place: string) => `build cache ${place}: ${action} of a generation`;

const busy = ({ directory }: GenerationStore, who: string) =>
  new AppError(
    `cannot work on ${directory}`,
    `another command is working on it (${who})`,
    'wait until it is done',
  );

/**
 * Returns the error for a store with a pending action. A process on another host or in another container
 * cannot be checked for being alive.
 */
function busyWith(store: GenerationStore, pending: Pending | undefined): AppError {
  const { pid = 'unknown', host = 'another host' } = pending ?? {};
  if (pending === undefined || !isElsewhere(pending)) return busy(store, `pid ${pid}`);
  return new AppError(
    `cannot work on ${store.directory}`,
    `another command is working on it (pid ${pid} of ${host})`,
    `wait until it is done; if it ended there, remove ${store.directory}/pending.json`,
  );
}

/**
 * Runs work on a store under its lock, after completing whatever was interrupted there. The kernel's lock
 * excludes a second command; where there is none (not Linux), creating the pending file does. Throws AppError
 * while another command works on the store.
 */
export async function withStoreLock<T>(
  store: GenerationStore,
  ports: GenerationPorts,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await withAppErrors(store, () => lockStore(store));
  if (!lock.held) throw busy(store, lock.by);
  try {
    const left = whyStoreLeft(store);
    if (left !== undefined) throw new AppError(`cannot work on ${store.directory}`, left, makeItReadable);
    await endEarlierAction(store, ports);
    return await work();
  } finally {
    await lock.release();
  }
}

/**
 * Runs one action under {@link withStoreLock}, between its two journal lines. Throws AppError if it cannot be done at
 * all.
 */
export async function act(
  store: GenerationStore,
  ports: GenerationPorts,
  about: Pick<Pending, 'action' | 'generation' | 'from' | 'unwanted'>,
  work: (id: string) => Promise<GenerationResult>,
): Promise<GenerationResult> {
  const { action } = about;
  const pending = await withAppErrors(store, () => begin(store, { id: randomHex(8), ...about }, ports.now()));
  if (pending === undefined) throw busyWith(store, pendingOf(store));
  const intent = { steps: 1, files: [store.place], why: whatOf(action, store.place) };
  try {
    await ports.record({ type: 'intent', ...aboutLine(action, store.directory), ...intent });
  } catch (error) {
    await end(store);
    throw error;
  }
  // If the outcome cannot be recorded, the pending file stays, and the next command records it.
  const done = await workAndRecord(store, ports, pending, () => work(pending.id));
  await withAppErrors(store, () => settle(store, pending, ports));
  if (done instanceof AppError) throw done;
  return done;
}

/**
 * Completes an action whose command was killed, if there is a store. Throws AppError while another command
 * works on it.
 */
export async function endInterrupted(store: GenerationStore, ports: GenerationPorts): Promise<void> {
  if (placeState(store.directory).kind !== 'absent') await withStoreLock(store, ports, async () => {});
}

async function endEarlierAction(store: GenerationStore, ports: GenerationPorts): Promise<void> {
  const pending = pendingOf(store);
  const isOwn = pending?.pid === process.pid && !isElsewhere(pending);
  if (pending !== undefined && !isOwn && isUnderWay(pending, ports.now())) throw busyWith(store, pending);
  if (pending === undefined && isPendingDamaged(store)) await withAppErrors(store, () => end(store));
  if (pending === undefined && unfinished(store).length === 0) return;
  await withAppErrors(store, async () => {
    if (pending !== undefined) {
      await resumeTakeOver(store, pending, ports);
      await recordInterrupted(store, pending, ports);
    }
    await settle(store, pending, ports);
  });
}

/**
 * Records the outcome of an interrupted action, unless the journal has no open intent of it: the command may
 * have been killed before the intent or after the outcome.
 */
async function recordInterrupted(
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
 * Repeats the last step of a swap that was killed after it changed the link: takes over what builds made in
 * the old generation meanwhile. Leaves out what the swap left out.
 */
async function resumeTakeOver(
  store: GenerationStore,
  { action, generation = '', from, unwanted = [] }: Pending,
  { progress }: GenerationPorts,
): Promise<void> {
  if (action !== 'swap' || from === undefined || currentGeneration(store) !== generation) return;
  if (!generationNames(store).includes(from)) return;
  const [old, fresh] = [generationPath(store, from), generationPath(store, generation)];
  await takeOver(old, fresh, new Set(unwanted), progress);
}

/**
 * Completes an adoption that had already moved the directory away, then reports whether the interrupted
 * action is done.
 */
async function finish(store: GenerationStore, pending: Pending): Promise<'applied' | 'undone'> {
  const { action, generation = '', id } = pending;
  const isThere = generationNames(store).includes(generation);
  if (action === 'adopt' && isThere && currentGeneration(store) === undefined) {
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
  return currentGeneration(store) === generation ? 'applied' : 'undone';
}

/**
 * Cleans up: removes unfinished directories, notes since when each generation is no longer current, and
 * removes the pending file. Throws the system's error.
 */
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
  // Generations that are not current age from now on, unless an earlier time is noted.
  const [current, times] = [currentGeneration(store), timesOf(store)];
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
