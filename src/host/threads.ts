/**
 * Threads for work that would hold the loop: one handler a thread, jobs in and answers out; a thread may ask the program back while it works,
 * and tell it something unasked. In the built program a thread's code is a file beside it; from TypeScript sources, which older Node cannot
 * run in a thread, there is none.
 */
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { untilEnded } from './signals.ts';

/** A running thread. */
export interface Thread {
  /** False once it died: what is asked of it then rejects. */
  readonly alive: () => boolean;
  /** Runs a job there, after those before it; rejects when the thread dies. The process stays alive while a job is under way, and no longer. */
  run<Job, Answer>(job: Job): Promise<Answer>;
  /** Ends it at once, whatever it does; resolves when it has ended, which a thread that hangs in the kernel does not. */
  stop(): Promise<void>;
}

/** How a thread is started. */
export interface ThreadOptions {
  /** Plain data for its {@link threadData}. */
  readonly data?: unknown;
  /** Answers what it asks while it works. */
  readonly onAsk?: (question: never) => Promise<unknown>;
  /** Hears what it tells unasked. */
  readonly onTell?: (news: never) => void;
  /** Most of its heap in MiB: beyond, the thread dies and the process lives. */
  readonly heapMb?: number;
}

interface Message {
  /** Of a job, or of a question. */
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
  readonly question?: unknown;
  readonly news?: unknown;
}

/** Where the built file of a thread lies: `threads/` beside the program, whose chunks lie one level deeper. */
function entryUrl(name: string): URL {
  const here = new URL(import.meta.url);
  return new URL(
    /\/chunks\/[^/]+$/.test(here.pathname) ? `../threads/${name}.mjs` : `./threads/${name}.mjs`,
    here,
  );
}

/** What threads allocate lives long or lies outside of their heaps. */
const youngMb = 2;

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Starts a thread by the name of its entry; undefined when this program runs from its sources. */
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

/** What the code of a thread can say to the program while it works. */
export interface Program {
  ask<Question, Answer>(question: Question): Promise<Answer>;
  tell<News>(news: News): void;
}

/** The {@link ThreadOptions.data} of this thread. */
export function threadData<T>(): T {
  return workerData as T;
}

/** The program around this thread. */
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

/** Answers the jobs of {@link Thread.run}; for the entry file of a thread. `make` gets the program, and gives the handler. */
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
