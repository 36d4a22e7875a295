/**
 * When which target is looked at, and by which thread. Each target is alone: it has its own state, debounce, deadline and back-off, and one that
 * hangs costs its thread, which is replaced. Nothing here waits for a file system of a workspace, and nothing reads one.
 */
import type { CollectorState, TargetState } from '../drift/state.ts';
import { advance, nothingRemembered, type Remembered, redated, type StepRecord } from '../drift/step.ts';
import type { Emitter, Memory } from '../drift/transition.ts';
import type { Clock } from '../host/machine.ts';
import type { Cancel, SetTimer } from '../host/timer.ts';
import { type Handover, handoverKey, type KnownTarget, takenOver } from './handover.ts';
import { writePast } from './past.ts';
import { createRunners, type Runner, type Runners, type StartWorker } from './runners.ts';
import type { TargetSettings } from './target.ts';
import { type UnreadReason, unreadObservation } from './unread.ts';
import type { Kept, Looked, News } from './worker-messages.ts';

/** The scheduler's way to the outside. What throws fails the pass of its target. */
export interface SchedulerPorts {
  readonly clock: Clock;
  readonly timer: SetTimer;
  readonly emitter: Emitter;
  readonly startWorker: StartWorker;
  /** The mount point of a directory, told without asking the directory. */
  readonly mountOf: (directory: string) => string;
  readonly load: (target: TargetSettings) => Promise<Remembered>;
  readonly save: (target: TargetSettings, kept: Kept) => Promise<void>;
  /** Records what happened; `kept` is what is to be saved after it, the learned baseline among it. */
  readonly append: (record: StepRecord, kept: Kept | undefined) => Promise<void>;
  /** What the program knows of what these targets asked for, by the name of the question. */
  readonly live: (targets: readonly string[]) => Readonly<Record<string, string>>;
  /** What keeps a target from being judged as it should be, by name; undefined once it is over. */
  readonly problem: (target: TargetSettings, name: string, problem: string | undefined) => void;
  /** A target's state after each pass, once it was recorded. */
  readonly observed: (state: TargetState) => void;
  readonly log: (
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ) => void;
}

export interface Scheduler {
  /** Looks at every target, then goes on until `stop`. Resolves when each has a state. What is not handed over is loaded. */
  start(before?: Handover): Promise<void>;
  stop(): Promise<void>;
  /** Looks at every target now; resolves when each look or check that began after the call has ended, or hangs. */
  pass(): Promise<void>;
  /** What is known of the targets, for the loop that comes after this one; to be asked once it has stopped. */
  readonly handover: () => Handover;
  readonly states: () => readonly TargetState[];
  readonly ready: () => boolean;
  readonly stats: () => {
    readonly passes: number;
    readonly watches: number;
    readonly events: number;
    readonly missed: number;
  };
}

/** What is known of a target here, and what is to be done with it. */
export interface Tracked {
  readonly settings: TargetSettings;
  readonly turn: number;
  /**
   * clean: its state is that of its files, as far as anybody announced. dirty: it waits for a check of whether anything moved, or for a look.
   * running: a thread works on it. late: it hangs, or hung a moment ago.
   */
  status: 'clean' | 'dirty' | 'running' | 'late';
  /** What a dirty target waits for. */
  want: 'check' | 'look';
  /** Something was announced while it ran. */
  again: boolean;
  /** Something was announced since its last look. */
  announced: boolean;
  /** Its thread knows what its last look asked, and a look at the same would change nothing. */
  settled: boolean;
  /** It kept others waiting once: it has a thread apart from theirs. */
  slow: boolean;
  runner?: Runner;
  past: Uint8Array;
  memory: Memory;
  /** Why what is stored of it cannot be read: then nothing is learned, told or kept, until it can. */
  unread?: string;
  collectors: readonly CollectorState[];
  state?: TargetState;
  until?: number;
  passes: number;
  /** Timeouts and crashes in a row. */
  failures: number;
  /** Number of the newest pass that was asked for when its last visit began, and ended. */
  begun: number;
  visited: number;
  /** When its last visit began, ms since the epoch. */
  began: number;
  /** What is stored of it is being read. */
  loading: boolean;
  cancelDebounce?: Cancel;
  cancelRetry?: Cancel;
}

