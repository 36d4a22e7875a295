/**
 * Turns an alert into a rollback request. Its labels only select, by exact match, among configured targets
 * and facets; no label becomes a path, an argument or a pattern, and none is echoed in an answer. Pure.
 */
import { type Facet, facets, facetsWithRollback } from '../../catalog/facets.ts';
import type { alertSources } from '../../drift/alert-events.ts';
import type { ReceivedAlert } from './received.ts';

/** A target that an alert may name. */
export interface AlertTarget {
  readonly name: string;
  readonly workspace: string;
}

/** A rollback request for one facet of one target, made by one or more alerts. */
export interface AlertRequest {
  readonly source: (typeof alertSources)[number];
  readonly target: string;
  readonly workspace: string;
  readonly facet: Facet;
  readonly alertname: string;
  readonly reason?: string;
  /** Keys ({@link keyOf}) of the alerts, at least one. */
  readonly keys: readonly string[];
  /** Span of the HTTP request that delivered the alerts. */
  readonly link?: { readonly trace_id: string; readonly span_id: string };
}

/** A request, or why the alert makes none. */
export type Choice =
  | { readonly ask: Omit<AlertRequest, 'source' | 'keys'> }
  | { readonly decision: 'ignored' | 'refused'; readonly why: string };

/** The label, and its value, by which an alert requests a rollback. */
export const actionLabel = 'godrift_action';
export const rollbackAction = 'rollback';

/** Texts of an alert are cut to this length, in UTF-16 units. */
const longestName = 100;
const longestReason = 300;

/**
 * Identifies one firing of an alert permanently. The key is the same from a webhook and from a poll, whose
 * times have only millisecond precision.
 */
export const keyOf = ({ fingerprint, startedAt }: ReceivedAlert) => `${fingerprint}@${startedAt}`;

/** Returns the start of the alert with this key, in ms since the epoch. */
export const startOf = (key: string) => Number(key.slice(key.indexOf('@') + 1));

/** Returns the key of a facet of a target in the maps of this folder. */
export const slotOf = ({ target, facet }: Pick<AlertRequest, 'target' | 'facet'>) => `${target}\0${facet}`;

const label = ({ labels }: ReceivedAlert, name: string) =>
  Object.hasOwn(labels, name) ? labels[name] : undefined;

const cut = (text: string, units: number) =>
  (text.length <= units ? text : `${text.slice(0, units - 1)}…`).toWellFormed();

/** Returns the request that an alert makes. `targets` maps names to observed targets. */
export function requestOf(alert: ReceivedAlert, targets: ReadonlyMap<string, AlertTarget>): Choice {
  if (!alert.firing)
    return { decision: 'ignored', why: 'it has ended: only a firing alert can request a rollback' };
  if (label(alert, actionLabel) !== rollbackAction)
    return { decision: 'ignored', why: `it requests nothing: it has no ${actionLabel}="${rollbackAction}"` };
  const target = targets.get(label(alert, 'target') ?? '');
  if (target === undefined) return { decision: 'refused', why: 'no such target is observed here' };
  const facet = facets.find((one) => one === label(alert, 'facet'));
  if (facet === undefined) return { decision: 'refused', why: 'there is no such facet' };
  if (!facetsWithRollback.includes(facet))
    return { decision: 'refused', why: `there is no rollback of ${facet}` };
  return {
    ask: {
      target: target.name,
      workspace: target.workspace,
      facet,
      alertname: cut(label(alert, 'alertname') ?? 'an alert without a name', longestName),
      ...(alert.summary === undefined ? {} : { reason: cut(alert.summary, longestReason) }),
    },
  };
}
