/** What a scheduler knows of a target: its turn, what was learned and seen of it, and who works on it. */
import type { CollectorState, TargetState } from '../../drift/state.ts';
import { advance } from '../../drift/step.ts';
import { nothingRemembered } from '../../drift/step-data.ts';
import type { Emitter, Memory } from '../../drift/transition.ts';
import type { Cancel } from '../../host/timer.ts';
import type { TargetSettings } from '../target.ts';
import { type Handover, handoverKey } from './handover.ts';
import { firstTurn, isWhole, type Turn, type WholeLooks, wholeLooks } from './turn.ts';
import { type UnreadReason, unreadObservation } from './unread.ts';
import type { News, ObserveAnswer, ObserveJob, WorkerHandle } from './worker-messages.ts';

/** A target under observation. */
export interface Tracked {
  readonly settings: TargetSettings;
  readonly whole: WholeLooks;
  turn: Turn;
  /** It kept others waiting once: it has a thread apart from theirs. */
  slow: boolean;
  /** It came while the others were served: the page does not wait for its first state, as there is no series of it yet. */
  readonly joined: boolean;
  runner?: Runner;
  past: Uint8Array;
  memory: Memory;
  /** Why what is stored of it cannot be read: then nothing is learned, told or kept, until it can. */
  unread?: string;
  collectors: readonly CollectorState[];
  state?: TargetState;
  /** What is stored of it is being read. */
  loading: boolean;
  cancelDebounce?: Cancel;
  cancelRetry?: Cancel;
}

/** A worker with the targets that it looks at. */
export interface Runner {
  readonly handle: WorkerHandle;
  /** For targets that kept others waiting. */
  readonly apart: boolean;
  /** Targets of the job that runs there; empty without one. */
  busy: readonly Tracked[];
  late: boolean;
  watch: News['watch'];
  cancel: Cancel;
}

/** Targets of which nothing is known yet; `beside` is how many are served already, undefined before any is. */
export function track(targets: readonly TargetSettings[], beside?: number): Tracked[] {
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

/** What is known of targets. Who could not read what is stored of a target knows nothing of it. */
export function knownOf(some: readonly Tracked[]): Handover['targets'] {
  return new Map(
    some
      .filter(({ unread }) => unread === undefined)
      .map(({ settings, past, memory, collectors }) => [
        handoverKey(settings),
        { settings, past, memory, collectors },
      ]),
  );
}

/** What a scrape asks for. */
export interface Served {
  readonly states: readonly TargetState[];
  /** Whether each target has a state, or came so late that nobody waits for its first one. */
  readonly ready: boolean;
}

/** What is served, made once until it is renewed. */
export interface KeptServed {
  readonly now: () => Served;
  /** To be called when a state, or the list of targets, is another. */
  readonly renew: () => void;
}

/** Keeps what is served of a list of targets. */
export function keepServed(some: readonly Tracked[]): KeptServed {
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

/** The job of looking at a target; `more`: others wait for the same thread. */
export function lookJob(one: Tracked, more: boolean): ObserveJob {
  const { settings, past, collectors, unread } = one;
  const whole = isWhole(one.turn, one.whole);
  const progress = new Int32Array(new SharedArrayBuffer(4));
  return {
    ...({ kind: 'look', settings, past, collectors, whole, more, progress } as const),
    ...(unread === undefined ? {} : { unread }),
  };
}

/** What was to be done with a target later is not done any more. */
export function cancelTimers({ cancelDebounce, cancelRetry }: Tracked): void {
  cancelDebounce?.();
  cancelRetry?.();
}

/** Whether a change that a look found was announced by nobody, though its file was watched. */
export function isUnannounced({ turn, state }: Tracked, { wasUnwatched }: ObserveAnswer): boolean {
  return state !== undefined && !turn.heard && !turn.announced && wasUnwatched !== true;
}

/** Moves a target's turn on. */
export function turnTo(one: Tracked, change: Partial<Turn>): void {
  one.turn = { ...one.turn, ...change };
}

/**
 * The state of a target that cannot be observed, from `now` (ms since the epoch) on. What no look gives stays as it was known: its baseline, and what
 * is exempt.
 */
export function unseenState(
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
