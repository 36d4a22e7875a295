/** The interface between a scheduler and the program around it. */
import type { TargetState } from '../../drift/state.ts';
import type { Remembered, StepRecord } from '../../drift/step-data.ts';
import type { Emitter } from '../../drift/transition.ts';
import type { Clock } from '../../host/machine.ts';
import type { SetTimer } from '../../host/timer.ts';
import type { TargetSettings } from '../target.ts';
import type { Handover } from './handover.ts';
import type { PersistedMemory, StartWorker } from './worker-messages.ts';

/** What the scheduler requires of the program. If a port throws, the pass of the target concerned fails. */
export interface SchedulerPorts {
  readonly clock: Clock;
  readonly timer: SetTimer;
  readonly emitter: Emitter;
  readonly startWorker: StartWorker;
  /** Returns the mount point of a directory without accessing the directory, which could hang. */
  readonly mountOf: (directory: string) => string;
  /**
   * Returns when the canary file (canary.ts of cli/wire) was last changed, ms since the epoch. Watching
   * threads prove that they receive events by reporting its changes.
   */
  readonly canaryChanged: () => number | undefined;
  readonly load: (target: TargetSettings) => Promise<Remembered>;
  readonly save: (target: TargetSettings, kept: PersistedMemory) => Promise<void>;
  /**
   * Appends a record to the journal; `kept` is what will be saved after it, including the learned baseline.
   */
  readonly append: (record: StepRecord, kept: PersistedMemory | undefined) => Promise<void>;
  /** Returns the program's current answers to the questions that these targets asked, by question. */
  readonly live: (targets: readonly string[]) => Readonly<Record<string, string>>;
  /** Reports a named problem that impairs the judgement of a target; undefined once it is solved. */
  readonly problem: (target: TargetSettings, name: string, problem: string | undefined) => void;
  /** Called with a target's state after each pass, once the state is recorded. */
  readonly observed: (state: TargetState) => void;
  readonly log: (
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ) => void;
}

export interface Scheduler {
  /**
   * Observes every target, then continues until `stop`. Resolves when each target has a state. Knowledge that
   * is not handed over is loaded.
   */
  start(before?: Handover): Promise<void>;
  stop(): Promise<void>;
  /**
   * Replaces the list of targets; targets that stay are not interrupted. `before` holds what is known of
   * targets that were observed earlier. Resolves with what is known of the removed targets.
   */
  retarget(targets: readonly TargetSettings[], before: Handover['targets']): Promise<Handover['targets']>;
  /**
   * Starts a pass over every target. Resolves when each look or check that began after the call has ended or
   * hangs.
   */
  pass(): Promise<void>;
  /** Returns what is known of the targets, for the successor of this loop. Call it after `stop`. */
  readonly handover: () => Handover;
  /** Returns the same array until a state or the list of targets changes. */
  readonly states: () => readonly TargetState[];
  readonly ready: () => boolean;
  /**
   * Resolves when the memory behind every state served so far is saved. A journal line is enough to serve a
   * change, but not to continue from it.
   */
  readonly recorded: () => Promise<void>;
  readonly stats: () => {
    readonly passes: number;
    readonly watches: number;
    /** Directories that should be watched but are not. */
    readonly failed: number;
    readonly events: number;
    readonly missed: number;
    /** When the threads last saw a change of the canary, ms since the epoch; undefined until they watch. */
    readonly canarySeen?: number;
  };
}
