/**
 * A bounded pool of threads that observe targets. One thread observes all quick targets, so that files shared
 * by them are read once. A target that keeps others waiting moves to a separate thread, shared only with
 * other slow ones. A thread that does not answer in time is abandoned.
 */
import type { Cancel } from '../../host/timer.ts';
import { createDeafnessTest } from './deaf-threads.ts';
import { type Progress, type ProgressAt, readProgress, watching } from './progress.ts';
import type { SchedulerPorts } from './scheduler-ports.ts';
import { type Runner, type Tracked, updateTurn } from './tracked.ts';
import { threadLost } from './turn.ts';
import type { UnreadReason } from './unreadable-target.ts';
import type { CheckJob, News, ObserveAnswer, ObserveJob, Refused } from './worker-messages.ts';

export interface RunnerPorts
  extends Pick<SchedulerPorts, 'canaryChanged' | 'clock' | 'log' | 'mountOf' | 'startWorker' | 'timer'> {
  readonly look: (one: Tracked, more: boolean) => ObserveJob;
  readonly check: (some: readonly Tracked[]) => CheckJob;
  readonly begin: (one: Tracked) => void;
  readonly looked: (one: Tracked, answer: ObserveAnswer | Refused) => void;
  readonly checked: (one: Tracked, same: boolean) => void;
  readonly failed: (one: Tracked, reason: UnreadReason, why: string) => void;
  readonly news: (news: News) => void;
  /** Called when a target was found to keep others waiting. */
  readonly waits: () => void;
}

export interface Runners {
  /** Gives the waiting jobs to idle workers. */
  pump(): void;
  /** Drops targets: their threads stop watching their files, and late answers are ignored. */
  forget(gone: readonly Tracked[]): void;
  /** Reports whether an abandoned worker still hangs with this target. */
  hangs(one: Tracked): boolean;
  /**
   * Returns the combined watch status of the threads. `canarySeen` is the oldest among the threads; those
   * that are late in a look are left out, since their targets report that already.
   */
  watch(): News['watch'];
  stop(): Promise<void>;
}

/** How long others wait for a target before it moves to a separate worker, ms. */
export const patienceMs = 2_000;
/**
 * Longest time without progress before a worker is abandoned, ms; doubled for each consecutive timeout or
 * crash of its targets.
 */
export const deadlineMs = 60_000;
const longestDeadlineMs = 600_000;
/** Most workers for targets that keep others waiting. */
const mostApart = 3;
/**
 * Most abandoned workers that still hang, since each keeps its memory. Once there are as many, targets that
 * need another worker fail.
 */
const mostHanging = 8;
/** How long `stop` waits for workers to end, ms. */
const stopLimitMs = 1_000;

/** Creates the pool; the first worker starts with the first job. */
export function createRunners(tracked: readonly Tracked[], ports: RunnerPorts): Runners {
  return new RunnerPool(tracked, ports);
}

class RunnerPool implements Runners {
  /** The scheduler's own array, which changes over time. */
  readonly #tracked: readonly Tracked[];
  readonly #ports: RunnerPorts;
  readonly #isDeaf: ReturnType<typeof createDeafnessTest>;
  readonly #runners = new Set<Runner>();
  /** Abandoned workers that have not ended, with the targets on which they hang. */
  readonly #hanging = new Map<Runner, readonly Tracked[]>();
  #events = 0;
  #stopped = false;

  constructor(tracked: readonly Tracked[], ports: RunnerPorts) {
    this.#tracked = tracked;
    this.#ports = ports;
    this.#isDeaf = createDeafnessTest(ports);
  }

