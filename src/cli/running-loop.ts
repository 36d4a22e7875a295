/**
 * The loop that runs, and the one that takes its place on a reload. At most one of them passes over targets, and once
 * stopping has begun no other one starts: whoever stops waits for both, however far a reload has come.
 */
import type { Handover, KnownTarget } from '../observe/loop/handover.ts';
import type { Scheduler } from '../observe/loop/scheduler-ports.ts';
import type { TargetSettings } from '../observe/target.ts';

export interface RunningLoop {
  /** The loop whose states are served: the old one until the new one has seen everything. */
  readonly current: () => Scheduler;
  /** Starts the first loop. */
  readonly start: () => Promise<void>;
  /** Stops the loop and starts the next; false when stopping came first. One call after the other. */
  readonly replace: (next: Scheduler) => Promise<boolean>;
  /** Gives the loop another list of targets; what it has of both goes on undisturbed. Not while another call of this or `replace` is under way. */
  readonly retarget: (targets: readonly TargetSettings[]) => Promise<void>;
  /** Stops whatever runs or starts; resolves when nothing of it runs any more. */
  readonly stop: () => Promise<void>;
}

/**
 * Holds a loop that is not started yet. What a loop knows of its targets goes to the next one; of a target that is not in that one it is kept
 * while `unsaved` says that it is not on the disk yet: should the target come back, it is the same one.
 */
export function runningLoop(first: Scheduler, unsaved: (target: KnownTarget) => boolean): RunningLoop {
  let current = first;
  /** What is known of targets that the current loop does not have. */
  let gone: Handover['targets'] = new Map();
  let stopping = false;
  /** What was started and must be waited for: start() of a loop that was stopped meanwhile ends by itself. */
  let starting: { readonly loop: Scheduler; readonly started: Promise<void> } | undefined;

  async function begin(loop: Scheduler, before?: Handover): Promise<void> {
    starting = { loop, started: loop.start(before) };
    await starting.started;
  }

  /** What the next loop may need. */
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
      await starting?.started.catch(() => {}); // who started it has the error
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
