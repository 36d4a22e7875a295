/** Series of rollbacks. They come from the rollback memory and so stay while a collector fails. */
import type { ExporterState, RollbackState } from '../../drift/state.ts';
import { type FamilyOf, type FamilySamples, family, known, seconds } from './family.ts';

/** Returns the families of a target. */
export function rollbackFamilies({ facets, waiting }: RollbackState, of: FamilyOf): readonly FamilySamples[] {
  const all = Object.entries(facets);
  const times = (name: string, key: 'lastStart' | 'last' | 'confirmBy') =>
    of(
      name,
      all.flatMap(([facet, one]) =>
        known(one[key]).map(({ value }) => ({ labels: { facet }, value: seconds(value) })),
      ),
    );
  return [
    of(
      'rollbacks_total',
      all.flatMap(([facet, { results }]) =>
        Object.entries(results).map(([result, value]) => ({ labels: { facet, result }, value })),
      ),
    ),
    times('rollback_last_timestamp_seconds', 'last'),
    times('rollback_last_start_timestamp_seconds', 'lastStart'),
    of(
      'rollback_quarantined',
      all.map(([facet, { quarantined }]) => ({ labels: { facet }, value: quarantined ? 1 : 0 })),
    ),
    times('rollback_confirm_by_timestamp_seconds', 'confirmBy'),
    of('rollback_pending_approvals', known(waiting)),
  ];
}

/** Returns the families of the exporter; none before the memory was read. */
export function ownRollbackFamilies(state: ExporterState['rollbacks']): readonly FamilySamples[] {
  if (state === undefined) return [];
  const { durations, bounds, breakerOpen, paused } = state;
  return [
    family(
      'rollback_duration_seconds',
      undefined,
      Object.entries(durations).map(([result, { counts, sum }]) => ({
        labels: { result },
        value: counts.reduce((total, one) => total + one, 0),
        histogram: { bounds, counts, sum },
      })),
    ),
    family('rollback_breaker_open', undefined, [{ value: breakerOpen ? 1 : 0 }]),
    family('rollback_paused', undefined, [{ value: paused ? 1 : 0 }]),
  ];
}
