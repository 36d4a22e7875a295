/** Input and output of a step: plain data, so that a step can run in a thread. */
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

/** The persisted past of a target; `undefined` parts are not known yet. */
export interface Remembered {
  readonly memory: Memory;
  readonly learner: Learner;
  readonly accepted?: StoredSnapshot;
  /** `time` of the accepted baseline that is already in the journal. */
  readonly acceptedTold?: number;
  readonly learned?: StoredSnapshot;
  /** `time` of the learned baseline that is already in the journal. */
  readonly learnedTold?: number;
  /** The learned baseline was in force and is gone or damaged. Accepting a baseline clears this. */
  readonly lostLearned?: LostBaseline;
  /** The previous step compared with a committed baseline. */
  readonly comparedWithCommitted?: true;
  /** Entries of the newest snapshot, to detect changes made while godrift was not running. */
  readonly last?: Entries;
}

export const nothingRemembered: Remembered = { memory: emptyMemory, learner: newLearner };

/** An accepted snapshot and its approval. */
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
  /** Number of variables for which `go env` disagreed with the files when it was last asked. */
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
  /** The revision that `committed` was read from, if not the working tree. */
  readonly revision?: string;
  /** Findings about the committed baseline. */
  readonly committedFindings?: readonly Finding[];
  /** Whether a target without a baseline is a finding. */
  readonly requireBaseline?: boolean;
  readonly accepted?: Approved;
  /** The accepted baseline exists and cannot be used. */
  readonly lostAccepted?: LostBaseline;
  /** Undefined if they were not determined, because the observation failed altogether. */
  readonly exemptions?: Exemptions;
  /** Why no collector counts as successful, whatever it found. */
  readonly whyNone?: string;
}

/** The result of a step. */
export interface Step {
  /** Without the onsets of its drifts (`withOnsets`), which are known only for recorded drifts. */
  readonly state: TargetState;
  /** The baseline that it was compared with. */
  readonly baseline: Baseline;
  /** In the order in which they must be written. */
  readonly records: readonly StepRecord[];
  readonly past: Past;
  /** Whether anything persisted has changed; an idle exporter writes nothing. */
  readonly changed: boolean;
  /** When the state changes by time alone, because a waiver or a grace ends, ms since the epoch. */
  readonly until?: number;
}
