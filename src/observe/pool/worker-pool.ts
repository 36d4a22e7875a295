/**
 * The threads that audits share. A job goes to the least busy one; where threads cannot be had (TypeScript sources, a limit of the system),
 * the work is done here, in turns with everything else.
 */
import { startThread, type Thread } from '../../host/threads.ts';
import { doJob, type Job, type JobKind, type Jobs } from './pool-jobs.ts';

export interface WorkerPool {
  /** Jobs to have under way at once, so that each thread has its next one when it is done. */
  readonly lanes: number;
  /** Share of a core that a job may take. */
  readonly share: number;
  run<K extends JobKind>(kind: K, job: Jobs[K]['job']): Promise<Jobs[K]['answer']>;
  /** Starts the threads before there is a job, for one that is sure to come: a start takes a while. */
  start(): void;
  /** The same threads, which work for this one at another share. */
  at(share: number): WorkerPool;
  /** Ends the threads at once; jobs that are under way reject. */
  stop(): Promise<void>;
}

interface PoolWorker {
  readonly thread: Thread;
  jobs: number;
  idle?: NodeJS.Timeout;
}

/** A thread without work is ended after this, for its heap is worth more than its start costs. */
const idleMs = 1_000;

/** Threads by number, started with the first job; one that died is replaced. */
class Workers {
  readonly size: number;
  #workers: readonly PoolWorker[] = [];
  #none = false;
  #stopped = false;

  constructor(size: number) {
    this.size = size;
  }

  #living(): readonly PoolWorker[] {
    const living = this.#workers.filter((worker) => worker.thread.alive());
    while (living.length < this.size && !this.#none) {
      const thread = startThread('pool');
      if (thread === undefined) this.#none = true;
      else living.push({ thread, jobs: 0 });
    }
    return living;
  }

  /** The least busy one; undefined where there are no threads. Throws when they were stopped. */
  next(): PoolWorker | undefined {
    if (this.#stopped) throw new Error('the threads were stopped');
    this.#workers = this.#living();
    return this.#workers.reduce<PoolWorker | undefined>(
      (best, one) => (best === undefined || one.jobs < best.jobs ? one : best),
      undefined,
    );
  }

  /** Runs a job on a thread. */
  async run<T>(worker: PoolWorker, job: (thread: Thread) => Promise<T>): Promise<T> {
    clearTimeout(worker.idle);
    worker.jobs++;
    try {
      return await job(worker.thread);
    } finally {
      worker.jobs--;
      if (worker.jobs === 0) worker.idle = setTimeout(() => void worker.thread.stop(), idleMs).unref();
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const worker of this.#workers) clearTimeout(worker.idle);
    await Promise.all(this.#workers.map((worker) => worker.thread.stop()));
  }
}

/** On this thread nothing may sleep. */
async function doHere<K extends JobKind>(kind: K, job: Jobs[K]['job']): Promise<Jobs[K]['answer']> {
  await new Promise((resolve) => setImmediate(resolve));
  return doJob({ kind, share: 1, ...job } as Job) as Jobs[K]['answer'];
}

function poolOf(workers: Workers, share: number): WorkerPool {
  return {
    lanes: Math.max(1, 2 * workers.size),
    share,
    async run(kind, job) {
      const worker = workers.next();
      if (worker === undefined) return await doHere(kind, job);
      return await workers.run(worker, (thread) => thread.run({ kind, share, ...job }));
    },
    start: () => void workers.next(),
    at: (other) => poolOf(workers, other),
    stop: () => workers.stop(),
  };
}

/** Makes a pool; its threads start with the first job. `share` is that of each. */
export function createWorkerPool(size: number, share: number): WorkerPool {
  return poolOf(new Workers(size), share);
}
