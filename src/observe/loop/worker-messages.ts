/** Messages between the scheduler and its workers: plain data, because they cross threads. */

import type { StoredSnapshot } from '../../drift/choose-baseline.ts';
import type { Learner } from '../../drift/learner.ts';
import type { CollectorState, TargetState } from '../../drift/state.ts';
import type { StepRecord } from '../../drift/step-data.ts';
import type { Memory } from '../../drift/transition.ts';
import type { TargetSettings } from '../target.ts';
import type { Progress, watching } from './progress.ts';

/**
 * What the workspace's own files demanded when they were last usable: a damaged file does not lift its
 * demands.
 */
export interface Demands {
  readonly refined?: TargetSettings;
  readonly committed?: StoredSnapshot;
}

/** Job: observe a target. */
export interface ObserveJob {
  readonly kind: 'look';
  readonly settings: TargetSettings;
  /** What is known of the target, serialised by target-past.ts. */
  readonly past: Uint8Array;
  readonly collectors: readonly CollectorState[];
  /** A whole look: everything is read anew, and `go env` is run. */
  readonly whole: boolean;
  /** Another look follows at once, so updating the watches can wait. */
  readonly more: boolean;
  /**
   * Why the target's stored memory cannot be read. While set, nothing is learned, counted, recorded or saved.
   */
  readonly unread?: string;
  /** The index is 0 or {@link watching}. */
  readonly progress: Progress;
}

/** Job: find the targets whose look would see the same as their last one. */
export interface CheckJob {
  readonly kind: 'check';
  readonly names: readonly string[];
  /** Checks with the same round share their answers from the file system. */
  readonly round: number;
  /** The program's current answers, by question. */
  readonly live: Readonly<Record<string, string>>;
  /** The index is the place in `names` of the target that is checked, or {@link watching}. */
  readonly progress: Progress;
}

/** Job: forget targets that are observed elsewhere or not at all. */
export interface ForgetJob {
  readonly kind: 'forget';
  readonly names: readonly string[];
}

export type WorkerJob = ObserveJob | CheckJob | ForgetJob;

/** What to save after a look; `last` and `learned.text` are formatted snapshots. */
export interface PersistedMemory {
  readonly memory: Memory;
  readonly learner: Learner;
  readonly acceptedTold?: number;
  readonly learnedTold?: number;
  readonly comparedWithCommitted?: true;
  readonly last?: string;
  readonly learned?: { readonly text: string; readonly fingerprint: string; readonly time: number };
}

/**
 * Result of a look. If the job had `unread`, there are no records, and `past` and `memory` are those of the
 * job.
 */
export interface ObserveAnswer {
  readonly state: TargetState;
  readonly records: readonly StepRecord[];
  readonly past: Uint8Array;
  readonly memory: Memory;
  /** Present if persisted data changed. */
  readonly kept?: PersistedMemory;
  /** Whether the next look can be skipped while nothing changes. */
  readonly settled: boolean;
  /**
   * Changes since the previous look may predate the watches, so a missing event does not mean that a watch is
   * broken.
   */
  readonly wasUnwatched?: true;
  /** The target's stored memory could not be read for this look. */
  readonly unread?: true;
  readonly until?: number;
  /** Problems that impair the judgement of the target, by name; undefined once solved. */
  readonly problems: Readonly<Record<string, string | undefined>>;
}

/** Result of a look that failed because the system refused to read something. */
export interface Refused {
  readonly refused: string;
}

/** Sent by a worker on its own: files of these targets may have changed. */
export interface News {
  readonly targets: readonly string[];
  readonly files: readonly string[];
  readonly watch: {
    readonly watches: number;
    readonly events: number;
    readonly failed: number;
    /** When a change of the canary was last seen, ms since the epoch; until then, when watching began. */
    readonly canarySeen?: number;
  };
}

/** A worker as the scheduler sees it: a thread, or a substitute for one. */
export interface WorkerHandle {
  readonly alive: () => boolean;
  /** Rejects when the job throws, or when the worker dies. */
  run(job: WorkerJob): Promise<unknown>;
  /** Ends the worker. Resolves when it has ended, which a thread that hangs in the kernel never does. */
  stop(): Promise<void>;
}
export type StartWorker = (onNews: (news: News) => void) => WorkerHandle;
