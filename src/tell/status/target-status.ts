/** Where a target stands, and the order in which people want to see targets. Pure. */
import type { TargetState } from '../../drift/state.ts';

/** Worst first. `unreadable` is a target without findings of which not everything could be read: what it hides may be anything. */
export const targetStatuses = ['major', 'minor', 'unreadable', 'patch', 'none'] as const;
export type TargetStatus = (typeof targetStatuses)[number];

/** What a status is called on the page. */
export const statusWords: Readonly<Record<TargetStatus, string>> = {
  major: 'major',
  minor: 'minor',
  unreadable: 'unreadable',
  patch: 'patch',
  none: 'in sync',
};

/** The status of a target: the level of its worst finding, unless nothing was found because not everything was read. */
export function statusOf(state: TargetState): TargetStatus {
  if (state.level !== 'none') return state.level;
  return state.readable.ok && state.collectors.every(({ success }) => success) ? 'none' : 'unreadable';
}

/** Onset of the oldest drift that lasts, ms since the epoch; Infinity without one. */
export function driftingSince(state: TargetState): number {
  return Math.min(
    ...Object.values(state.facets).map(({ drift }) => drift?.since ?? Number.POSITIVE_INFINITY),
  );
}

export const orders = ['level', 'since', 'name'] as const;
export type Order = (typeof orders)[number];

const byName = (a: TargetState, b: TargetState) => (a.target < b.target ? -1 : a.target > b.target ? 1 : 0);
const bySince = (a: TargetState, b: TargetState) => {
  const [one, other] = [driftingSince(a), driftingSince(b)];
  // Two targets without a drift are both at infinity.
  return one === other ? 0 : one - other;
};
const byLevel = (a: TargetState, b: TargetState) =>
  targetStatuses.indexOf(statusOf(a)) - targetStatuses.indexOf(statusOf(b));

/** The targets in an order; equals are sorted by what comes next: level, oldest drift, name. */
export function inOrder(states: readonly TargetState[], order: Order): readonly TargetState[] {
  const first = { level: byLevel, since: bySince, name: byName }[order];
  return [...states].sort((a, b) => first(a, b) || byLevel(a, b) || bySince(a, b) || byName(a, b));
}