const debounceMs = 40; // long enough for a truncate and write, short beside the 250 ms budget
// Every so many passes everything is read anew and `go env` is asked: a quarter of an hour at the default interval. Of more targets than
// that one has its turn in each pass: asking is the dearest thing that a pass does.
const wholeEveryAtLeast = 60;
/** A target without a state keeps those that have one back for this long, ms; then its state says that it is late. */
export const firstStateMs = 15_000;
/** First and longest wait after a timeout or a crash, ms; it doubles. */
const retryMs = { first: 5_000, longest: 300_000 };

/** Makes a scheduler of targets; nothing runs before `start`. */
export function createScheduler(
  targets: readonly TargetSettings[],
  intervalMs: number,
  ports: SchedulerPorts,
): Scheduler {
  return new TargetScheduler(targets, intervalMs, ports);
}

class TargetScheduler implements Scheduler {
  readonly #ports: SchedulerPorts;
  readonly #intervalMs: number;
  readonly #tracked: readonly Tracked[];
  readonly #wholeEvery: number;
  readonly #runners: Runners;
  #rounds = 0;
  #passes = 0;
  #missed = 0;
  /** Events that the loops before this one heard. */
  #eventsBefore = 0;
  #asked = 0;
  #stopped = false;
  #cancelTick: Cancel | undefined;
  #cancelFirst: Cancel | undefined;
  #writing: Promise<unknown> = Promise.resolve();
  #waiting: { readonly pass: number; readonly done: () => void }[] = [];

