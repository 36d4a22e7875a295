/** What a scheduler knows of a target: its turn, its past, its last state and the worker assigned to it. */

import type { CollectorState, TargetState } from '../../drift/state.ts';
import { advance } from '../../drift/step.ts';
import { nothingRemembered } from '../../drift/step-data.ts';
import type { Emitter, Memory } from '../../drift/transition.ts';
import type { Cancel } from '../../host/timer.ts';
import type { TargetSettings } from '../target.ts';
import { type Handover, handoverKey } from './handover.ts';
import { createProgress } from './progress.ts';
import { firstTurn, isWhole, type Turn, type WholeLooks, wholeLooks } from './turn.ts';
import { type UnreadReason, unreadObservation } from './unreadable-target.ts';
import type { CheckJob, News, ObserveAnswer, ObserveJob, WorkerHandle } from './worker-messages.ts';

/** A target under observation. */
export interface Tracked {
  readonly settings: TargetSettings;
  readonly whole: WholeLooks;
  turn: Turn;
  /** True once the target has kept others waiting: it then uses a separate thread. */
  slow: boolean;
  /**
   * True if the target was added while others were already served: the page does not wait for its first
   * state, since it has no series yet.
   */
  readonly joined: boolean;
  runner?: Runner;
  past: Uint8Array;
  memory: Memory;
  /**
   * Why its stored memory cannot be read. While set, nothing is learned, recorded or saved for this target.
   */
  unread?: string;
  collectors: readonly CollectorState[];
  state?: TargetState;
  /** True while its stored memory is being read. */
  loading: boolean;
  cancelDebounce?: Cancel;
  cancelRetry?: Cancel;
}

/** A worker and the targets assigned to it. */
export interface Runner {
  readonly handle: WorkerHandle;
  /** True if it serves targets that kept others waiting. */
  readonly apart: boolean;
  /** Targets of the running job; empty if idle. */
  busy: readonly Tracked[];
  late: boolean;
  watch: News['watch'];
  cancel: Cancel;
}

/**
 * Makes the records of new targets. `beside` is the number of targets already served, undefined at the start.
 */
export function createTracked(targets: readonly TargetSettings[], beside?: number): Tracked[] {
  const before = beside ?? 0;
  return targets.map((settings, index) => ({
    settings,
    joined: beside !== undefined,
    whole: wholeLooks(before + targets.length, before + index),
    turn: firstTurn,
    slow: false,
    past: new Uint8Array(),
    memory: nothingRemembered.memory,
    collectors: [],
    loading: false,
  }));
}

/** Returns what is known of targets. A target whose stored memory could not be read is left out. */
export function knownTargets(some: readonly Tracked[]): Handover['targets'] {
  return new Map(
    some
      .filter(({ unread }) => unread === undefined)
      .map(({ settings, past, memory, collectors }) => [
        handoverKey(settings),
        { settings, past, memory, collectors },
      ]),
  );
}

/** What a scrape returns. */
export interface Served {
  readonly states: readonly TargetState[];
  /** Whether each target has a state, except those added while others were served. */
  readonly ready: boolean;
}

/** A cache of {@link Served}, computed once until it is invalidated. */
export interface ServedCache {
  readonly now: () => Served;
  /** Invalidates the cache; call it whenever a state or the list of targets changes. */
  readonly renew: () => void;
}

/** Creates the cache for a list of targets. */
export function createServedCache(some: readonly Tracked[]): ServedCache {
  let kept: Served | undefined;
  return {
    now: () => {
      kept ??= {
        states: some.flatMap(({ state }) => (state === undefined ? [] : [state])),
        ready: some.every(({ state, joined }) => state !== undefined || joined),
      };
      return kept;
    },
    renew: () => {
      kept = undefined;
    },
  };
}

/** Makes the job of observing a target; `more` says that other targets wait for the same thread. */
export function lookJob(one: Tracked, more: boolean): ObserveJob {
  const { settings, past, collectors, unread } = one;
  const whole = isWhole(one.turn, one.whole);
  const progress = createProgress();
  return {
    ...({ kind: 'look', settings, past, collectors, whole, more, progress } as const),
    ...(unread === undefined ? {} : { unread }),
  };
}

/** Makes the job of checking targets in a round; `live` answers what they asked the program. */
export function checkJob(
  some: readonly Tracked[],
  round: number,
  live: (targets: readonly string[]) => CheckJob['live'],
): CheckJob {
  const names = some.map((one) => one.settings.name);
  return { kind: 'check', names, round, live: live(names), progress: createProgress() };
}

/** Cancels the pending debounce and retry of a target. */
export function cancelTimers({ cancelDebounce, cancelRetry }: Tracked): void {
  cancelDebounce?.();
  cancelRetry?.();
}

/** Reports whether a change was found without an event, although its file was watched. */
export function isUnannounced({ turn, state }: Tracked, { wasUnwatched }: ObserveAnswer): boolean {
  return state !== undefined && !turn.heard && !turn.announced && wasUnwatched !== true;
}

/** Updates a target's turn. */
export function updateTurn(one: Tracked, change: Partial<Turn>): void {
  one.turn = { ...one.turn, ...change };
}

/**
 * Returns the state of a target that cannot be observed, as of `now` (ms since the epoch). The baseline and
 * the exemptions keep their last known values.
 */
export function unobservableState(
  { settings, memory, collectors, state: before, unread }: Tracked,
  now: number,
  reason: UnreadReason,
  why: string,
  emitter: Emitter,
): TargetState {
  const { state } = advance(
    {
      observation: unreadObservation(settings, now, now, why, reason),
      pool: settings.pool,
      home: '',
      pins: [],
      required: [],
      baseline: settings.baseline,
    },
    { remembered: { ...nothingRemembered, memory }, collectors },
    emitter,
  );
  const { baseline = state.baseline, exemptions } = before ?? {};
  return {
    ...state,
    baseline,
    ...(exemptions === undefined ? {} : { exemptions }),
    ...(unread === undefined ? {} : { uncounted: true }),
  };
}
