/**
 * What an alert asks for. Its labels select by exact match among what is configured here; none becomes a path, an argument or a pattern, and none is repeated in
 * an answer. Pure.
 */
import { type Facet, facets, facetsWithRollback } from '../../catalog/facets.ts';
import type { alertSources } from '../../drift/alert-events.ts';
import type { ReceivedAlert } from './received.ts';

/** A target that may be asked for. */
export interface AskedTarget {
  readonly name: string;
  readonly workspace: string;
}

/** What alerts ask for together: one rollback of one facet of one target. */
export interface AlertAsk {
  readonly source: (typeof alertSources)[number];
  readonly target: string;
  readonly workspace: string;
  readonly facet: Facet;
  readonly alertname: string;
  readonly reason?: string;
  /** {@link keyOf} the alerts, at least one. */
  readonly keys: readonly string[];
  /** The span of the request that brought it. */
  readonly link?: { readonly trace_id: string; readonly span_id: string };
}

/** An ask, or why there is none. */
export type Choice =
  | { readonly ask: Omit<AlertAsk, 'source' | 'keys'> }
  | { readonly decision: 'ignored' | 'refused'; readonly why: string };

/** The label by which an alert asks, and its value. */
export const actionLabel = 'godrift_action';
export const rollbackAction = 'rollback';

/** Longest texts of an alert that are kept, in UTF-16 units. */
const longestName = 100;
const longestReason = 300;

/** Names one firing of an alert for ever: the same from a webhook as from a poll, whose times have no more than milliseconds. */
export const keyOf = ({ fingerprint, startedAt }: ReceivedAlert) => `${fingerprint}@${startedAt}`;

/** When the alert of a key began, ms since the epoch. */
export const startOf = (key: string) => Number(key.slice(key.indexOf('@') + 1));

/** Names a facet of a target in the tables of this folder. */
export const slotOf = ({ target, facet }: Pick<AlertAsk, 'target' | 'facet'>) => `${target}\0${facet}`;

const label = ({ labels }: ReceivedAlert, name: string) =>
  Object.hasOwn(labels, name) ? labels[name] : undefined;

const cut = (text: string, units: number) =>
  (text.length <= units ? text : `${text.slice(0, units - 1)}…`).toWellFormed();

/** What an alert asks for, of targets by their names. */
export function chooseAsk(alert: ReceivedAlert, targets: ReadonlyMap<string, AskedTarget>): Choice {
  if (!alert.firing) return { decision: 'ignored', why: 'it has ended: only an alert that fires asks' };
  if (label(alert, actionLabel) !== rollbackAction)
    return { decision: 'ignored', why: `it does not ask: it has no ${actionLabel}="${rollbackAction}"` };
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
