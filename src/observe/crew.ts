/**
 * The threads that audits share. A job goes to the least busy one; where threads cannot be had (TypeScript sources, a limit of the system),
 * the work is done here, in turns with everything else.
 */
import { startThread, type Thread } from '../host/threads.ts';
import { doJob, type Job, type JobKind, type Jobs } from './crew-jobs.ts';

export interface Crew {
  /** Threads, or 1 where there are none. */
  readonly size: number;
  /** Share of a core that a job may take. */
  readonly share: number;
  run<K extends JobKind>(kind: K, job: Jobs[K]['job']): Promise<Jobs[K]['answer']>;
  stop(): Promise<void>;
}

interface Hand {
  readonly thread: Thread;
  jobs: number;
}

/** Makes a crew; its threads start with the first job. `share` is that of each. */
export function createCrew(size: number, share: number): Crew {
  let hands: Hand[] | undefined;
  let stopped = false;

  function muster(): Hand[] {
    const started: Hand[] = [];
    for (let count = 0; count < size && !stopped; count++) {
      const thread = startThread('crew');
      if (thread === undefined) break;
      started.push({ thread, jobs: 0 });
    }
    return started;
  }

  async function here<K extends JobKind>(kind: K, job: Jobs[K]['job']): Promise<Jobs[K]['answer']> {
    await new Promise((resolve) => setImmediate(resolve));
    // On this thread nothing may sleep.
    return doJob({ kind, share: 1, ...job } as Job) as Jobs[K]['answer'];
  }

  return {
    size,
    share,
    async run(kind, job) {
      hands ??= muster();
      const hand = hands.reduce<Hand | undefined>(
        (best, one) => (best === undefined || one.jobs < best.jobs ? one : best),
        undefined,
      );
      if (hand === undefined) return await here(kind, job);
      hand.jobs++;
      try {
        return await hand.thread.run({ kind, share, ...job });
      } finally {
        hand.jobs--;
      }
    },
    async stop() {
      stopped = true;
      await Promise.all((hands ?? []).map((hand) => hand.thread.stop()));
    },
  };
}
