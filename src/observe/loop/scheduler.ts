/**
 * Decides when each target is observed, and by which thread. Each target has its own turn (turn.ts), debounce,
 * deadline and back-off; one that hangs costs its thread. No file system of a workspace is accessed here.
 */
import { isDeepStrictEqual } from 'node:util';
import type { TargetState } from '../../drift/state.ts';
import { redated } from '../../drift/step.ts';
import type { Cancel } from '../../host/timer.ts';
import type { TargetSettings } from '../target.ts';
import { adaptToSettings, type Handover, handoverKey, type KnownTarget } from './handover.ts';
import { createRunners, type Runners } from './runners.ts';
import type { Scheduler, SchedulerPorts } from './scheduler-ports.ts';
import { writePast } from './target-past.ts';
import {
  cancelTimers,
  checkJob,
  createServedCache,
  createTracked,
  isUnannounced,
  knownTargets,
  lookJob,
  type ServedCache,
  type Tracked,
  unobservableState,
  updateTurn,
} from './tracked.ts';
import {
  beginVisit,
  checkFoundChange,
  checkFoundNothing,
  endVisit,
  lookSucceeded,
  needNotWait,
  requestVisit,
  retryDue,
  visitFailed,
} from './turn.ts';
import type { UnreadReason } from './unreadable-target.ts';
import type { News, ObserveAnswer } from './worker-messages.ts';

