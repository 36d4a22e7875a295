/**
 * The threads shared by the audits. A job goes to the least busy thread. Where threads are unavailable
 * (TypeScript sources, a system limit), jobs run on the main thread, interleaved with other work.
 */
import { startThread, type Thread } from '../../host/threads.ts';
import { doJob, type Job, type JobKind, type Jobs } from './pool-jobs.ts';

export interface WorkerPool {
  /** Number of jobs to keep in flight, so that each thread has its next job ready. */
  readonly lanes: number;
  /** The part of a core that a job may use. */
  readonly share: number;
  run<K extends JobKind>(kind: K, job: Jobs[K]['job']): Promise<Jobs[K]['answer']>;
  /** Starts the threads before the first job, since a start takes a while. */
  start(): void;
  /** Returns a pool on the same threads with another share. */
  at(share: number): WorkerPool;
  /** Ends the threads at once; jobs in flight reject. */
  stop(): Promise<void>;
}

interface PoolWorker {
  readonly thread: Thread;
  jobs: number;
  idle?: NodeJS.Timeout;
}

/**
 * Idle time after which a thread is ended, ms: the memory of its heap is worth more than another start costs.
 */
const idleMs = 1_000;

/** The threads of a pool, started with the first job; a dead thread is replaced. */
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

  /** Returns the least busy worker; undefined where threads are unavailable. Throws after `stop`. */
  next(): PoolWorker | undefined {
    if (this.#stopped) throw new Error('the threads were stopped');
    this.#workers = this.#living();
    return this.#workers.reduce<PoolWorker | undefined>(
      (best, one) => (best === undefined || one.jobs < best.jobs ? one : best),
      undefined,
    );
  }

  /** Runs a job on a worker's thread. */
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

/** Runs a job on the main thread, at full pace: this thread must not sleep. */
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

/** Creates a pool; its threads start with the first job. `share` is the part of a core for each of them. */
export function createWorkerPool(size: number, share: number): WorkerPool {
  return poolOf(new Workers(size), share);
}
