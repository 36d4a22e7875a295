/** What the scheduler and its workers say to each other: plain data, for it crosses threads. */

import type { StoredSnapshot } from '../../drift/choose-baseline.ts';
import type { Learner } from '../../drift/learner.ts';
import type { CollectorState, TargetState } from '../../drift/state.ts';
import type { StepRecord } from '../../drift/step-data.ts';
import type { Memory } from '../../drift/transition.ts';
import type { TargetSettings } from '../target.ts';

/** What the workspace's own files said when they could be used last: a damaged file does not lift what they demand. */
export interface Demands {
  readonly refined?: TargetSettings;
  readonly committed?: StoredSnapshot;
}

/** In the place of an index: the thread is through with the targets of its job, and makes watches, for those of earlier jobs as well. */
export const watching = -1;

/** Looks at a target. */
export interface ObserveJob {
  readonly kind: 'look';
  readonly settings: TargetSettings;
  /** What is known of it, in the form of past.ts. */
  readonly past: Uint8Array;
  readonly collectors: readonly CollectorState[];
  /** Everything is read anew, and `go env` is asked. */
  readonly whole: boolean;
  /** Another look follows at once: watches can wait for it. */
  readonly more: boolean;
  /** Why what is known of the target cannot be read: then nothing is learned, counted, told or kept. */
  readonly unread?: string;
  /** 0, or {@link watching}: shared memory, as that of a check. */
  readonly progress: Int32Array;
}

/** Asks of which targets a look would see the same as the last one. */
export interface CheckJob {
  readonly kind: 'check';
  readonly names: readonly string[];
  /** Checks of one round share what they asked the file system. */
  readonly round: number;
  /** What the program knows now, by the name of the question. */
  readonly live: Readonly<Record<string, string>>;
  /** Index of the target that is looked through, or {@link watching}; shared memory: who hangs is known when nothing answers any more. */
  readonly progress: Int32Array;
}

/** Forgets targets, which are looked at elsewhere or not at all. */
export interface ForgetJob {
  readonly kind: 'forget';
  readonly names: readonly string[];
}

export type WorkerJob = ObserveJob | CheckJob | ForgetJob;

/** What is to be kept on the disk after a look; texts are snapshots. */
export interface Kept {
  readonly memory: Memory;
  readonly learner: Learner;
  readonly acceptedTold?: number;
  readonly learnedTold?: number;
  readonly comparedWithCommitted?: true;
  readonly last?: string;
  readonly learned?: { readonly text: string; readonly fingerprint: string; readonly time: number };
}

/** What a look gives. With `unread` of its job it has no records, and past and memory are those that it was given. */
export interface ObserveAnswer {
  readonly state: TargetState;
  readonly records: readonly StepRecord[];
  readonly past: Uint8Array;
  readonly memory: Memory;
  /** Where something that is persisted changed. */
  readonly kept?: Kept;
  /** Whether the next look can be spared while everything stays as it is. */
  readonly settled: boolean;
  /** What changed since the look before may have done so while nobody watched yet: that it was not announced is no sign of a blind watch. */
  readonly wasUnwatched?: true;
  /** What is known of the target could not be read for this look. */
  readonly unread?: true;
  readonly until?: number;
  /** What keeps the target from being judged as it should be, by name; undefined once it is over. */
  readonly problems: Readonly<Record<string, string | undefined>>;
}

/** A look that came to nothing: the system refused to read something, and why. */
export interface Refused {
  readonly refused: string;
}

/** What a worker tells unasked: files of these targets may have changed. */
export interface News {
  readonly targets: readonly string[];
  readonly files: readonly string[];
  readonly watch: {
    readonly watches: number;
    readonly events: number;
    readonly failed: number;
    /** When the canary was seen last, ms since the epoch; before that, when it began to be watched. */
    readonly canarySeen?: number;
  };
}

/** A worker as the scheduler sees it: a thread, or what stands for one. */
export interface WorkerHandle {
  readonly alive: () => boolean;
  /** Rejects when the job throws, or when the worker dies. */
  run(job: WorkerJob): Promise<unknown>;
  /** Ends it; resolves when it has ended, which a thread that hangs in the kernel does not. */
  stop(): Promise<void>;
}
export type StartWorker = (onNews: (news: News) => void) => WorkerHandle;
