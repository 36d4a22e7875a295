/** Journal events of rollbacks: the request, its result, and decisions of users. */
import type { Facet } from '../catalog/facets.ts';

/**
 * What requested a rollback, and the configured mode (`manual`: a user ran the command). Trigger
 * `unconfirmed`: an earlier rollback was not confirmed in time and is reverted.
 */
export const rollbackTriggers = ['cli', 'alertmanager', 'grafana', 'poll', 'unconfirmed'] as const;
export const rollbackModes = ['manual', 'dry-run', 'approve', 'auto'] as const;

/** Which rollback, of what, and who requested it. */
interface AboutRollback {
  readonly operation: 'rollback';
  /** 16 hex digits. */
  readonly id: string;
  readonly target: string;
  readonly workspace: string;
  readonly facets: readonly Facet[];
  readonly who: string;
  readonly mode: (typeof rollbackModes)[number];
  readonly trigger: (typeof rollbackTriggers)[number];
  /** Reason in the requester's words. */
  readonly reason?: string;
  /** Permanent key of an alert's request. */
  readonly key?: string;
  /** Id of the rollback that this one reverts. */
  readonly reverts?: string;
  /** Span of the HTTP request that carried the alert. */
  readonly link?: { readonly trace_id: string; readonly span_id: string };
}

/** Fields for the span of an operation that answers a drift: a rollback, or a search for the cause. */
export interface TracedDeed {
  /** ms since the epoch. */
  readonly start: number;
  readonly end: number;
  /** As in the drift's record. */
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  /** Trace and root span of the drift; a trace of its own if no drift was recorded. */
  readonly trace_id: string;
  readonly parent_span_id?: string;
  readonly span_id: string;
}

/** A rollback is about to start. Its plan stays in the state directory until the outcome is recorded. */
export interface RollbackIntent extends AboutRollback {
  readonly type: 'intent';
  /** SHA-256 of the stored plan, in hex. */
  readonly plan: string;
  /**
   * SHA-256 of the record of the previous state (store/approved), in hex; absent if that state is not worth
   * keeping.
   */
  readonly replaced?: string;
  readonly steps: number;
  /** The first of the files that will change. */
  readonly files: readonly string[];
  readonly why: string;
  /** Trace of the outcome; absent in older lines. */
  readonly trace_id?: string;
}

/** One part of a rollback, as shown in its span. */
export interface RollbackPart {
  readonly part: 'guard' | 'step' | 'verify' | 'undo';
  /** Kind of step, if the part is a step or the undoing of one. */
  readonly kind?: string;
  readonly path?: string;
  /** ms since the epoch. */
  readonly start: number;
  readonly end: number;
  /** Why it failed; absent if it succeeded. */
  readonly why?: string;
}

/** The result of a rollback that was started, or of a dry run. */
export interface RollbackOutcome extends AboutRollback, TracedDeed {
  readonly type: 'outcome';
  /** `dry_run`: nothing was changed, because the configured mode only records. */
  readonly result: 'applied' | 'undone' | 'failed' | 'dry_run';
  readonly parts: readonly RollbackPart[];
  readonly why: string;
  /** Deadline for the confirmation, ms since the epoch; after that the rollback is reverted. */
  readonly confirm_by?: number;
  /** For a failed revert: time of the next try, ms since the epoch. */
  readonly retry_at?: number;
}

/** A rollback was refused before anything changed, with every reason. */
export interface RefusalEvent extends AboutRollback, TracedDeed {
  readonly type: 'refusal';
  readonly refusals: readonly string[];
  /** As in an outcome; absent if no later try needs it. */
  readonly retry_at?: number;
}

/** A plan without refusals waits for a user's approval. */
export interface ApprovalEvent extends AboutRollback, TracedDeed {
  readonly type: 'approval';
  /** SHA-256 of the steps: the approval is valid for this plan only. */
  readonly plan: string;
  /** SHA-256 of the approved record that the plan was made from. */
  readonly record?: string;
  readonly steps: number;
  /** The first of the files that would change. */
  readonly files: readonly string[];
  /** ms since the epoch. */
  readonly expires: number;
  readonly why: string;
}

/**
 * Decisions of users: pause all automatic rollbacks, resume them, release a facet from quarantine, confirm a
 * rollback.
 */
export const controlActions = ['pause', 'resume', 'release', 'confirm'] as const;

/** A decision of a user. */
export interface ControlEvent {
  readonly type: 'control';
  readonly action: (typeof controlActions)[number];
  readonly who: string;
  readonly reason?: string;
  /** For `release` and `confirm`: the target and facets concerned. */
  readonly target?: string;
  readonly workspace?: string;
  readonly facets?: readonly Facet[];
  /** For `confirm`: id of the rollback or try; absent in older lines. */
  readonly id?: string;
  readonly tried?: true;
  /** For an automatic `confirm`: the revert was due, but there was nothing left to revert. */
  readonly unchanged?: true;
}
