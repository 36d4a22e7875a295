/**
 * Everything that is written into the journal, as one union: what happened to a target or to the record itself. Spans, lines of the event log
 * and what `godrift events` prints are tables from a type of event to a projection. What the journal adds (number, time, digest of the line
 * before) is in store/journal-line.ts.
 *
 * Lines of older versions lack what was added later (`counters`, `severity`): who reads a journal asks whether it is there.
 */
import type { Facet, Level } from '../catalog/facets.ts';
import type { Cause } from '../catalog/metrics.ts';
import type { AlertEvent } from './alert-events.ts';
import type { BlameEvent } from './blame-event.ts';
import type { CollectorRun } from './model.ts';
import type { ProbableWriter } from './probable-writer.ts';
import type {
  ApprovalEvent,
  ControlEvent,
  RefusalEvent,
  RollbackIntent,
  RollbackOutcome,
} from './rollback-events.ts';
import type { Severity } from './severity.ts';
import type { Counters, EntryChange } from './state.ts';
import type { TryEvent } from './try-event.ts';

export {
  type ApprovalEvent,
  type ControlEvent,
  controlActions,
  type RefusalEvent,
  type RollbackIntent,
  type RollbackOutcome,
  type RollbackPart,
  rollbackModes,
  rollbackTriggers,
} from './rollback-events.ts';

/** An onset (or of a change of what drifted); holds all that its spans need. */
export interface DriftRecord {
  readonly type: 'drift';
  readonly event_id: string;
  readonly target: string;
  readonly workspace: string;
  readonly level: Level;
  readonly facets: readonly Facet[];
  readonly cause: Cause;
  readonly change_ratio: number;
  readonly semantic_distance: number;
  readonly fingerprint_old: string;
  readonly fingerprint_new: string;
  readonly baseline_kind: 'pinned' | 'learned';
  /** What differs in each facet, as a digest, and since when (ms): the memory can be rebuilt from the journal. */
  readonly signatures: Readonly<Partial<Record<Facet, string>>>;
  readonly since: Readonly<Partial<Record<Facet, number>>>;
  /** All that was counted of the target until then, this change included: what a lost state is restored from. */
  readonly counters?: Counters;
  /** Fingerprint of the snapshot up to which `counters` count; stored before the line is written. */
  readonly counted_snapshot?: string;
  /** At most 50, heaviest first. */
  readonly changes: readonly EntryChange[];
  readonly entries_omitted: number;
  /** Who probably wrote files behind it, where something is known of that. */
  readonly writers?: readonly ProbableWriter[];
  /** ms since the epoch: first collector's start, last one's end. */
  readonly start: number;
  readonly end: number;
  readonly runs: readonly CollectorRun[];
  /** Resource attributes of the emitter at that time: a resend after an upgrade must be the same bytes. */
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  readonly trace_id: string;
  readonly span_id: string;
}

/** An end: the target agrees with its baseline again. */
export interface ResolvedRecord {
  readonly type: 'resolved';
  readonly event_id: string;
  readonly target: string;
  readonly workspace: string;
  readonly level: Level;
  readonly facets: readonly Facet[];
  readonly cause: Cause;
  readonly fingerprint_old: string;
  readonly fingerprint_new: string;
  readonly baseline_kind: 'pinned' | 'learned';
  readonly duration_s: number;
  /** That of the onset. */
  readonly severity?: Severity;
  /** Why it ended without the target agreeing with its baseline again: nobody looks at it any more. */
  readonly why?: string;
  /** As in {@link DriftRecord}. */
  readonly counters?: Counters;
  readonly counted_snapshot?: string;
  readonly start: number;
  readonly end: number;
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  /** The trace of the drift that ended, and its root span. */
  readonly trace_id: string;
  readonly parent_span_id: string;
  readonly span_id: string;
}

/** A baseline of a target that was learned, or that a person accepted. */
export interface BaselineRecord {
  readonly type: 'baseline';
  readonly target: string;
  readonly workspace: string;
  readonly kind: 'learned' | 'accepted';
  readonly fingerprint: string;
  /** When the snapshot was taken, ms since the epoch. */
  readonly taken: number;
  readonly who?: string;
  readonly why?: string;
  /** SHA-256 of the approved record that was kept with it (store/approved), in hex. */
  readonly record?: string;
}

/** A deployment that was marked: its drift is expected for a while. */
export interface DeploymentEvent extends Selected {
  readonly type: 'deployment';
  readonly reason: string;
  readonly grace_seconds: number;
  /** ms since the epoch. */
  readonly at: number;
}

/** Whom an exemption is for, and who made it. */
interface Selected {
  readonly id: string;
  readonly who: string;
  readonly target?: string;
  /** A regular expression over names of targets. */
  readonly pattern?: string;
  readonly workspace?: string;
}

