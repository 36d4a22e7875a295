/**
 * The loop that runs, and the one that takes its place on a reload. At most one of them passes over targets, and once
 * stopping has begun no other one starts: whoever stops waits for both, however far a reload has come.
 */
import type { Scheduler } from '../observe/scheduler.ts';

export interface RunningLoop {
  /** The loop whose states are served: the old one until the new one has seen everything. */
  readonly current: () => Scheduler;
  /** Starts the first loop. */
  readonly start: () => Promise<void>;
  /** Stops the loop and starts the next; false when stopping came first. One call after the other. */
  readonly replace: (next: Scheduler) => Promise<boolean>;
  /** Stops whatever runs or starts; resolves when nothing of it runs any more. */
  readonly stop: () => Promise<void>;
}

/** Holds a loop that is not started yet. */
export function runningLoop(first: Scheduler): RunningLoop {
  let current = first;
  let stopping = false;
  /** What was started and must be waited for: start() of a loop that was stopped meanwhile ends by itself. */
  let starting: { readonly loop: Scheduler; readonly started: Promise<void> } | undefined;

  async function begin(loop: Scheduler): Promise<void> {
    starting = { loop, started: loop.start() };
    await starting.started;
  }

  return {
    current: () => current,
    start: () => begin(first),
    async replace(next) {
      await current.stop();
      await starting?.started.catch(() => {}); // who started it has the error
      if (stopping) return false;
      await begin(next);
      if (stopping) return false;
      current = next;
      return true;
    },
    async stop() {
      stopping = true;
      await current.stop();
      await starting?.loop.stop();
      await starting?.started.catch(() => {});
    },
  };
}
