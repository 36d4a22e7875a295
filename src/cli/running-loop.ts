/**
 * Owns the running loop and its replacement on a reload. At most one loop passes over targets. Once stopping
 * has begun no other loop starts: stop() waits for both loops, however far a reload has come.
 */
import type { Handover, KnownTarget } from '../observe/loop/handover.ts';
import type { Scheduler } from '../observe/loop/scheduler-ports.ts';
import type { TargetSettings } from '../observe/target.ts';

export interface RunningLoop {
  /** The loop whose states are served: the old one until the new one has observed every target. */
  readonly current: () => Scheduler;
  /** Starts the first loop. */
  readonly start: () => Promise<void>;
  /**
   * Stops the loop and starts the next one. Resolves to false if stop() came first. Calls must not overlap.
   */
  readonly replace: (next: Scheduler) => Promise<boolean>;
  /**
   * Changes the target list of the loop without disturbing the targets in both lists. Must not overlap with
   * another call of this method or of `replace`.
   */
  readonly retarget: (targets: readonly TargetSettings[]) => Promise<void>;
  /** Stops every loop that runs or starts; resolves when none runs any more. */
  readonly stop: () => Promise<void>;
}

/**
 * Returns the owner of a loop that is not started yet. A replacement inherits what the old loop knew of its
 * targets. Knowledge of a removed target is kept while `unsaved` reports that it is not on disk yet, so that
 * the target can come back unchanged.
 */
export function runningLoop(first: Scheduler, unsaved: (target: KnownTarget) => boolean): RunningLoop {
  let current = first;
  /** What is known of targets that the current loop does not have. */
  let gone: Handover['targets'] = new Map();
  let stopping = false;
  /**
   * The loop that is starting, which stop() must wait for: start() of a loop that was stopped meanwhile ends
   * by itself.
   */
  let starting: { readonly loop: Scheduler; readonly started: Promise<void> } | undefined;

  async function begin(loop: Scheduler, before?: Handover): Promise<void> {
    starting = { loop, started: loop.start(before) };
    await starting.started;
  }

  /** Returns what the next loop may need. */
  function handover(): Handover {
    const kept = [...gone].filter(([, known]) => unsaved(known));
    const known = current.handover();
    return { ...known, targets: new Map([...kept, ...known.targets]) };
  }

  return {
    current: () => current,
    start: () => begin(first),
    async replace(next) {
      await current.stop();
      await starting?.started.catch(() => {}); // the caller of start() gets the error
      if (stopping) return false;
      const before = handover();
      await begin(next, before);
      if (stopping) return false;
      current = next;
      const has = next.handover().targets;
      gone = new Map([...before.targets].filter(([key]) => !has.has(key)));
      return true;
    },
    async retarget(targets) {
      const before = new Map([...gone].filter(([, known]) => unsaved(known)));
      const went = await current.retarget(targets, before);
      const has = current.handover().targets;
      gone = new Map([...before, ...went].filter(([key, known]) => !has.has(key) && unsaved(known)));
    },
    async stop() {
      stopping = true;
      await current.stop();
      await starting?.loop.stop();
      await starting?.started.catch(() => {});
    },
  };
}
