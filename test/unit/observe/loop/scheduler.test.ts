import { describe, expect, it } from 'vitest';
import type { TargetState } from '../../../../src/drift/state.ts';
import { advance } from '../../../../src/drift/step.ts';
import { nothingRemembered } from '../../../../src/drift/step-data.ts';
import { countAnswer, moveTo, type Progress, watching } from '../../../../src/observe/loop/progress.ts';
import { deadlineMs, patienceMs } from '../../../../src/observe/loop/runners.ts';
import { createScheduler, firstStateMs } from '../../../../src/observe/loop/scheduler.ts';
import type { Scheduler, SchedulerPorts } from '../../../../src/observe/loop/scheduler-ports.ts';
import { unreadObservation } from '../../../../src/observe/loop/unreadable-target.ts';
import type {
  News,
  ObserveAnswer,
  Refused,
  WorkerHandle,
  WorkerJob,
} from '../../../../src/observe/loop/worker-messages.ts';
import type { TargetSettings } from '../../../../src/observe/target.ts';
import { driftRecord } from '../../tell/states.ts';

const emitter = {
  resource: {},
  version: '0',
  randomId: () => '00',
  digest: (text: string) => String(text.length),
};

function target(name: string): TargetSettings {
  return {
    name,
    workspace: `/w/${name}`,
    environment: { from: 'none' },
    pool: '',
    baseline: 'auto',
    pins: { goMod: 'floor', tools: {} },
    required: [],
    tools: [],
  };
}

/** Returns the result of a look at a target without findings. */
function lookedAt(settings: TargetSettings, time: number): ObserveAnswer {
  const observation = {
    ...unreadObservation(settings, time, time, '', 'ok'),
    environment: { source: 'none', readable: true, reason: 'ok' },
  } as const;
  const { state } = advance(
    { observation, pool: '', home: '', pins: [], required: [], baseline: 'auto' },
    { remembered: nothingRemembered, collectors: [] },
    emitter,
  );
  return {
    state,
    records: [],
    past: new Uint8Array(),
    memory: nothingRemembered.memory,
    settled: true,
    problems: {},
  };
}

/** A manual clock that runs the timers which are due. */
function turnable() {
  let now = 0;
  let set = 0;
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  return {
    clock: () => now + set,
    /** Sets the wall clock by so many ms; no time passes. */
    setClock: (ms: number) => {
      set += ms;
    },
    timer: (ms: number, run: () => void) => {
      const one = { at: now + ms, run };
      timers.push(one);
      return () => {
        timers = timers.filter((other) => other !== one);
      };
    },
    /** Moves the clock from timer to timer, and lets promises settle after each. */
    async turn(ms: number) {
      const end = now + ms;
      for (;;) {
        await settle();
        const [next] = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        now = next.at;
        timers = timers.filter((other) => other !== next);
        next.run();
      }
      now = end;
      await settle();
    },
  };
}