const debounceMs = 25; // longer than a truncate and write, short beside the 100 ms budget
/** How long a target without a state delays readiness, ms; then it gets a state that says it is late. */
export const firstStateMs = 15_000;
/** Creates a scheduler; nothing runs before `start`. */
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
  /** Always the same array, because the runners hold it too. */
  readonly #tracked: Tracked[];
  readonly #runners: Runners;
  readonly #served: ServedCache;
  #rounds = 0;
  #passes = 0;
  #missed = 0;
  /** Events counted by the loops before this one. */
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
    this.#tracked = createTracked(targets);
    this.#served = createServedCache(this.#tracked);
    this.#runners = createRunners(this.#tracked, {
      ...ports,
      look: lookJob,
      check: (some) => checkJob(some, this.#rounds, ports.live),
      begin: (one) => updateTurn(one, beginVisit(one.turn, this.#asked)),
      looked: (one, answer) =>
        'refused' in answer ? this.#failed(one, 'system-error', answer.refused) : this.#looked(one, answer),
      checked: (one, same) => this.#checked(one, same),
      failed: (one, reason, why) => this.#failed(one, reason, why),
      news: (news) => this.#heard(news),
      waits: () => this.#settleWaiting(),
    });
  }

  readonly states = () => this.#served.now().states;
  readonly ready = () => this.#served.now().ready;
  readonly recorded = () => this.#writing.then(() => {});
  readonly stats = () => {
    const watch = this.#runners.watch();
    const events = watch.events + this.#eventsBefore;
    return { ...watch, passes: this.#passes, missed: this.#missed, events };
  };

  readonly handover = (): Handover => ({
    targets: knownTargets(this.#tracked),
    passes: this.#passes,
    missed: this.#missed,
    events: this.stats().events,
  });

  #setState(one: Tracked, state: TargetState): void {
    Object.assign(one, { state, collectors: state.collectors });
    this.#served.renew();
  }

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
    for (const one of this.#tracked) cancelTimers(one);
    await this.#runners.stop();
    await this.#writing;
    for (const { done } of this.#waiting.splice(0)) done();
  }

  async retarget(
    targets: readonly TargetSettings[],
    before: Handover['targets'],
  ): Promise<Handover['targets']> {
    const wanted = new Map(targets.map((one) => [handoverKey(one), one]));
    const isWanted = ({ settings }: Tracked) =>
      isDeepStrictEqual(wanted.get(handoverKey(settings)), settings);
    const gone = this.#tracked.filter((one) => !isWanted(one));
    this.#tracked.splice(0, this.#tracked.length, ...this.#tracked.filter(isWanted));
    this.#served.renew();
    for (const one of gone) cancelTimers(one);
    this.#runners.forget(gone);
    // Wait until the results of their last looks are recorded.
    await this.#writing;
    const known = knownTargets(gone);
    const present = new Set(this.#tracked.map(({ settings }) => handoverKey(settings)));
    const came = createTracked(
      targets.filter((one) => !present.has(handoverKey(one))),
      this.#tracked.length,
    );
    for (const one of came) {
      const key = handoverKey(one.settings);
      await this.#know(one, known.get(key) ?? before.get(key));
    }
    if (!this.#stopped) this.#tracked.push(...came);
    this.#served.renew();
    for (const one of came) this.#dirty(one);
    this.#runners.pump();
    this.#settleWaiting();
    return new Map([...known].filter(([key]) => !wanted.has(key)));
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

  /** Delays readiness while first states still arrive, but not for long on account of the last ones. */
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

  /** Sets what is known of a target: from the previous loop, otherwise from the disk. */
  async #know(one: Tracked, known: KnownTarget | undefined): Promise<void> {
    if (known === undefined) return await this.#load(one);
    const { past, memory, collectors } = adaptToSettings(known, one.settings);
    Object.assign(one, { past, memory, collectors });
  }

  /** Loads the stored memory of a target. An unreadable one does not count as empty: each pass tries again. */
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

  /** Retries loading a memory that was unreadable; on success the target is observed again with it. */
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

  /** Requests a visit of a target. */
  #dirty(one: Tracked): void {
    updateTurn(one, requestVisit(one.turn, one.whole, one.state !== undefined, this.#ports.clock()));
  }

  /** Handles file events: visits the targets concerned once no more events arrive. */
  #heard({ targets, files }: News): void {
    if (this.#stopped || targets.length === 0) return;
    if (files.length > 0)
      this.#ports.log('debug', 'change announced', { targets: targets.join(','), files: files.join(',') });
    const names = new Set(targets);
    for (const one of this.#tracked) {
      if (!names.has(one.settings.name)) continue;
      if (files.length > 0) updateTurn(one, { announced: true });
      one.cancelDebounce?.();
      one.cancelDebounce = this.#ports.timer(debounceMs, () => {
        this.#rounds++;
        this.#dirty(one);
        this.#runners.pump();
      });
    }
  }

  /** Ends a visit. */
  #end(one: Tracked): void {
    const { again } = one.turn;
    updateTurn(one, endVisit(one.turn));
    if (again) this.#dirty(one);
    if (one.state !== undefined && this.#tracked.includes(one)) this.#ports.observed(one.state);
    this.#settleWaiting();
  }

  #checked(one: Tracked, same: boolean): void {
    if (!same || one.state === undefined) {
      updateTurn(one, checkFoundChange);
      return;
    }
    this.#setState(one, redated(one.state, this.#ports.clock()));
    updateTurn(one, checkFoundNothing);
    this.#end(one);
  }

  /**
   * Takes over the result of a look. A state is served once it is recorded: by its journal line, which holds
   * all counts of it, otherwise by the saved memory. With a journal line it need not wait for the save.
   */
  #looked(one: Tracked, answer: ObserveAnswer): void {
    const write = async () => {
      const { settings } = one;
      for (const record of answer.records) await this.#ports.append(record, answer.kept);
      const isInJournal = answer.records.some(({ type }) => type !== 'baseline');
      if (isInJournal && isUnannounced(one, answer)) this.#missed++;
      if (isInJournal) this.#serve(one, answer);
      if (answer.kept !== undefined) await this.#ports.save(settings, answer.kept);
      for (const [name, problem] of Object.entries(answer.problems))
        this.#ports.problem(settings, name, problem);
      if (!isInJournal) this.#serve(one, answer);
      updateTurn(one, lookSucceeded(answer.settled, answer.until));
    };
    this.#writing = this.#writing.then(write).then(
      () => {
        this.#end(one);
        this.#runners.pump();
      },
      (error: unknown) => this.#failed(one, 'failed', error instanceof Error ? error.message : String(error)),
    );
  }

  /** Serves the state of a look and keeps what the next look needs. */
  #serve(one: Tracked, answer: ObserveAnswer): void {
    const { modules } = answer.state;
    if (modules?.why !== undefined && modules.why !== one.state?.modules?.why)
      this.#ports.log('info', `build list ${modules.state}: ${modules.why}`, { target: one.settings.name });
    // Meanwhile the stored memory may have been read, which a look without it must not overwrite.
    if (answer.unread === undefined) Object.assign(one, { past: answer.past, memory: answer.memory });
    this.#setState(one, answer.state);
  }

  /** Handles a failed look: the target's state reports the failure, and a retry is scheduled. */
  #failed(one: Tracked, reason: UnreadReason, why: string): void {
    if (this.#stopped || !this.#tracked.includes(one)) return;
    this.#ports.log('error', 'pass failed', { target: one.settings.name, reason, error: why });
    this.#show(one, reason, why);
    const { change, wait } = visitFailed(one.turn, reason);
    updateTurn(one, change);
    if (wait !== undefined) this.#retryAfter(one, wait);
    this.#settleWaiting();
  }

  #retryAfter(one: Tracked, wait: number): void {
    one.cancelRetry?.();
    one.cancelRetry = this.#ports.timer(wait, () => {
      // While its last thread hangs, another one would hang as well.
      if (this.#runners.hangs(one)) return this.#retryAfter(one, wait);
      updateTurn(one, retryDue);
      this.#dirty(one);
      return this.#runners.pump();
    });
  }

  /** Gives a target the state of one that cannot be observed. */
  #show(one: Tracked, reason: UnreadReason, why: string): void {
    const { clock, emitter } = this.#ports;
    this.#setState(one, unobservableState(one, clock(), reason, why, emitter));
    if (one.state !== undefined) this.#ports.observed(one.state);
  }

  /** Resolves the passes that have nothing left to wait for. */
  #settleWaiting(): void {
    const past = (one: Tracked, pass: number) =>
      needNotWait(one.turn, pass, { slow: one.slow, shown: one.state !== undefined });
    this.#waiting = this.#waiting.filter(({ pass, done }) => {
      if (!this.#tracked.every((one) => past(one, pass))) return true;
      this.#passes++;
      done();
      return false;
    });
  }
}