  constructor(targets: readonly TargetSettings[], intervalMs: number, ports: SchedulerPorts) {
    this.#ports = ports;
    this.#intervalMs = intervalMs;
    this.#wholeEvery = Math.max(wholeEveryAtLeast, targets.length);
    this.#tracked = targets.map((settings, index) => ({
      settings,
      // Not all at once: their whole passes are spread.
      turn: index % this.#wholeEvery,
      status: 'dirty',
      want: 'look',
      again: false,
      announced: true,
      settled: false,
      slow: false,
      loading: false,
      past: new Uint8Array(),
      memory: nothingRemembered.memory,
      collectors: [],
      passes: 0,
      failures: 0,
      begun: 0,
      began: 0,
      visited: 0,
    }));
    this.#runners = createRunners(this.#tracked, {
      timer: ports.timer,
      start: ports.startWorker,
      mountOf: ports.mountOf,
      look: (one, more) => this.#lookJob(one, more),
      check: (some) => this.#checkJob(some),
      begin: (one) => this.#begin(one),
      looked: (one, answer) =>
        'refused' in answer ? this.#failed(one, 'system-error', answer.refused) : this.#looked(one, answer),
      checked: (one, same) => this.#checked(one, same),
      failed: (one, reason, why) => this.#failed(one, reason, why),
      news: (news) => this.#heard(news),
      waits: () => this.#settleWaiting(),
    });
  }

  readonly states = () => this.#tracked.flatMap((one) => (one.state === undefined ? [] : [one.state]));
  readonly ready = () => this.#tracked.every((one) => one.state !== undefined);
  readonly stats = () => {
    const { watches, events } = this.#runners.watch();
    return { passes: this.#passes, missed: this.#missed, watches, events: events + this.#eventsBefore };
  };

  readonly handover = (): Handover => ({
    // Who could not read what is stored of a target knows nothing of it.
    targets: new Map(
      this.#tracked
        .filter(({ unread }) => unread === undefined)
        .map(({ settings, past, memory, collectors }) => [
          handoverKey(settings),
          { settings, past, memory, collectors },
        ]),
    ),
    passes: this.#passes,
    missed: this.#missed,
    events: this.stats().events,
  });

  async start(before?: Handover): Promise<void> {
    this.#passes = before?.passes ?? 0;
    this.#missed = before?.missed ?? 0;
    this.#eventsBefore = before?.events ?? 0;
    for (const one of this.#tracked) await this.#know(one, before?.targets.get(handoverKey(one.settings)));
    if (this.#stopped) return;
    const first = this.pass();
    this.#awaitFirst();
    await first;
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTick?.();
    this.#cancelFirst?.();
    for (const one of this.#tracked) {
      one.cancelDebounce?.();
      one.cancelRetry?.();
    }
    await this.#runners.stop();
    await this.#writing;
    for (const { done } of this.#waiting.splice(0)) done();
  }

  pass(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    const pass = ++this.#asked;
    const done = new Promise<void>((resolve) => this.#waiting.push({ pass, done: resolve }));
    this.#rounds++;
    for (const one of this.#tracked) this.#dirty(one);
    for (const one of this.#tracked) if (one.unread !== undefined) void this.#loadAgain(one);
    this.#runners.pump();
    this.#settleWaiting();
    return done;
  }

  /** Lets the page wait for first states while they come; the last ones may not keep it back for long. */
  #awaitFirst(): void {
    const missing = this.#tracked.filter((one) => one.state === undefined);
    if (missing.length === 0) return;
    this.#cancelFirst = this.#ports.timer(firstStateMs, () => {
      const still = this.#tracked.filter((one) => one.state === undefined);
      if (still.length === missing.length && still.length < this.#tracked.length) {
        for (const one of still)
          this.#show(one, 'timeout', `the first look takes longer than ${firstStateMs / 1000} s`);
        this.#settleWaiting();
      } else {
        this.#awaitFirst();
      }
    });
  }

  /** What is known of a target: what the loop before this one knew, else what was stored. */
  async #know(one: Tracked, known: KnownTarget | undefined): Promise<void> {
    if (known === undefined) return await this.#load(one);
    const { past, memory, collectors } = takenOver(known, one.settings);
    Object.assign(one, { past, memory, collectors });
  }

  /** What is stored of a target. What cannot be read must not keep the others from starting, and is not taken for nothing: each pass tries again. */
  async #load(one: Tracked): Promise<void> {
    try {
      const remembered = await this.#ports.load(one.settings);
      one.memory = remembered.memory;
      one.past = writePast({ remembered, demands: {} });
      delete one.unread;
    } catch (error) {
      one.unread = error instanceof Error ? error.message : String(error);
    }
    this.#ports.problem(one.settings, 'memory', one.unread);
  }

  /** Tries to read what could not be read before; what was looked at meanwhile is looked at anew, in its light. */
  async #loadAgain(one: Tracked): Promise<void> {
    if (one.loading || this.#stopped) return;
    one.loading = true;
    await this.#load(one);
    one.loading = false;
    if (one.unread !== undefined || this.#stopped) return;
    this.#dirty(one);
    this.#runners.pump();
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#cancelTick = this.#ports.timer(this.#intervalMs, () => {
      void this.pass().then(() => this.#schedule());
    });
  }

  /** A target is to be visited; one that is late waits for its own time. */
  #dirty(one: Tracked): void {
    if (one.status === 'running') one.again = true;
    if (one.status !== 'clean' && one.status !== 'dirty') return;
    const whole = one.passes === 0 || (one.passes + one.turn) % this.#wholeEvery === 0;
    const due = one.until !== undefined && this.#ports.clock() >= one.until;
    if (one.status === 'clean') one.want = 'check';
    if (whole || due || !one.settled || one.state === undefined) one.want = 'look';
    one.status = 'dirty';
  }

  /** Files of some targets may have changed: these are visited, once no more changes come. */
  #heard({ targets, files }: News): void {
    if (this.#stopped || targets.length === 0) return;
    if (files.length > 0)
      this.#ports.log('debug', 'change announced', { targets: targets.join(','), files: files.join(',') });
    const names = new Set(targets);
    for (const one of this.#tracked) {
      if (!names.has(one.settings.name)) continue;
      if (files.length > 0) one.announced = true;
      one.cancelDebounce?.();
      one.cancelDebounce = this.#ports.timer(debounceMs, () => {
        this.#rounds++;
        this.#dirty(one);
        this.#runners.pump();
      });
    }
  }

  #begin(one: Tracked): void {
    one.status = 'running';
    one.begun = this.#asked;
    one.began = this.#ports.clock();
    one.again = false;
  }

  #lookJob(one: Tracked, more: boolean) {
    const whole = one.passes === 0 || (one.passes + one.turn) % this.#wholeEvery === 0;
    const { settings, past, collectors, unread } = one;
    return {
      ...({ kind: 'look', settings, past, collectors, whole, more } as const),
      ...(unread === undefined ? {} : { unread }),
    };
  }

  #checkJob(some: readonly Tracked[]) {
    const names = some.map((one) => one.settings.name);
    const live = this.#ports.live(names);
    const progress = new Int32Array(new SharedArrayBuffer(4));
    return { kind: 'check', names, round: this.#rounds, live, progress } as const;
  }

  /** A visit is over. */
  #end(one: Tracked): void {
    one.passes++;
    one.visited = one.begun;
    one.status = 'clean';
    if (one.again) this.#dirty(one);
    if (one.state !== undefined) this.#ports.observed(one.state);
    this.#settleWaiting();
  }

  #checked(one: Tracked, same: boolean): void {
    if (same && one.state !== undefined) {
      one.state = redated(one.state, this.#ports.clock());
      one.collectors = one.state.collectors;
      one.announced = false;
      this.#end(one);
    } else {
      one.status = 'dirty';
      one.want = 'look';
    }
  }

  /** Takes over what a look gave: journal and memory first, so that a state that is served has been recorded. */
  #looked(one: Tracked, answer: Looked): void {
    const write = async () => {
      const { settings } = one;
      for (const record of answer.records) await this.#ports.append(record, answer.kept);
      if (answer.kept !== undefined) await this.#ports.save(settings, answer.kept);
      const drifted = answer.records.some(({ type }) => type !== 'baseline');
      if (drifted && !one.announced && one.state !== undefined) this.#missed++;
      for (const [name, problem] of Object.entries(answer.problems))
        this.#ports.problem(settings, name, problem);
      const { modules } = answer.state;
      if (modules?.why !== undefined && modules.why !== one.state?.modules?.why)
        this.#ports.log('info', `build list ${modules.state}: ${modules.why}`, { target: settings.name });
      // What was stored may have been read while this look went on without it.
      if (answer.unread === undefined) {
        one.past = answer.past;
        one.memory = answer.memory;
      }
      one.collectors = answer.state.collectors;
      one.state = answer.state;
      one.settled = answer.settled;
      one.announced = false;
      one.failures = 0;
      if (answer.until === undefined) delete one.until;
      else one.until = answer.until;
    };
    this.#writing = this.#writing.then(write).then(
      () => {
        this.#end(one);
        this.#runners.pump();
      },
      (error: unknown) => this.#failed(one, 'failed', error instanceof Error ? error.message : String(error)),
    );
  }

  /** A look failed: the target says so, and is tried again later. */
  #failed(one: Tracked, reason: UnreadReason, why: string): void {
    if (this.#stopped) return;
    this.#ports.log('error', 'pass failed', { target: one.settings.name, reason, error: why });
    this.#show(one, reason, why);
    one.settled = false;
    one.visited = one.begun;
    one.passes++;
    if (reason === 'failed' || reason === 'system-error') {
      one.status = 'clean';
    } else {
      one.status = 'late';
      const wait = Math.min(retryMs.longest, retryMs.first * 2 ** one.failures++);
      this.#retryAfter(one, wait);
    }
    this.#settleWaiting();
  }

  #retryAfter(one: Tracked, wait: number): void {
    one.cancelRetry?.();
    one.cancelRetry = this.#ports.timer(wait, () => {
      // While its last thread hangs, another one would hang beside it.
      if (this.#runners.hangs(one)) return this.#retryAfter(one, wait);
      one.status = 'clean';
      this.#dirty(one);
      return this.#runners.pump();
    });
  }

  /**
   * Gives a target the state of one that cannot be observed. What no look gives stays as it was known: its baseline, and what is exempt.
   */
  #show(one: Tracked, reason: UnreadReason, why: string): void {
    const now = this.#ports.clock();
    const { settings, memory, collectors } = one;
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
      this.#ports.emitter,
    );
    const { baseline = state.baseline, exemptions } = one.state ?? {};
    one.collectors = state.collectors;
    one.state = {
      ...state,
      baseline,
      ...(exemptions === undefined ? {} : { exemptions }),
      ...(one.unread === undefined ? {} : { uncounted: true }),
    };
    this.#ports.observed(one.state);
  }

  /** Resolves the passes that nobody has to wait for any more. */
  #settleWaiting(): void {
    const hangs = (one: Tracked) =>
      one.status === 'late' || (one.slow && one.status === 'running' && one.state !== undefined);
    this.#waiting = this.#waiting.filter(({ pass, done }) => {
      if (!this.#tracked.every((one) => one.visited >= pass || hangs(one))) return true;
      this.#passes++;
      done();
      return false;
    });
  }
}