async function settle() {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

interface Fake extends WorkerHandle {
  readonly jobs: string[];
  readonly news: (news: News) => void;
  stopped: boolean;
  /** Lets a stopped worker end. */
  end: () => void;
  die: (why: string) => void;
}

/**
 * Makes a scheduler with targets and fake workers that do what `behave` returns: answer, hang, work without
 * an end, or throw. `known` is part of the state of each look.
 */
function world(
  names: readonly string[],
  behave: (name: string, fake: Fake) => 'answer' | 'hang' | 'hang watching' | 'slow' | Error | Refused,
  known: Partial<TargetState> = {},
  mounts: readonly string[] = [],
  more: { readonly answer?: Partial<ObserveAnswer>; readonly ports?: Partial<SchedulerPorts> } = {},
) {
  const time = turnable();
  const workers: Fake[] = [];
  const moved = new Set<string>();
  const problems: string[] = [];
  const canary: { changed?: number } = {};
  const loaded: string[] = [];
  const working: Progress[] = [];
  const startWorker = (onNews: (news: News) => void): Fake => {
    let alive = true;
    let fail: (error: Error) => void = () => {};
    let ended: () => void = () => {};
    const fake: Fake = {
      jobs: [],
      news: onNews,
      stopped: false,
      alive: () => alive,
      run: async (job: WorkerJob) => {
        const jobNames = job.kind === 'look' ? [job.settings.name] : [...job.names];
        fake.jobs.push(`${job.kind} ${jobNames.join(',')}`);
        for (const [index, name] of jobNames.entries()) {
          if (job.kind === 'check') moveTo(job.progress, index);
          const what = behave(name, fake);
          if (what === 'hang watching' && job.kind !== 'forget') moveTo(job.progress, watching);
          if (what === 'slow' && job.kind !== 'forget') working.push(job.progress);
          if (what === 'hang' || what === 'hang watching' || what === 'slow')
            await new Promise((_, reject) => {
              fail = reject;
            });
          if (what instanceof Error) throw what;
          if (typeof what === 'object') return what;
        }
        if (job.kind === 'look') {
          moved.delete(job.settings.name);
          const looked = lookedAt(job.settings, time.clock());
          return { ...looked, ...more.answer, state: { ...looked.state, ...known } };
        }
        return jobNames.filter((name) => !moved.has(name));
      },
      stop: () => {
        fake.stopped = true;
        alive = false;
        fail(new Error('stopped'));
        return new Promise<void>((resolve) => {
          ended = resolve;
        });
      },
      end: () => ended(),
      die: (why) => {
        alive = false;
        fail(new Error(why));
      },
    };
    workers.push(fake);
    return fake;
  };
  const scheduler = createScheduler(names.map(target), 60_000, {
    clock: time.clock,
    timer: time.timer,
    emitter,
    startWorker,
    canaryChanged: () => canary.changed,
    mountOf: (directory) => mounts.find((point) => directory.startsWith(point)) ?? '/',
    load: async ({ name }) => {
      loaded.push(name);
      return nothingRemembered;
    },
    save: async () => {},
    append: async () => {},
    live: () => ({}),
    problem: (_, name, problem) => problem !== undefined && problems.push(`${name}: ${problem}`),
    observed: () => {},
    log: () => {},
    ...more.ports,
  });
  return { time, workers, moved, loaded, canary, working, scheduler };
}

const readable = (scheduler: Scheduler) =>
  Object.fromEntries(scheduler.states().map((one) => [one.target, one.readable.reason]));
const names = Array.from({ length: 5 }, (_, index) => `t${index}`);
const news = (...targets: string[]): News => ({
  targets,
  files: ['/f'],
  watch: { watches: 1, events: 1, failed: 0 },
});

describe('scheduler', () => {
  it('looks at each target once with one worker, then checks all targets for changes in one job', async () => {
    const { time, workers, scheduler } = world(names, () => 'answer');
    void scheduler.start();
    await time.turn(0);
    expect(scheduler.ready()).toBe(true);
    expect(workers.map(({ jobs }) => jobs)).toEqual([names.map((name) => `look ${name}`)]);
    await time.turn(60_000);
    expect(workers[0]?.jobs.slice(5)).toEqual([`check ${names.join(',')}`]);
    expect(scheduler.states().every((one) => one.time === 60_000)).toBe(true);
  });

  it('looks at a target at least every 60 passes without a visible change, since a write through mmap may not change times', async () => {
    const { time, workers, scheduler } = world(['t'], () => 'answer');
    void scheduler.start();
    await time.turn(0);
    const [worker] = workers as [Fake];
    worker.jobs.length = 0;
    await time.turn(60 * 60_000);
    expect(worker.jobs.filter((job) => job === 'look t')).toHaveLength(1);
    expect(worker.jobs).toHaveLength(60);
  });

  it.each([
    { told: 'a drift', records: [driftRecord], servedBefore: true },
    { told: 'nothing', records: [], servedBefore: false },
  ])('serves a state that reported $told once it is recorded', async ({ records, servedBefore }) => {
    const steps: string[] = [];
    let saved: () => void = () => {};
    const { time, scheduler } = world(['t'], () => 'answer', {}, [], {
      answer: { records, kept: { memory: nothingRemembered.memory, learner: nothingRemembered.learner } },
      ports: {
        append: async ({ type }) => void steps.push(`${type} with ${scheduler.states().length} served`),
        save: () =>
          new Promise((resolve) => {
            steps.push(`save with ${scheduler.states().length} served`);
            saved = resolve;
          }),
      },
    });
    void scheduler.start();
    await time.turn(0);
    expect(steps).toEqual([
      ...records.map(({ type }) => `${type} with 0 served`),
      `save with ${servedBefore ? 1 : 0} served`,
    ]);
    void scheduler.recorded().then(() => steps.push('recorded'));
    await time.turn(0);
    expect(steps).not.toContain('recorded');
    saved();
    await time.turn(0);
    expect(steps).toContain('recorded');
    expect(scheduler.states()).toHaveLength(1);
  });

  it('does not count a change as missed that was announced while the previous one was saved', async () => {
    let saved: () => void = () => {};
    const { time, workers, moved, scheduler } = world(['t'], () => 'answer', {}, [], {
      answer: {
        records: [driftRecord],
        kept: { memory: nothingRemembered.memory, learner: nothingRemembered.learner },
      },
      ports: {
        save: () =>
          new Promise((resolve) => {
            saved = resolve;
          }),
      },
    });
    void scheduler.start();
    await time.turn(0);
    moved.add('t');
    workers[0]?.news(news('t'));
    await time.turn(100);
    saved();
    await time.turn(0);
    expect(workers[0]?.jobs.slice(1)).toEqual(['check t', 'look t']);
    saved();
    await time.turn(0);
    expect(scheduler.stats().missed).toBe(0);
    // A change that only the pass finds is counted.
    moved.add('t');
    await time.turn(60_000);
    saved();
    await time.turn(0);
    expect(scheduler.stats().missed).toBe(1);
  });

  it('does not count a change as missed that may predate the watch of its file', async () => {
    const { time, moved, scheduler } = world(['t'], () => 'answer', {}, [], {
      answer: { records: [driftRecord], wasUnwatched: true },
    });
    void scheduler.start();
    await time.turn(0);
    moved.add('t');
    await time.turn(60_000);
    expect(scheduler.stats()).toMatchObject({ passes: 2, missed: 0 });
  });

  it('hands its knowledge to the next scheduler, which loads only new targets', async () => {
    const first = world(names, () => 'answer');
    void first.scheduler.start();
    await first.time.turn(0);
    void first.scheduler.stop();
    await first.time.turn(2_000);
    const before = first.scheduler.handover();
    expect(before).toMatchObject({ passes: 1, targets: { size: names.length } });
    const next = world([...names, 'more'], () => 'answer');
    const { scheduler } = next;
    void scheduler.start(before);
    await next.time.turn(0);
    expect(next.loaded).toEqual(['more']);
    expect(scheduler.stats().passes).toBe(2);
  });

  it('looks only at the targets that a change concerns, once the changes have settled', async () => {
    const { time, workers, moved, scheduler } = world(names, () => 'answer');
    void scheduler.start();
    await time.turn(0);
    const [worker] = workers as [Fake];
    worker.jobs.length = 0;
    moved.add('t3');
    for (let change = 0; change < 10; change++) {
      worker.news(news('t3', 't4'));
      await time.turn(20);
    }
    expect(worker.jobs).toEqual([]);
    await time.turn(40);
    expect(worker.jobs).toEqual(['check t3', 'look t3', 'check t4']);
  });

  it.each([-5, 5])(
    'keeps its passes, debounce, deadline and back-off when the clock is set by %i hours',
    async (hours) => {
      const setBy = hours * 3_600_000;
      let hangs = true;
      const { time, workers, moved, scheduler } = world(names, (name) =>
        name === 't1' && hangs ? 'hang' : 'answer',
      );
      void scheduler.start();
      await time.turn(patienceMs);
      time.setClock(setBy);
      await time.turn(2 * firstStateMs);
      // The debounce: one look, once the changes have settled.
      const [, worker] = workers as [Fake, Fake];
      worker.jobs.length = 0;
      moved.add('t3');
      worker.news(news('t3'));
      time.setClock(setBy);
      await time.turn(40);
      expect(worker.jobs).toEqual(['check t3', 'look t3']);
      // The deadline, and the back-off after it.
      await time.turn(deadlineMs);
      expect(workers[0]?.stopped).toBe(true);
      hangs = false;
      workers[0]?.end();
      time.setClock(setBy);
      await time.turn(300_000);
      expect(readable(scheduler)).toEqual({ t0: 'ok', t1: 'ok', t2: 'ok', t3: 'ok', t4: 'ok' });
      worker.jobs.length = 0;
      time.setClock(setBy);
      await time.turn(120_000);
      expect(worker.jobs).toEqual(['check t0,t2,t3,t4', 'check t0,t2,t3,t4']);
      expect(scheduler.states().every((one) => one.time > 4 * setBy)).toBe(true);
      void scheduler.stop();
      await time.turn(2_000);
    },
  );

  it('replaces a thread that misses events of the canary, at most once an hour, and looks again at its targets', async () => {
    const { time, workers, canary, scheduler } = world(['a'], () => 'answer');
    void scheduler.start();
    await time.turn(30_000);
    const heard = (canarySeen: number, failed = 0) =>
      workers.at(-1)?.news({ targets: [], files: [], watch: { watches: 1, events: 1, failed, canarySeen } });
    // No reason to replace: the event was seen, the change is too recent, or the canary cannot be watched.
    canary.changed = 50_000;
    heard(50_001);
    await time.turn(60_000);
    canary.changed = time.clock() + 25_000;
    await time.turn(30_000);
    canary.changed = 100_000;
    heard(50_001, 1);
    await time.turn(60_000);
    expect(workers).toHaveLength(1);
    heard(50_001);
    await time.turn(60_000);
    expect(workers.map(({ stopped }) => stopped)).toEqual([true, false]);
    expect(workers[1]?.jobs).toEqual(['look a']);
    // The next thread misses the events too, so the cause is lasting.
    heard(50_001);
    await time.turn(30 * 60_000);
    expect(workers).toHaveLength(2);
    await time.turn(40 * 60_000);
    expect(workers).toHaveLength(3);
    expect(readable(scheduler)).toEqual({ a: 'ok' });
  });

  it('does not lose a change that comes during the look at its target', async () => {
    let hold = false;
    let free: () => void = () => {};
    const { time, workers, scheduler } = world(['a'], () => 'answer');
    void scheduler.start();
    await time.turn(0);
    const [worker] = workers as [Fake];
    const run = worker.run.bind(worker);
    Object.assign(worker, {
      run: async (job: WorkerJob) => {
        if (hold) {
          hold = false;
          await new Promise<void>((resolve) => {
            free = resolve;
          });
        }
        return run(job);
      },
    });
    hold = true;
    worker.news(news('a'));
    await time.turn(40);
    worker.news(news('a'));
    await time.turn(40);
    const before = worker.jobs.length;
    free();
    await time.turn(0);
    expect(worker.jobs.length).toBe(before + 2);
  });

  it('does not let a hanging target delay others: it is reported late, its thread abandoned, and it is tried again', async () => {
    let hangs = true;
    const { time, workers, scheduler } = world(names, (name) => (name === 't1' && hangs ? 'hang' : 'answer'));
    void scheduler.start();
    await time.turn(patienceMs);
    expect(Object.keys(readable(scheduler))).toEqual(['t0', 't2', 't3', 't4']);
    await time.turn(2 * firstStateMs);
    expect(scheduler.ready()).toBe(true);
    expect(readable(scheduler)).toEqual({ t0: 'ok', t1: 'timeout', t2: 'ok', t3: 'ok', t4: 'ok' });
    expect(workers).toHaveLength(2);
    await time.turn(deadlineMs);
    expect(workers[0]?.stopped).toBe(true);
    // Its thread still hangs in the kernel, so no other thread is sent after it.
    await time.turn(600_000);
    expect(workers).toHaveLength(2);
    expect(workers[1]?.jobs.some((job) => job.includes('t1'))).toBe(false);
    hangs = false;
    workers[0]?.end();
    await time.turn(300_000);
    expect(workers).toHaveLength(3);
    expect(workers[2]?.jobs[0]).toBe('look t1');
    expect(readable(scheduler)['t1']).toBe('ok');
    await time.turn(120_000);
    expect(workers[1]?.jobs.at(-1)).toBe('check t0,t2,t3,t4');
    expect(workers[2]?.jobs.at(-1)).toBe('check t1');
  });

  it('does not blame a target whose thread hangs on the watches of all targets', async () => {
    let hangs = false;
    const { time, workers, moved, scheduler } = world(names, (name, fake) => {
      // The first thread hangs on another target’s file after it has looked at this one.
      if (name !== 't4' || !hangs || fake !== workers[0]) return 'answer';
      return 'hang watching';
    });
    void scheduler.start();
    await time.turn(0);
    hangs = true;
    moved.add('t4');
    workers[0]?.news(news('t4'));
    await time.turn(2 * deadlineMs);
    expect(readable(scheduler)).toEqual({ t0: 'ok', t1: 'ok', t2: 'ok', t3: 'ok', t4: 'ok' });
    expect(workers[0]?.stopped).toBe(true);
    expect(scheduler.states().every((one) => one.time >= deadlineMs)).toBe(true);
  });

  it('finds the hanging target in a check of many, and looks at the others with another worker', async () => {
    let hangs = false;
    const { time, workers, scheduler } = world(names, (name) => (name === 't2' && hangs ? 'hang' : 'answer'));
    void scheduler.start();
    await time.turn(0);
    hangs = true;
    await time.turn(60_000 + patienceMs);
    expect(workers[1]?.jobs).toEqual(['t0', 't1', 't3', 't4'].map((name) => `look ${name}`));
    await time.turn(deadlineMs);
    expect(readable(scheduler)).toEqual({ t0: 'ok', t1: 'ok', t2: 'timeout', t3: 'ok', t4: 'ok' });
  });

  it('discards a look with a system error such as EMFILE, and looks again', async () => {
    const refused = 'too many open files in this process (EMFILE)';
    let well = false;
    const { time, workers, scheduler } = world(['a'], () => (well ? 'answer' : { refused }));
    void scheduler.start();
    await time.turn(0);
    expect(readable(scheduler)).toEqual({ a: 'system-error' });
    expect(scheduler.states()[0]?.collectors.every(({ why }) => why === refused)).toBe(true);
    well = true;
    await time.turn(60_000);
    expect(readable(scheduler)).toEqual({ a: 'ok' });
    expect(workers[0]?.jobs).toEqual(['look a', 'look a']);
  });

  it('reports a target whose thread died as crashed, and looks at the others with another thread', async () => {
    const { time, workers, scheduler } = world(['a', 'b'], (name, fake) => {
      if (name !== 'a') return 'answer';
      setImmediate(() => fake.die('Worker terminated due to reaching memory limit'));
      return 'hang';
    });
    void scheduler.start();
    await time.turn(0);
    expect(readable(scheduler)).toEqual({ a: 'crashed', b: 'ok' });
    expect(
      scheduler
        .states()[0]
        ?.collectors.every(({ success, why }) => !success && /memory limit/.test(why ?? '')),
    ).toBe(true);
    expect(workers.map(({ jobs }) => jobs)).toEqual([['look a'], ['look b']]);
  });

  it('reports a target whose look throws as failed, with the reason, and tries again at the next pass', async () => {
    let broken = true;
    const { time, workers, scheduler } = world(['a', 'b'], (name) =>
      name === 'a' && broken ? new Error('what nobody thought of') : 'answer',
    );
    void scheduler.start();
    await time.turn(0);
    expect(readable(scheduler)).toEqual({ a: 'failed', b: 'ok' });
    expect(workers).toHaveLength(1);
    broken = false;
    await time.turn(60_000);
    expect(readable(scheduler)).toEqual({ a: 'ok', b: 'ok' });
  });

  it('keeps the baseline and the exemptions of a target that hangs', async () => {
    let hangs = false;
    const baseline = { kind: 'learned', source: 'learned', fingerprint: 'sha256:11', time: 1 } as const;
    const exemptions = { whitelisted: true, waivedUntil: { env: 900_000 } };
    const known = { baseline, exemptions };
    const { time, scheduler } = world(['a'], () => (hangs ? 'hang' : 'answer'), known);
    void scheduler.start();
    await time.turn(0);
    expect(readable(scheduler)).toEqual({ a: 'ok' });
    hangs = true;
    await time.turn(60_000 + patienceMs + deadlineMs);
    expect(readable(scheduler)).toEqual({ a: 'timeout' });
    expect(scheduler.states()).toMatchObject([known]);
  });

  it('starts a bounded number of threads, however many targets hang', async () => {
    const many = Array.from({ length: 40 }, (_, index) => `t${index}`);
    const { time, workers, scheduler } = world(many, () => 'hang');
    void scheduler.start();
    await time.turn(3_600_000);
    expect(workers.length).toBeLessThanOrEqual(12);
    expect(new Set(Object.values(readable(scheduler)))).toEqual(new Set(['timeout']));
    expect(scheduler.ready()).toBe(true);
  });

  it('does not let targets on a dead disk delay other targets, however many there are', async () => {
    const many = [...names, ...Array.from({ length: 40 }, (_, index) => `dead${index}`)];
    let dead = false;
    const hangs = (name: string) => (name.startsWith('dead') && dead ? 'hang' : 'answer');
    const { time, moved, workers, scheduler } = world(many, hangs, {}, ['/w/dead']);
    void scheduler.start();
    await time.turn(0);
    dead = true;
    await time.turn(60_000 + patienceMs);
    moved.add('t3');
    const looks = () => workers.flatMap(({ jobs }) => jobs).filter((job) => job === 'look t3').length;
    const before = looks();
    for (const { news: tell } of workers) tell(news('t3'));
    await time.turn(100);
    expect(looks()).toBe(before + 1);
  });

  it('does not let a target wait behind more hanging targets than there are extra threads', async () => {
    let hang = false;
    const { time, workers, scheduler } = world([...names, 'last'], (name) =>
      name !== 'last' && hang ? 'hang' : 'answer',
    );
    void scheduler.start();
    await time.turn(0);
    hang = true;
    await time.turn(60_000 + names.length * patienceMs);
    for (const { news: tell } of workers) tell(news('last'));
    const before = workers.flatMap(({ jobs }) => jobs).length;
    await time.turn(patienceMs);
    expect(workers.flatMap(({ jobs }) => jobs).slice(before)).toContain('check last');
  });

  it('abandons no thread whose file system still answers, however slow the host is', async () => {
    let slow = false;
    const { time, workers, working, scheduler } = world([...names, 'last'], () => (slow ? 'slow' : 'answer'));
    void scheduler.start();
    await time.turn(0);
    slow = true;
    await time.turn(60_000);
    for (let waited = 0; waited < deadlineMs - patienceMs; waited += patienceMs) {
      for (const progress of working) countAnswer(progress);
      await time.turn(patienceMs);
    }
    expect(working.length).toBe(4);
    expect(workers.map(({ stopped }) => stopped)).not.toContain(true);
  });

  it('resolves pass() although a target hangs', async () => {
    let hangs = false;
    const { time, scheduler } = world(['a', 'b'], (name) => (name === 'a' && hangs ? 'hang' : 'answer'));
    void scheduler.start();
    await time.turn(0);
    hangs = true;
    let done = false;
    void scheduler.pass().then(() => {
      done = true;
    });
    await time.turn(patienceMs * 2);
    expect(done).toBe(true);
  });

  it('stops although a thread hangs', async () => {
    const { time, scheduler } = world(['a'], () => 'hang');
    void scheduler.start();
    await time.turn(100);
    let stopped = false;
    void scheduler.stop().then(() => {
      stopped = true;
    });
    await time.turn(2_000);
    expect(stopped).toBe(true);
  });
});
