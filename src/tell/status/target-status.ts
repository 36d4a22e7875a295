/** The status of a target, and the order of targets on the page. Pure. */
import type { TargetState } from '../../drift/state.ts';

/** Worst first. `unreadable`: no findings, but not everything could be read, so anything may be hidden. */
export const targetStatuses = ['major', 'minor', 'unreadable', 'patch', 'none'] as const;
export type TargetStatus = (typeof targetStatuses)[number];

/** Names of the statuses on the page. */
export const statusWords: Readonly<Record<TargetStatus, string>> = {
  major: 'major',
  minor: 'minor',
  unreadable: 'unreadable',
  patch: 'patch',
  none: 'in sync',
};

/**
 * Returns the status of a target: the level of its worst finding; without findings, `unreadable` if not
 * everything was read.
 */
export function statusOf(state: TargetState): TargetStatus {
  if (state.level !== 'none') return state.level;
  return state.readable.ok && state.collectors.every(({ success }) => success) ? 'none' : 'unreadable';
}

/** Returns the onset of the oldest ongoing drift, ms since the epoch; Infinity without one. */
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
  // Infinity minus infinity would be NaN.
  return one === other ? 0 : one - other;
};
const byLevel = (a: TargetState, b: TargetState) =>
  targetStatuses.indexOf(statusOf(a)) - targetStatuses.indexOf(statusOf(b));

/** Sorts targets; ties are broken by level, oldest drift and name. */
export function inOrder(states: readonly TargetState[], order: Order): readonly TargetState[] {
  const first = { level: byLevel, since: bySince, name: byName }[order];
  return [...states].sort((a, b) => first(a, b) || byLevel(a, b) || bySince(a, b) || byName(a, b));
}