/** A waiver that was made. */
export interface WaiverAddedEvent extends Selected {
  readonly type: 'waiver';
  readonly action: 'add';
  readonly facet?: Facet;
  readonly rule?: string;
  readonly key?: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly expires: string;
}

/** A waiver that was ended before its time. */
export interface WaiverRemovedEvent {
  readonly type: 'waiver';
  readonly action: 'remove';
  readonly id: string;
  readonly who: string;
}

/** What is done to a build cache beside rollbacks: a repair that somebody asked for, and what is done with its generations. */
export const cacheOperations = [
  'cache-repair',
  'cache-adopt',
  'cache-new',
  'cache-swap',
  'cache-collect',
] as const;
export type CacheOperation = (typeof cacheOperations)[number];

/** Something is about to be done to a build cache. */
interface CacheIntent {
  readonly type: 'intent';
  readonly facets: readonly Facet[];
  readonly operation: CacheOperation;
  readonly directory: string;
  readonly steps: number;
  /** The first of the files that are to be removed, or change. */
  readonly files: readonly string[];
  readonly why: string;
}

/** What became of it. */
interface CacheOutcome {
  readonly type: 'outcome';
  readonly facets: readonly Facet[];
  readonly operation: CacheOperation;
  readonly directory: string;
  /** `undone`: it was refused, or interrupted before anything changed. */
  readonly result: 'applied' | 'undone' | 'failed';
  readonly done: number;
  readonly needless: number;
  readonly failed: number;
  readonly why: string;
}

export type IntentEvent = CacheIntent | RollbackIntent;
export type OutcomeEvent = CacheOutcome | RollbackOutcome;

/** A target that a pattern found, or finds no more; a drift that is open meanwhile stays open, and goes on when the target comes back. */
export interface TargetEvent {
  readonly type: 'target';
  readonly change: 'appeared' | 'vanished';
  readonly target: string;
  readonly workspace: string;
  /** Facets whose drift is open. */
  readonly facets?: readonly string[];
  /** How many others did the same, and some of their names: of many at once the line tells the first. */
  readonly others?: { readonly count: number; readonly names: readonly string[] };
}

/** An earlier line is not true: what it told could not be done. */
export interface UndoEvent {
  readonly type: 'undo';
  /** Number of that line, and its type. */
  readonly line: number;
  readonly undone: JournalType;
  readonly why: string;
}

/** The record itself has a hole, and why (store/journal.ts). */
export type GapEvent =
  | {
      readonly type: 'gap';
      readonly reason: 'torn-line';
      readonly segment: string;
      readonly bytes: number;
      readonly digest: string;
    }
  | {
      readonly type: 'gap';
      readonly reason: 'unreadable-line';
      readonly segment: string;
      readonly lines: number;
    }
  | {
      readonly type: 'gap';
      readonly reason: 'not-written';
      readonly appends: number;
      readonly why: string;
      /** When the process ended with them, RFC 3339. */
      readonly stopped?: string;
    }
  | {
      readonly type: 'gap';
      readonly reason: 'changed-outside';
      readonly found_seq: number;
      readonly last_seq: number;
    };

/** All that the journal holds. */
export type JournalEvent =
  | DriftRecord
  | ResolvedRecord
  | BaselineRecord
  | DeploymentEvent
  | WaiverAddedEvent
  | WaiverRemovedEvent
  | IntentEvent
  | OutcomeEvent
  | TargetEvent
  | UndoEvent
  | GapEvent
  | AlertEvent
  | RefusalEvent
  | ApprovalEvent
  | ControlEvent
  | BlameEvent
  | TryEvent;

export type JournalType = JournalEvent['type'];

/** An event of that type. */
export type EventOf<T extends JournalType> = Extract<JournalEvent, { readonly type: T }>;

/** A projection of every type of event: one that is left out does not compile. */
export type EventTable<Result, Rest extends readonly unknown[] = []> = {
  readonly [T in JournalType]: (event: EventOf<T>, ...rest: Rest) => Result;
};

/** Projects an event by its row of a table. */
export function project<Result, Rest extends readonly unknown[]>(
  table: EventTable<Result, Rest>,
  event: JournalEvent,
  ...rest: Rest
): Result {
  return (table[event.type] as (event: JournalEvent, ...rest: Rest) => Result)(event, ...rest);
}

const types: Readonly<Record<JournalType, true>> = {
  drift: true,
  resolved: true,
  baseline: true,
  alert: true,
  refusal: true,
  intent: true,
  outcome: true,
  undo: true,
  deployment: true,
  waiver: true,
  target: true,
  gap: true,
  approval: true,
  control: true,
  blame: true,
  try: true,
};

/** Whether a line may have that type (contract §4). */
export function isJournalType(type: unknown): type is JournalType {
  return typeof type === 'string' && Object.hasOwn(types, type);
}
