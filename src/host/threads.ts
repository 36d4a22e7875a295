/**
 * Worker threads for work that would block the event loop: one handler a thread, jobs in and answers out. A
 * thread may ask the main thread questions while it works, and send it messages. In the built program the
 * code of a thread is a file beside it; TypeScript sources have none, because older versions of Node cannot
 * run them in a thread.
 */
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { untilEnded } from './signals.ts';

/** A running thread. */
export interface Thread {
  /** Reports whether the thread runs; after its death jobs reject. */
  readonly alive: () => boolean;
  /**
   * Runs a job after all earlier ones; rejects if the thread dies. The process stays alive only while a job
   * is pending.
   */
  run<Job, Answer>(job: Job): Promise<Answer>;
  /** Ends the thread at once. Resolves when it has ended; one that hangs in the kernel does not. */
  stop(): Promise<void>;
}

/** Options for starting a thread. */
export interface ThreadOptions {
  /** Plain data, which the thread reads by {@link threadData}. */
  readonly data?: unknown;
  /** Answers questions of the thread. */
  readonly onAsk?: (question: never) => Promise<unknown>;
  /** Receives messages of the thread. */
  readonly onTell?: (news: never) => void;
  /** Largest heap in MiB; beyond it the thread dies and the process lives on. */
  readonly heapMb?: number;
}

interface Message {
  /** Id of a job or a question. */
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
  readonly question?: unknown;
  readonly news?: unknown;
}

/**
 * Returns the built file of a thread: in `threads/` beside the program, whose chunks lie one level deeper.
 */
function entryUrl(name: string): URL {
  const here = new URL(import.meta.url);
  return new URL(
    /\/chunks\/[^/]+$/.test(here.pathname) ? `../threads/${name}.mjs` : `./threads/${name}.mjs`,
    here,
  );
}

/** Threads allocate mostly long-lived objects, or memory outside of their heap. */
const youngMb = 2;

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Starts a thread by the name of its entry file; undefined if this program runs from its sources. */
export function startThread(name: string, options: ThreadOptions = {}): Thread | undefined {
  if (import.meta.url.endsWith('.ts')) return undefined;
  const { data, onAsk, onTell, heapMb } = options;
  const worker = new Worker(entryUrl(name), {
    workerData: data,
    resourceLimits: {
      maxYoungGenerationSizeMb: youngMb,
      ...(heapMb === undefined ? {} : { maxOldGenerationSizeMb: heapMb }),
    },
  });
  worker.unref();
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let next = 0;
  let dead: Error | undefined;
  const die = (error: Error) => {
    dead ??= error;
    for (const { reject } of waiting.values()) reject(dead);
    waiting.clear();
  };
  const told = async (id: number, question: unknown) => {
    try {
      const answer = await onAsk?.(question as never);
      if (dead === undefined) worker.postMessage({ id, answer, reply: true });
    } catch (error) {
      if (dead === undefined) worker.postMessage({ id, error: textOf(error), reply: true });
    }
  };
  worker.on('message', ({ id, answer, error, question, news }: Message) => {
    if (news !== undefined) return dead === undefined ? onTell?.(news as never) : undefined;
    if (question !== undefined) return void told(id, question);
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
      worker.unref();
      await untilEnded(worker.terminate());
    },
  };
}

/** The main thread, as seen by the code of a thread. */
export interface Program {
  ask<Question, Answer>(question: Question): Promise<Answer>;
  tell<News>(news: News): void;
}

/** Returns the {@link ThreadOptions.data} of this thread. */
export function threadData<T>(): T {
  return workerData as T;
}

/** Returns the main thread of this thread. */
function programAround(): Program {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let next = 0;
  parentPort?.on('message', ({ id, answer, error, reply }: Message & { readonly reply?: true }) => {
    if (reply !== true) return;
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(answer as never);
    else asked?.reject(new Error(error));
  });
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        waiting.set(next, { resolve, reject });
        parentPort?.postMessage({ id: next++, question });
      }),
    tell: (news) => parentPort?.postMessage({ id: -1, news }),
  };
}

/**
 * Serves the jobs of {@link Thread.run}, in the entry file of a thread. `make` gets the main thread and
 * returns the handler.
 */
export function serveThread(make: (program: Program) => (job: never) => unknown): void {
  const handle = make(programAround());
  parentPort?.on('message', async ({ id, job, reply }: { id: number; job: never; reply?: true }) => {
    if (reply === true) return;
    try {
      parentPort?.postMessage({ id, answer: await handle(job) });
    } catch (error) {
      parentPort?.postMessage({ id, error: textOf(error) });
    }
  });
}
