/**
 * Rollback requests made by a program instead of a person. An alert is only a hint: the decision rests on
 * what godrift measures itself (design §9).
 */
import type { Facet } from '../catalog/facets.ts';
import type { rollbackTriggers } from '../drift/events.ts';

/** A request to roll back one facet of one target. */
export interface RequestedRollback {
  /** Exact name of a target that this exporter observes. */
  readonly target: string;
  readonly facet: Facet;
  readonly trigger: Exclude<(typeof rollbackTriggers)[number], 'cli' | 'unconfirmed'>;
  /** Identifies this request permanently: the fingerprint of the alert and its start time. */
  readonly key: string;
  /**
   * When the alert started firing, in ms since the epoch. A change made later is not what the alert is about
   * and must not be overwritten.
   */
  readonly since?: number;
  readonly who: string;
  readonly reason?: string;
  /** Span of the HTTP request that delivered the alert; the span of the rollback links to it. */
  readonly link?: { readonly trace_id: string; readonly span_id: string };
}

/** Decision on a rollback request, with a one-line reason. */
export interface RequestDecision {
  /**
   * - `accepted`: carried out, queued for an approval, or recorded as a dry run.
   * - `duplicate`: the same request is already waiting or was already carried out.
   * - `ignored`: there is nothing to roll back.
   * - `refused`: a guard refused it.
   */
  readonly decision: 'accepted' | 'duplicate' | 'ignored' | 'refused';
  readonly why: string;
  /** ID of the rollback that was planned or carried out. */
  readonly rollback?: string;
}
