/** Somebody who is no person asks for a rollback: an alert is a hint, and what is measured here decides (design §9). */
import type { Facet } from '../catalog/facets.ts';
import type { rollbackTriggers } from '../drift/events.ts';

/** One ask, for one facet of one target. */
export interface RollbackAsk {
  /** Name of a target that is observed here, exactly. */
  readonly target: string;
  readonly facet: Facet;
  readonly trigger: Exclude<(typeof rollbackTriggers)[number], 'cli' | 'unconfirmed'>;
  /** Names this ask for ever: the fingerprint of the alert, and when it started. */
  readonly key: string;
  /** When the alert began, ms since the epoch: what was changed after it is not what it speaks of, and is not to be lost. */
  readonly since?: number;
  readonly who: string;
  readonly reason?: string;
  /** The span of the request that brought it; the rollback's own links to it. */
  readonly link?: { readonly trace_id: string; readonly span_id: string };
}

/** What became of an ask, and why in one line. */
export interface AskDecision {
  /**
   * `accepted`: carried out, kept for an approval, or recorded as a dry run. `duplicate`: it waits, or was carried out, already. `ignored`: there is nothing
   * to roll back. `refused`: a guard said no.
   */
  readonly decision: 'accepted' | 'duplicate' | 'ignored' | 'refused';
  readonly why: string;
  /** Id of the rollback that was planned or carried out. */
  readonly rollback?: string;
}
