/**
 * The threads that audits share. A job goes to the least busy one; where threads cannot be had (TypeScript sources, a limit of the system),
 * the work is done here, in turns with everything else.
 */
import { startThread, type Thread } from '../host/threads.ts';
import { doJob, type Job, type JobKind, type Jobs } from './crew-jobs.ts';

export interface Crew {
  /** Jobs to have under way at once, so that each thread has its next one when it is done. */
  readonly lanes: number;
  /** Share of a core that a job may take. */
  readonly share: number;
  run<K extends JobKind>(kind: K, job: Jobs[K]['job']): Promise<Jobs[K]['answer']>;
  /** Starts the threads before there is a job, for one that is sure to come: a start takes a while. */
  start(): void;
  /** The same threads, which work for this one at another share. */
  at(share: number): Crew;
  /** Ends the threads at once; jobs that are under way reject. */
  stop(): Promise<void>;
}

interface Hand {
  readonly thread: Thread;
  jobs: number;
  idle?: NodeJS.Timeout;
}

/** A thread without work is ended after this, for its heap is worth more than its start costs. */
const idleMs = 1_000;

/** Threads by number, started with the first job; one that died is replaced. */
class Hands {
  readonly size: number;
  #hands: readonly Hand[] = [];
  #none = false;
  #stopped = false;

  constructor(size: number) {
    this.size = size;
  }

  #muster(): readonly Hand[] {
    const hands = this.#hands.filter((hand) => hand.thread.alive());
    while (hands.length < this.size && !this.#none) {
      const thread = startThread('crew');
      if (thread === undefined) this.#none = true;
      else hands.push({ thread, jobs: 0 });
    }
    return hands;
  }

  /** The least busy one; undefined where there are no threads. Throws when they were stopped. */
  next(): Hand | undefined {
    if (this.#stopped) throw new Error('the threads were stopped');
    this.#hands = this.#muster();
    return this.#hands.reduce<Hand | undefined>(
      (best, one) => (best === undefined || one.jobs < best.jobs ? one : best),
      undefined,
    );
  }

  /** Runs a job on a thread. */
  async run<T>(hand: Hand, job: (thread: Thread) => Promise<T>): Promise<T> {
    clearTimeout(hand.idle);
    hand.jobs++;
    try {
      return await job(hand.thread);
    } finally {
      hand.jobs--;
      if (hand.jobs === 0) hand.idle = setTimeout(() => void hand.thread.stop(), idleMs).unref();
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const hand of this.#hands) clearTimeout(hand.idle);
    await Promise.all(this.#hands.map((hand) => hand.thread.stop()));
  }
}

/** On this thread nothing may sleep. */
async function doHere<K extends JobKind>(kind: K, job: Jobs[K]['job']): Promise<Jobs[K]['answer']> {
  await new Promise((resolve) => setImmediate(resolve));
  return doJob({ kind, share: 1, ...job } as Job) as Jobs[K]['answer'];
}

function crewOf(hands: Hands, share: number): Crew {
  return {
    lanes: Math.max(1, 2 * hands.size),
    share,
    async run(kind, job) {
      const hand = hands.next();
      if (hand === undefined) return await doHere(kind, job);
      return await hands.run(hand, (thread) => thread.run({ kind, share, ...job }));
    },
    start: () => void hands.next(),
    at: (other) => crewOf(hands, other),
    stop: () => hands.stop(),
  };
}

/** Makes a crew; its threads start with the first job. `share` is that of each. */
export function createCrew(size: number, share: number): Crew {
  return crewOf(new Hands(size), share);
}
