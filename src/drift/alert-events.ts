/**
 * Journal events of alerts that request a rollback. Each request makes two lines: one when it arrives, one
 * when it is decided.
 */
import type { Facet } from '../catalog/facets.ts';

/** Sources of alerts: the webhooks of Alertmanager and Grafana, and polling Alertmanager. */
export const alertSources = ['alertmanager', 'grafana', 'poll'] as const;

/** Fields that both lines of a request have. */
interface AboutAlert {
  readonly type: 'alert';
  readonly source: (typeof alertSources)[number];
  readonly target: string;
  readonly workspace: string;
  readonly facets: readonly Facet[];
}

/** An alert requested a rollback; the request is queued. */
export interface AlertAskedEvent extends AboutAlert {
  readonly action: 'ask';
  readonly alertname: string;
  /**
   * Keys of the request (fingerprint and start of an alert). The first is its own; the others belong to
   * alerts that requested the same and were merged into it.
   */
  readonly keys: readonly string[];
  /** The alert's own text. */
  readonly reason?: string;
  /** Span of the HTTP request that carried the alert; absent if the alert was polled. */
  readonly trace_id?: string;
  readonly span_id?: string;
  /** The HTTP request. If one request makes several lines, only the first line has it. */
  readonly request?: {
    /** ms since the epoch. */
    readonly start: number;
    readonly end: number;
    readonly status: number;
    /** Span of the sender. */
    readonly parent_span_id?: string;
    /**
     * Resource attributes of the emitter at that time, and its version: spans that are sent again must have
     * the same bytes.
     */
    readonly resource: Readonly<Record<string, string>>;
    readonly version: string;
  };
}

/** The decision on that request. */
export interface AlertAnsweredEvent extends AboutAlert {
  readonly action: 'answer';
  /** First of the request's keys. */
  readonly key: string;
  readonly decision: 'accepted' | 'duplicate' | 'ignored' | 'refused';
  readonly why: string;
  /** Id of the rollback. */
  readonly rollback?: string;
}

export type AlertEvent = AlertAskedEvent | AlertAnsweredEvent;