  pump(): void {
    if (this.#stopped) return;
    for (const runner of this.#runners) if (runner.busy.length === 0) this.#renew(runner);
    for (const one of this.#tracked) {
      if (one.turn.status === 'dirty' && this.#runnerOf(one) === undefined)
        this.#ports.failed(one, 'timeout', `${mostHanging} threads hang in the file system already`);
    }
    for (const runner of [...this.#runners]) if (runner.busy.length === 0) this.#feed(runner);
  }

  forget(gone: readonly Tracked[]): void {
    for (const runner of this.#runners)
      this.#forgetAt(
        runner,
        gone.filter((one) => one.runner === runner),
      );
  }

  hangs(one: Tracked): boolean {
    return [...this.#hanging.values()].some((some) => some.includes(one));
  }

  watch(): ReturnType<Runners['watch']> {
    const sum = (name: 'watches' | 'failed') =>
      [...this.#runners].reduce((all, { watch }) => all + watch[name], 0);
    const seen = [...this.#runners].flatMap(({ late, watch }) =>
      late || watch.canarySeen === undefined ? [] : [watch.canarySeen],
    );
    return {
      watches: sum('watches'),
      failed: sum('failed'),
      events: this.#events,
      ...(seen.length === 0 ? {} : { canarySeen: Math.min(...seen) }),
    };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { cancel } of this.#runners) cancel();
    const ends = Promise.all([...this.#runners].map(({ handle }) => handle.stop()));
    let cancel: Cancel = () => {};
    const limit = new Promise<void>((resolve) => {
      cancel = this.#ports.timer(stopLimitMs, resolve);
    });
    await Promise.race([ends, limit]);
    cancel();
  }

  /** Releases an idle worker that died or is deaf; its targets get another one. */
  #renew(runner: Runner): void {
    const { handle, watch } = runner;
    const alive = handle.alive();
    if (alive && !this.#isDeaf(watch)) return;
    this.#release(runner);
    if (alive) void handle.stop();
  }

  /** Starts a worker. Messages of a released worker are ignored. */
  #startRunner(apart: boolean): Runner {
    const runner: Runner = {
      handle: this.#ports.startWorker((news) => {
        if (!this.#runners.has(runner)) return;
        this.#events += Math.max(0, news.watch.events - runner.watch.events);
        runner.watch = news.watch;
        this.#ports.news(news);
      }),
      apart,
      busy: [],
      late: false,
      watch: { watches: 0, events: 0, failed: 0 },
      cancel: () => {},
    };
    this.#runners.add(runner);
    return runner;
  }

  /** Returns the worker of a target and assigns one if needed; undefined if no other may be started. */
  #runnerOf(one: Tracked): Runner | undefined {
    if (one.runner !== undefined) return one.runner;
    const kind = [...this.#runners].filter((runner) => runner.apart === one.slow);
    if (kind.length < (one.slow ? mostApart : 1)) {
      if (this.#hanging.size >= mostHanging) return undefined;
      kind.unshift(this.#startRunner(one.slow));
    }
    const of = (runner: Runner) => this.#tracked.filter((other) => other.runner === runner).length;
    one.runner = kind.reduce((best, runner) => (of(runner) < of(best) ? runner : best));
    return one.runner;
  }

  /** Stops using a worker: its targets are looked at by another one. */
  #release(runner: Runner): void {
    runner.cancel();
    this.#runners.delete(runner);
    for (const one of this.#tracked) if (one.runner === runner) this.#leave(one);
  }

  #leave(one: Tracked): void {
    delete one.runner;
    updateTurn(one, threadLost(one.turn));
  }

  /** Abandons a worker that does not answer; the target on which it hangs fails. */
  #abandon(runner: Runner, culprit: Tracked | undefined, why: string): void {
    this.#release(runner);
    this.#hanging.set(runner, culprit === undefined ? [] : [culprit]);
    void runner.handle.stop().then(() => {
      this.#hanging.delete(runner);
      this.pump();
    });
    if (culprit !== undefined) {
      this.#setSlow(culprit);
      this.#ports.failed(culprit, 'timeout', why);
    }
  }

  /**
   * Marks a target as slow, together with all targets on the same mount, which would hang one after another
   * on a dead disk. Targets on the root file system are marked one by one.
   */
  #setSlow(culprit: Tracked): void {
    culprit.slow = true;
    const mount = this.#ports.mountOf(culprit.settings.workspace);
    if (mount === '/') return;
    for (const one of this.#tracked) {
      if (one.slow || this.#ports.mountOf(one.settings.workspace) !== mount) continue;
      one.slow = true;
      if (one.runner?.apart === false && !one.runner.busy.includes(one)) this.#leave(one);
    }
  }

  /** Moves the other targets of a worker to another one; the slow target keeps its worker. */
  #setApart(runner: Runner, culprit: Tracked, isStill: boolean): void {
    if (this.#hanging.size >= mostHanging) return;
    const apart = [...this.#runners].filter((one) => one.apart).length;
    if (apart >= mostApart) {
      // On a busy host every look is slow: only one that gets no answer from the file system hangs.
      if (!isStill) return;
      this.#abandon(
        runner,
        culprit,
        `no answer while others waited, and ${mostApart} threads like it wait already`,
      );
      this.pump();
      return;
    }
    for (const one of this.#tracked) if (one.runner === runner && one !== culprit) this.#leave(one);
    this.#setSlow(culprit);
    Object.assign(runner, { apart: true, busy: [culprit] });
    this.#ports.waits();
    this.pump();
  }

  /**
   * Supervises a job: a target that keeps others waiting is separated, and a worker without an answer is
   * abandoned.
   */
  #watchOver(runner: Runner, progress: Progress): void {
    const { busy } = runner;
    const failures = Math.max(...busy.map((one) => one.turn.failures));
    const limit = Math.min(longestDeadlineMs, deadlineMs * 2 ** failures);
    let waited = 0;
    let before: ProgressAt = { at: 0, answers: 0 };
    const again = () => {
      runner.cancel = this.#ports.timer(patienceMs, () => {
        const now = readProgress(progress);
        const moved = now.at !== before.at;
        const isStill = !moved && now.answers === before.answers;
        before = now;
        waited = moved && busy.length > 1 ? 0 : waited + patienceMs;
        const one = busy[now.at] ?? busy[0];
        if (one !== undefined && waited >= limit) {
          // Which target's file hangs is unknown: each target gets a look of its own, which finds the one
          // that hangs.
          const isKnown = now.at !== watching;
          this.#abandon(runner, isKnown ? one : undefined, `no answer within ${limit / 1000} s`);
          return isKnown ? undefined : this.pump();
        }
        runner.late = true;
        const others = this.#tracked.some(
          (other) => other !== one && other.runner === runner && other.turn.status !== 'late',
        );
        if (one !== undefined && others && !runner.apart) this.#setApart(runner, one, isStill);
        this.#ports.waits();
        return this.#runners.has(runner) ? again() : undefined;
      });
    };
    again();
  }

  async #run(runner: Runner, some: readonly Tracked[], job: ObserveJob | CheckJob): Promise<void> {
    runner.busy = some;
    runner.late = false;
    for (const one of some) this.#ports.begin(one);
    this.#watchOver(runner, job.progress);
    let answer: unknown;
    let why: string | undefined;
    try {
      answer = await runner.handle.run(job);
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    if (this.#stopped || !this.#runners.has(runner)) return;
    runner.cancel();
    this.#answered(runner, job, answer, why);
    this.pump();
  }

  /** Passes the answer of a job, or its failure, to the targets. */
  #answered(runner: Runner, job: ObserveJob | CheckJob, answer: unknown, why: string | undefined): void {
    // Targets that were moved to another worker or removed meanwhile are no longer concerned.
    const all = runner.busy;
    const busy = all.filter((one) => this.#tracked.includes(one));
    if (busy.length < all.length) this.#forgetAt(runner, all);
    runner.busy = [];
    if (!runner.handle.alive()) {
      const culprit = job.kind === 'check' ? all[readProgress(job.progress).at] : all[0];
      this.#release(runner);
      if (culprit !== undefined) this.#ports.failed(culprit, 'crashed', why ?? 'the thread ended');
    } else if (why !== undefined) {
      for (const one of busy) this.#ports.failed(one, 'failed', why);
    } else if (job.kind === 'look') {
      for (const one of busy) this.#ports.looked(one, answer as ObserveAnswer | Refused);
    } else {
      const same = new Set(answer as readonly string[]);
      for (const one of busy) this.#ports.checked(one, same.has(one.settings.name));
    }
  }

  /** Gives an idle worker its next job: the pending checks, which are cheap, otherwise a look. */
  #feed(runner: Runner): void {
    const mine = this.#tracked.filter((one) => one.runner === runner && one.turn.status === 'dirty');
    const checks = mine.filter((one) => one.turn.want === 'check');
    const [first, ...more] = mine;
    if (checks.length > 0) void this.#run(runner, checks, this.#ports.check(checks));
    else if (first !== undefined) void this.#run(runner, [first], this.#ports.look(first, more.length > 0));
  }

  /** Tells a worker to forget the targets that were removed. */
  #forgetAt(runner: Runner, some: readonly Tracked[]): void {
    const present = new Set(this.#tracked.map(({ settings }) => settings.name));
    const names = some.map(({ settings }) => settings.name).filter((name) => !present.has(name));
    if (names.length > 0) runner.handle.run({ kind: 'forget', names }).catch(() => {});
  }
}
