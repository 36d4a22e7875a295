/** Lines of the journal about alerts that ask for a rollback: two for each ask, before it is looked at and afterwards. */
import type { Facet } from '../catalog/facets.ts';

/** Where alerts come from: the webhooks of Alertmanager and Grafana, and what a poll of Alertmanager found. */
export const alertSources = ['alertmanager', 'grafana', 'poll'] as const;

/** What an alert is about, in both of its lines. */
interface AboutAlert {
  readonly type: 'alert';
  readonly source: (typeof alertSources)[number];
  readonly target: string;
  readonly workspace: string;
  readonly facets: readonly Facet[];
}

/** An alert asked for a rollback, and the ask waits for its turn. */
export interface AlertAskedEvent extends AboutAlert {
  readonly action: 'ask';
  readonly alertname: string;
  /** Names of the ask (fingerprint and start of an alert), the first of them its own, the others those of alerts that asked for the same with it. */
  readonly keys: readonly string[];
  /** In the words of the alert. */
  readonly reason?: string;
  /** The span of the request that brought it; one that was polled has none. */
  readonly trace_id?: string;
  readonly span_id?: string;
  /** That request; of several lines of one request the first has it. */
  readonly request?: {
    /** ms since the epoch. */
    readonly start: number;
    readonly end: number;
    readonly status: number;
    /** The span of whoever sent it. */
    readonly parent_span_id?: string;
    /** Resource attributes of the emitter at that time, and its version: a resend is the same bytes. */
    readonly resource: Readonly<Record<string, string>>;
    readonly version: string;
  };
}

/** What became of that ask. */
export interface AlertAnsweredEvent extends AboutAlert {
  readonly action: 'answer';
  /** The first of its keys. */
  readonly key: string;
  readonly decision: 'accepted' | 'duplicate' | 'ignored' | 'refused';
  readonly why: string;
  /** Id of the rollback. */
  readonly rollback?: string;
}

export type AlertEvent = AlertAskedEvent | AlertAnsweredEvent;
