/** Lines of the journal about rollbacks: what was asked for, what became of it, and what people said of it. */
import type { Facet } from '../catalog/facets.ts';

/**
 * How a rollback came to be asked for: by whom or what, and under which mode of the configuration (`manual`: a person who was there). `unconfirmed`: nobody
 * confirmed an earlier one in time, which is taken back.
 */
export const rollbackTriggers = ['cli', 'alertmanager', 'grafana', 'poll', 'unconfirmed'] as const;
export const rollbackModes = ['manual', 'dry-run', 'approve', 'auto'] as const;

/** Which rollback, of what, and who asked for it. */
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
  /** What it was asked for, in the words of who asked. */
  readonly reason?: string;
  /** Names the ask of an alert for ever. */
  readonly key?: string;
  /** Id of the rollback that it takes back. */
  readonly reverts?: string;
  /** The span of the request by which an alert asked for it. */
  readonly link?: { readonly trace_id: string; readonly span_id: string };
}

/** What the span of something that was done about a drift needs: a rollback, or a search for the cause. */
export interface TracedDeed {
  /** ms since the epoch. */
  readonly start: number;
  readonly end: number;
  /** As in the record of a drift. */
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  /** The trace of the drift that it is about, and the drift's root span; a trace of its own where no drift was recorded. */
  readonly trace_id: string;
  readonly parent_span_id?: string;
  readonly span_id: string;
}

/** A rollback is about to be made; what it was made of lies in the state directory until its outcome is told. */
export interface RollbackIntent extends AboutRollback {
  readonly type: 'intent';
  /** SHA-256 of the plan as it is kept, in hex. */
  readonly plan: string;
  /** SHA-256 of the record of what stood there before (store/approved), in hex; absent where it is not worth keeping. */
  readonly replaced?: string;
  readonly steps: number;
  /** The first of the names that change. */
  readonly files: readonly string[];
  readonly why: string;
  /** The trace of its outcome; older lines lack it. */
  readonly trace_id?: string;
}

/** One part of a rollback, as its span shows it. */
export interface RollbackPart {
  readonly part: 'guard' | 'step' | 'verify' | 'undo';
  /** Of a step and its undoing: what kind of step. */
  readonly kind?: string;
  readonly path?: string;
  /** ms since the epoch. */
  readonly start: number;
  readonly end: number;
  /** Why it failed; absent where it did not. */
  readonly why?: string;
}

/** How a rollback that was begun ended, or what one would do. */
export interface RollbackOutcome extends AboutRollback, TracedDeed {
  readonly type: 'outcome';
  /** `dry_run`: nothing was begun, for the mode of the configuration is to record only. */
  readonly result: 'applied' | 'undone' | 'failed' | 'dry_run';
  readonly parts: readonly RollbackPart[];
  readonly why: string;
  /** Until when somebody has to confirm it, ms since the epoch; else it is taken back. */
  readonly confirm_by?: number;
  /** Of a way back that did not work: from when on it is tried again, ms since the epoch. */
  readonly retry_at?: number;
}

/** A rollback was refused before anything was changed, with every reason. */
export interface RefusalEvent extends AboutRollback, TracedDeed {
  readonly type: 'refusal';
  readonly refusals: readonly string[];
  /** As of an outcome; absent where no later try would find it otherwise. */
  readonly retry_at?: number;
}

/** A plan that nothing refuses waits for a person. */
export interface ApprovalEvent extends AboutRollback, TracedDeed {
  readonly type: 'approval';
  /** SHA-256 of the steps: what is approved is this plan, and no other. */
  readonly plan: string;
  /** SHA-256 of the approved record that it was made from. */
  readonly record?: string;
  readonly steps: number;
  /** The first of the names that would change. */
  readonly files: readonly string[];
  /** ms since the epoch. */
  readonly expires: number;
  readonly why: string;
}

/** What a person may say of rollbacks: stop all that are not a person's, go on, release a facet from quarantine, confirm one. */
export const controlActions = ['pause', 'resume', 'release', 'confirm'] as const;

/** What a person said. */
export interface ControlEvent {
  readonly type: 'control';
  readonly action: (typeof controlActions)[number];
  readonly who: string;
  readonly reason?: string;
  /** Of `release` and `confirm`: where. */
  readonly target?: string;
  readonly workspace?: string;
  readonly facets?: readonly Facet[];
  /** Of `confirm`: the rollback or the try; older lines do not say which. */
  readonly id?: string;
  readonly tried?: true;
  /** Of `confirm` that nobody said: it was to be taken back, and there was nothing to take back any more. */
  readonly unchanged?: true;
}
