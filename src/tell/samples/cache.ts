/** The series of the facet `cache`. */
import { type CacheState, cacheKinds, removalCauses } from '../../drift/facets/cache.ts';
import { type FamilyOf, type FamilySamples, known, seconds } from './family.ts';

/** The families of a target whose cache was audited; one that cannot be audited has none. */
export function cacheFamilies(state: CacheState, of: FamilyOf): readonly FamilySamples[] {
  if (state.state !== 'audited') return [];
  const { bytes, entries, corruptCount, reboundCount, foreign, verifiedRatio, fullyVerified, removed } =
    state;
  return [
    of('cache_bytes', [{ value: bytes }]),
    of(
      'cache_entries',
      cacheKinds.map((kind) => ({ labels: { kind }, value: entries[kind] })),
    ),
    of('cache_corrupt_outputs', [{ value: corruptCount }]),
    of('cache_rebound_actions', [{ value: reboundCount }]),
    of('cache_foreign_owned_entries', [{ value: foreign }]),
    of('cache_verified_ratio', [{ value: verifiedRatio }]),
    of(
      'cache_last_full_verification_timestamp_seconds',
      known(fullyVerified === undefined ? undefined : seconds(fullyVerified)),
    ),
    of(
      'cache_removed_entries_total',
      removalCauses.map((cause) => ({ labels: { cause }, value: removed[cause] })),
    ),
  ];
}
