/**
 * Adds the memory of rollbacks to the observed states, for the page. State objects keep their identity while
 * nothing changes.
 */

import { facetsWithRollback } from '../../catalog/facets.ts';
import type { ExporterState, TargetState } from '../../drift/state.ts';
import { storeKey } from '../../store/peek.ts';
import {
  durationBounds,
  facetMemory,
  inQuarantine,
  noResults,
  type RollbackMemory,
  waitingAt,
} from '../../undo/memory.ts';
import type { RollbackPolicy } from '../../undo/policy.ts';
import { isBroken } from '../../undo/policy-guards.ts';
import { fleetOf } from '../rollback/situation.ts';

type Rollbacks = NonNullable<TargetState['rollbacks']>;

function rollbacksOf(
  memory: RollbackMemory,
  { target, workspace }: TargetState,
  policy: RollbackPolicy,
  now: number,
): Rollbacks {
  const facets: Record<string, Rollbacks['facets'][string]> = {};
  for (const facet of facetsWithRollback) {
    const known = facetMemory(memory, { target, workspace }, facet);
    facets[facet] = {
      results: known?.results ?? noResults(),
      quarantined: known !== undefined && inQuarantine(known, now, policy.quarantineMs),
      ...(known?.lastStart === undefined ? {} : { lastStart: known.lastStart }),
      ...(known?.last === undefined ? {} : { last: known.last }),
      ...(known?.confirm === undefined ? {} : { confirmBy: known.confirm.by }),
    };
  }
  const isOwn = (one: { readonly target: string; readonly workspace: string }) =>
    one.target === target && one.workspace === workspace;
  return { facets, waiting: waitingAt(memory, now).filter(isOwn).length };
}

/**
 * Returns a function that adds each target's rollbacks to its state. The list and each state in it are the
 * same objects as in the previous call while nothing changed, so that pages need not be rendered again.
 */
export function withRollbacks(): (
  states: readonly TargetState[],
  memory: RollbackMemory | undefined,
  policy: RollbackPolicy,
  now: number,
) => readonly TargetState[] {
  let before = new Map<
    string,
    { readonly from: TargetState; readonly text: string; readonly state: TargetState }
  >();
  let list: readonly TargetState[] = [];
  return (states, memory, policy, now) => {
    if (memory === undefined) return states;
    const next = new Map<string, { from: TargetState; text: string; state: TargetState }>();
    const made = states.map((from) => {
      const key = storeKey({ name: from.target, workspace: from.workspace });
      const rollbacks = rollbacksOf(memory, from, policy, now);
      const text = JSON.stringify(rollbacks);
      const old = before.get(key);
      const state = old?.from === from && old.text === text ? old.state : { ...from, rollbacks };
      next.set(key, { from, text, state });
      return state;
    });
    before = next;
    const isSame = made.length === list.length && made.every((state, index) => state === list[index]);
    if (!isSame) list = made;
    return list;
  };
}

/** Returns the exporter's own state of rollbacks: the breaker, the pause and the durations. */
export function ownRollbacks(
  states: readonly TargetState[],
  memory: RollbackMemory | undefined,
  policy: RollbackPolicy,
): Pick<ExporterState, 'rollbacks'> {
  if (memory === undefined) return {};
  const { durations, paused } = memory;
  return {
    rollbacks: {
      breakerOpen: isBroken(policy, fleetOf(states)),
      paused: paused !== undefined,
      durations,
      bounds: durationBounds,
    },
  };
}
