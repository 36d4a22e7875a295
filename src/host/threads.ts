/**
 * Threads for work that would hold the loop: one handler a thread, jobs in and answers out. In the built program a thread's code is a file
 * beside it; from TypeScript sources, which older Node cannot run in a thread, there is none.
 */
import { parentPort, Worker } from 'node:worker_threads';

/** A running thread. */
export interface Thread {
  /** False once it died: what is asked of it then rejects. */
  readonly alive: () => boolean;
  /** Runs a job there, after those before it; rejects when the thread dies. The process stays alive while a job is under way, and no longer. */
  run<Job, Answer>(job: Job): Promise<Answer>;
  /** Ends it at once, whatever it does. */
  stop(): Promise<void>;
}

interface Message {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

/** Where the built file of a thread lies: `threads/` beside the program, whose chunks lie one level deeper. */
function entryUrl(name: string): URL {
  const here = new URL(import.meta.url);
  return new URL(
    /\/chunks\/[^/]+$/.test(here.pathname) ? `../threads/${name}.js` : `./threads/${name}.js`,
    here,
  );
}

/** What threads allocate lives long or lies outside of their heaps. */
const youngMb = 2;

/** Starts a thread by the name of its entry; undefined when this program runs from its sources. */
export function startThread(name: string): Thread | undefined {
  if (import.meta.url.endsWith('.ts')) return undefined;
  const worker = new Worker(entryUrl(name), { resourceLimits: { maxYoungGenerationSizeMb: youngMb } });
  worker.unref();
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let next = 0;
  let dead: Error | undefined;
  const die = (error: Error) => {
    dead ??= error;
    for (const { reject } of waiting.values()) reject(dead);
    waiting.clear();
  };
  worker.on('message', ({ id, answer, error }: Message) => {
    const job = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
    if (error === undefined) job?.resolve(answer as never);
    else job?.reject(new Error(error));
  });
  worker.on('error', (error) => die(error instanceof Error ? error : new Error(String(error))));
  worker.on('exit', () => die(new Error('the thread ended')));
  return {
    alive: () => dead === undefined,
    run: (job) =>
      new Promise((resolve, reject) => {
        if (dead !== undefined) {
          reject(dead);
          return;
        }
        waiting.set(next, { resolve, reject });
        worker.ref();
        worker.postMessage({ id: next++, job });
      }),
    stop: async () => {
      die(new Error('the thread was stopped'));
      await worker.terminate();
    },
  };
}

/** Answers the jobs of {@link Thread.run}; for the entry file of a thread. */
export function serveThread(handle: (job: never) => unknown): void {
  parentPort?.on('message', ({ id, job }: { id: number; job: never }) => {
    try {
      parentPort?.postMessage({ id, answer: handle(job) });
    } catch (error) {
      parentPort?.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
    }
  });
}
