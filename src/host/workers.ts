/** Worker threads that answer jobs one after the other. The only place that knows node:worker_threads. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parentPort, Worker } from 'node:worker_threads';

/** Threads that run jobs; `Job` and `Answer` are plain data. */
export interface WorkerPool<Job, Answer> {
  readonly size: number;
  /** Runs a job on the next free thread. Rejects when the thread died of it; the pool goes on with a fresh one. */
  run(job: Job): Promise<Answer>;
  close(): Promise<void>;
}

/** Where the built program lies: this module is bundled into `dist/` or into one of its chunks. */
function entryFile(name: string): string {
  const beside = ['./', '../'].map((up) => fileURLToPath(new URL(`${up}${name}.js`, import.meta.url)));
  return beside.find((file) => existsSync(file)) ?? (beside[0] as string);
}

interface Waiting<Job, Answer> {
  readonly job: Job;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** Starts no thread before the first job; `size` threads at most, which hold no process alive. */
export function createWorkerPool<Job, Answer>(
  entry: string,
  size = availableParallelism(),
): WorkerPool<Job, Answer> {
  const idle: Worker[] = [];
  const all = new Set<Worker>();
  const queue: Waiting<Job, Answer>[] = [];
  let closed = false;

  function serve(): void {
    const next = queue[0];
    if (next === undefined) return;
    let worker = idle.pop();
    if (worker === undefined) {
      if (all.size >= size) return;
      worker = new Worker(entryFile(entry), { stdin: false });
      worker.unref();
      all.add(worker);
    }
    queue.shift();
    const using = worker;
    const done = (finish: () => void) => {
      using.removeAllListeners();
      using.unref();
      finish();
      serve();
    };
    const died = (error: Error) =>
      done(() => {
        all.delete(using);
        next.reject(error);
      });
    using.ref();
    using.once('message', (answer: Answer) =>
      done(() => {
        idle.push(using);
        next.resolve(answer);
      }),
    );
    using.once('error', died);
    using.once('exit', () => died(new Error('the worker thread ended')));
    using.postMessage(next.job);
  }

  return {
    size,
    run(job) {
      if (closed) return Promise.reject(new Error('the worker pool is closed'));
      return new Promise((resolve, reject) => {
        queue.push({ job, resolve, reject });
        serve();
      });
    },
    async close() {
      closed = true;
      for (const one of queue.splice(0)) one.reject(new Error('the worker pool is closed'));
      await Promise.all([...all].map((worker) => worker.terminate()));
    },
  };
}

/** The worker's side: answers each job. What the answer transfers is moved, not copied. */
export function answerJobs<Job, Answer>(
  answer: (job: Job) => { readonly answer: Answer; readonly transfer?: readonly ArrayBuffer[] },
): void {
  parentPort?.on('message', (job: Job) => {
    const made = answer(job);
    parentPort?.postMessage(made.answer, [...(made.transfer ?? [])]);
  });
}
