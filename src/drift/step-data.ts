/** What goes into a step and what comes out of it: plain data, so that a step can run in a thread. */
import type { Baseline, BaselineMode, StoredSnapshot } from './choose-baseline.ts';
import type { BaselineRecord, DriftRecord, ResolvedRecord } from './events.ts';
import type { Exemptions } from './exemptions.ts';
import { type Learner, newLearner } from './learner.ts';
import type { LostBaseline } from './lost-baseline.ts';
import type { Finding, Observation } from './model.ts';
import type { Pin } from './pins.ts';
import type { Entries } from './snapshot.ts';
import type { CollectorState, TargetState } from './state.ts';
import { emptyMemory, type Memory } from './transition.ts';

/** What a target's past is; `undefined` parts are not known yet. */
export interface Remembered {
  readonly memory: Memory;
  readonly learner: Learner;
  readonly accepted?: StoredSnapshot;
  /** `time` of the accepted baseline that the journal knows. */
  readonly acceptedTold?: number;
  readonly learned?: StoredSnapshot;
  /** `time` of the learned baseline that the journal knows. */
  readonly learnedTold?: number;
  /** The learned baseline is known to have been in force, and is gone or damaged. A baseline that is accepted ends it. */
  readonly lostLearned?: LostBaseline;
  /** The step before compared with a committed baseline. */
  readonly comparedWithCommitted?: true;
  /** Entries of the newest snapshot, for changes made while the program was down. */
  readonly last?: Entries;
}

export const nothingRemembered: Remembered = { memory: emptyMemory, learner: newLearner };

/** An approved snapshot and its approval. */
export interface Approved extends StoredSnapshot {
  readonly fingerprint: string;
  readonly who?: string;
  readonly why?: string;
}

/** A line that a step adds to the journal. */
export type StepRecord = DriftRecord | ResolvedRecord | BaselineRecord;

/** What is known of a target between two steps. */
export interface Past {
  readonly remembered: Remembered;
  readonly collectors: readonly CollectorState[];
  /** How often `go env` answered otherwise when it was asked last. */
  readonly disagreements?: number;
}

export const noPast: Past = { remembered: nothingRemembered, collectors: [] };

/** What was observed of a target, and what it is judged by. */
export interface Observed {
  readonly observation: Observation;
  readonly pool: string;
  readonly home: string;
  readonly pins: readonly Pin[];
  readonly required: readonly string[];
  readonly baseline: BaselineMode;
  readonly committed?: StoredSnapshot;
  /** The revision that `committed` was read from, where that is not the working tree. */
  readonly revision?: string;
  /** What is to be said of the committed baseline. */
  readonly committedFindings?: readonly Finding[];
  /** A target without a baseline is a finding. */
  readonly requireBaseline?: boolean;
  readonly accepted?: Approved;
  /** The accepted baseline is there and cannot be used. */
  readonly lostAccepted?: LostBaseline;
  /** Undefined where nobody asked: the observation failed altogether. */
  readonly exemptions?: Exemptions;
  /** Why no collector counts as successful, whatever it found. */
  readonly whyNone?: string;
}

/** What a step gives. */
export interface Step {
  /** Without the onsets of its drifts (`withOnsets`): those belong to a drift that is recorded. */
  readonly state: TargetState;
  /** What it was compared with. */
  readonly baseline: Baseline;
  /** In the order in which they are to be written. */
  readonly records: readonly StepRecord[];
  readonly past: Past;
  /** Whether anything that is persisted differs; an idle exporter writes nothing. */
  readonly changed: boolean;
  /** When the state changes by time alone: a waiver or a grace ends. ms since the epoch. */
  readonly until?: number;
}
