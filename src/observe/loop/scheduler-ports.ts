/** What a scheduler needs of the program around it, and what it gives. */
import type { TargetState } from '../../drift/state.ts';
import type { Remembered, StepRecord } from '../../drift/step-data.ts';
import type { Emitter } from '../../drift/transition.ts';
import type { Clock } from '../../host/machine.ts';
import type { SetTimer } from '../../host/timer.ts';
import type { TargetSettings } from '../target.ts';
import type { Handover } from './handover.ts';
import type { Kept, StartWorker } from './worker-messages.ts';

/** The scheduler's way to the outside. What throws fails the pass of its target. */
export interface SchedulerPorts {
  readonly clock: Clock;
  readonly timer: SetTimer;
  readonly emitter: Emitter;
  readonly startWorker: StartWorker;
  /** The mount point of a directory, told without asking the directory: one that hangs would not answer. */
  readonly mountOf: (directory: string) => string;
  /** When the file was changed last by which watching threads prove that they hear (canary.ts of cli/wire), ms since the epoch. */
  readonly canaryChanged: () => number | undefined;
  readonly load: (target: TargetSettings) => Promise<Remembered>;
  readonly save: (target: TargetSettings, kept: Kept) => Promise<void>;
  /** Records what happened; `kept` is what is to be saved after it, the learned baseline among it. */
  readonly append: (record: StepRecord, kept: Kept | undefined) => Promise<void>;
  /** What the program knows of what these targets asked for, by the name of the question. */
  readonly live: (targets: readonly string[]) => Readonly<Record<string, string>>;
  /** What keeps a target from being judged as it should be, by name; undefined once it is over. */
  readonly problem: (target: TargetSettings, name: string, problem: string | undefined) => void;
  /** A target's state after each pass, once it was recorded. */
  readonly observed: (state: TargetState) => void;
  readonly log: (
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ) => void;
}

export interface Scheduler {
  /** Looks at every target, then goes on until `stop`. Resolves when each has a state. What is not handed over is loaded. */
  start(before?: Handover): Promise<void>;
  stop(): Promise<void>;
  /**
   * Takes up targets that came and lets go of those that went, while the others go on. `before` is what is known of targets that were here once;
   * the answer is what is known of those that went.
   */
  retarget(targets: readonly TargetSettings[], before: Handover['targets']): Promise<Handover['targets']>;
  /** Looks at every target now; resolves when each look or check that began after the call has ended, or hangs. */
  pass(): Promise<void>;
  /** What is known of the targets, for the loop that comes after this one; to be asked once it has stopped. */
  readonly handover: () => Handover;
  /** The same list until a state of it, or the targets, are others. */
  readonly states: () => readonly TargetState[];
  readonly ready: () => boolean;
  /** Resolves when the memory of every state that was served until then is saved: a line of the journal is enough to serve a change, and not to go on from it. */
  readonly recorded: () => Promise<void>;
  readonly stats: () => {
    readonly passes: number;
    readonly watches: number;
    /** Directories that were to be watched and are not. */
    readonly failed: number;
    readonly events: number;
    readonly missed: number;
    /** When the threads saw the canary last, ms since the epoch; undefined before they watch. */
    readonly canarySeen?: number;
  };
}
