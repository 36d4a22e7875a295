/**
 * All journal events, as one union: what happened to a target, or to the journal itself. Spans, event log
 * lines and the output of `godrift events` are tables that map an event type to a projection. The fields that
 * the journal adds (number, time, digest of the previous line) are in store/journal-line.ts.
 *
 * Lines of older versions lack fields that were added later (`counters`, `severity`), so readers must check
 * for them.
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

/** The onset of a drift, or a change of what has drifted; holds everything that its spans need. */
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
  /**
   * Digest of the differences in each facet, and their onset (ms): enough to rebuild the memory from the
   * journal.
   */
  readonly signatures: Readonly<Partial<Record<Facet, string>>>;
  readonly since: Readonly<Partial<Record<Facet, number>>>;
  /** All counters of the target, this change included; a lost state is restored from them. */
  readonly counters?: Counters;
  /**
   * Fingerprint of the snapshot that `counters` include; the snapshot is stored before this line is written.
   */
  readonly counted_snapshot?: string;
  /** At most 50, heaviest first. */
  readonly changes: readonly EntryChange[];
  readonly entries_omitted: number;
  /** Probable writers of the files behind the drift, where known. */
  readonly writers?: readonly ProbableWriter[];
  /** Start of the first collector and end of the last one, ms since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly runs: readonly CollectorRun[];
  /**
   * Resource attributes of the emitter at that time: spans that are sent again after an upgrade must have the
   * same bytes.
   */
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  readonly trace_id: string;
  readonly span_id: string;
}

/** The end of a drift: the target agrees with its baseline again. */
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
  /** Severity of the onset. */
  readonly severity?: Severity;
  /**
   * Why the drift ended although the target does not agree with its baseline: it is not observed any more.
   */
  readonly why?: string;
  /** As in {@link DriftRecord}. */
  readonly counters?: Counters;
  readonly counted_snapshot?: string;
  readonly start: number;
  readonly end: number;
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  /** Trace and root span of the drift that ended. */
  readonly trace_id: string;
  readonly parent_span_id: string;
  readonly span_id: string;
}

/** A baseline that was learned, or accepted by a user. */
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
  /** SHA-256 of the approved record that was stored with it (store/approved), in hex. */
  readonly record?: string;
}

/** A deployment that was marked: drift is expected for a while. */
export interface DeploymentEvent extends Selected {
  readonly type: 'deployment';
  readonly reason: string;
  readonly grace_seconds: number;
  /** ms since the epoch. */
  readonly at: number;
}

/** The targets that an exemption applies to, and who made it. */
interface Selected {
  readonly id: string;
  readonly who: string;
  readonly target?: string;
  /** Regular expression over target names. */
  readonly pattern?: string;
  readonly workspace?: string;
}

/** A waiver that was added. */
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

/** A waiver that was removed before it expired. */
export interface WaiverRemovedEvent {
  readonly type: 'waiver';
  readonly action: 'remove';
  readonly id: string;
  readonly who: string;
}

/**
 * Operations on a build cache other than rollbacks: a requested repair, and the management of cache
 * generations.
 */
export const cacheOperations = [
  'cache-repair',
  'cache-adopt',
  'cache-new',
  'cache-swap',
  'cache-collect',
] as const;
export type CacheOperation = (typeof cacheOperations)[number];

/** An operation on a build cache that is about to start. */
interface CacheIntent {
  readonly type: 'intent';
  readonly facets: readonly Facet[];
  readonly operation: CacheOperation;
  readonly directory: string;
  readonly steps: number;
  /** The first of the files that will be removed or changed. */
  readonly files: readonly string[];
  readonly why: string;
}

/** The result of the operation. */
interface CacheOutcome {
  readonly type: 'outcome';
  readonly facets: readonly Facet[];
  readonly operation: CacheOperation;
  readonly directory: string;
  /** `undone`: refused, or interrupted before anything changed. */
  readonly result: 'applied' | 'undone' | 'failed';
  readonly done: number;
  readonly needless: number;
  readonly failed: number;
  readonly why: string;
}

export type IntentEvent = CacheIntent | RollbackIntent;
export type OutcomeEvent = CacheOutcome | RollbackOutcome;

/**
 * A target that a discovery pattern found, or no longer finds. If a drift is open then, it stays open and
 * continues when the target returns.
 */
export interface TargetEvent {
  readonly type: 'target';
  readonly change: 'appeared' | 'vanished';
  readonly target: string;
  readonly workspace: string;
  /** Facets with an open drift. */
  readonly facets?: readonly string[];
  /**
   * Number of other targets with the same change, and some of their names. If many change at once, the line
   * names only the first.
   */
  readonly others?: { readonly count: number; readonly names: readonly string[] };
}

/** States that an earlier line is not true: the operation that it announced could not be done. */
export interface UndoEvent {
  readonly type: 'undo';
  /** Number and type of that line. */
  readonly line: number;
  readonly undone: JournalType;
  readonly why: string;
}

/** A gap in the journal, and its reason (store/journal.ts). */
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
      /** When the process stopped with unwritten lines, RFC 3339. */
      readonly stopped?: string;
    }
  | {
      readonly type: 'gap';
      readonly reason: 'changed-outside';
      readonly found_seq: number;
      readonly last_seq: number;
    };

/** All events that the journal can hold. */
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

/** The event with a given type. */
export type EventOf<T extends JournalType> = Extract<JournalEvent, { readonly type: T }>;

/** A projection for every event type. A missing type is a compile error. */
export type EventTable<Result, Rest extends readonly unknown[] = []> = {
  readonly [T in JournalType]: (event: EventOf<T>, ...rest: Rest) => Result;
};

/** Projects an event with the table's row for its type. */
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

/** Reports whether a journal line may have that type (contract §4). */
export function isJournalType(type: unknown): type is JournalType {
  return typeof type === 'string' && Object.hasOwn(types, type);
}
