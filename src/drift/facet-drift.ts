/**
 * Computes the drift of a facet: its distance from the baseline, each change with its origin, and the cause.
 */
import type { Facet } from '../catalog/facets.ts';
import type { Cause } from '../catalog/metrics.ts';
import type { Diff } from './diff.ts';
import { facetDrift } from './distance.ts';
import { type Exemptions, graceUntil } from './exemptions.ts';
import { factsOf, type Observation, type Origin } from './model.ts';
import type { EntryChange, FacetDrift, TargetState } from './state.ts';

/** Onset and trace of open drifts, by facet; `since` in ms since the epoch. */
export type Onsets = Readonly<Partial<Record<Facet, { readonly since: number; readonly traceId: string }>>>;

/** Input for determining the cause of a drift. */
export interface Circumstances {
  readonly observation: Observation;
  readonly exemptions: Exemptions;
  readonly open: Onsets;
}

/**
 * Returns the cause of a drift, `unknown` if none is known: damage, a changed pin of the project, a
 * deployment marked around its onset, or a toolchain switch.
 */
function causeOf({ observation, exemptions, open }: Circumstances, facet: Facet): Cause {
  const content = factsOf(observation, 'cache')?.content;
  if (facet === 'cache' && content !== undefined && content.corruptCount + content.reboundCount > 0)
    return 'damage';
  const selection = factsOf(observation, 'toolchain')?.selection;
  const switched = facet === 'toolchain' && selection !== undefined && selection.outcome !== 'local';
  if (switched && typeof selection.cause === 'object') return 'pin-changed';
  const { deployment } = exemptions;
  const since = open[facet]?.since ?? observation.time;
  if (deployment !== undefined && since >= deployment.time && since <= graceUntil(deployment))
    return 'deployment';
  return switched ? 'toolchain-switch' : 'unknown';
}

/**
 * Returns the drift of a facet. `changedKeys` are the keys that changed in any facet, from which changes may
 * follow; `origins` gives the origin by entry key (`originsOf`).
 */
export function driftOfFacet(
  facet: Facet,
  diff: Diff,
  changedKeys: ReadonlySet<string>,
  origins: ReadonlyMap<string, Origin>,
  circumstances: Circumstances,
): FacetDrift {
  const { changes, ...distance } = facetDrift(diff, changedKeys);
  const entryChanges = changes.map(({ key, old: expected, new: actual, weight, level }): EntryChange => {
    const origin = originOf(origins.get(key), actual);
    return {
      facet,
      key,
      ...(expected === undefined ? {} : { expected }),
      ...(actual === undefined ? {} : { actual }),
      weight,
      level,
      ...(origin === undefined ? {} : { origin }),
    };
  });
  return {
    ...distance,
    added: diff.added.length,
    removed: diff.removed.length,
    changed: diff.changed.length,
    changes: entryChanges,
    ...(entryChanges.length === 0 ? {} : { cause: causeOf(circumstances, facet) }),
  };
}

/**
 * Returns the origin to show for a change. A default that returns because a setting was removed is not the
 * origin of the change.
 */
function originOf(origin: Origin | undefined, actual: string | undefined): Origin | undefined {
  const shownAgain = origin?.kind === 'goroot' && actual === undefined;
  return origin?.kind === 'default' || shownAgain ? undefined : origin;
}

/** Returns the state with onset and trace of each open drift. */
export function withOnsets(state: TargetState, open: Onsets): TargetState {
  const facets = Object.entries(state.facets).map(([name, facet]) => {
    const onset = open[facet.facet];
    if (facet.drift === undefined || onset === undefined || facet.drift.changes.length === 0)
      return [name, facet];
    const { since, traceId } = onset;
    return [name, { ...facet, drift: { ...facet.drift, since, traceId } }];
  });
  return { ...state, facets: Object.fromEntries(facets) as TargetState['facets'] };
}
