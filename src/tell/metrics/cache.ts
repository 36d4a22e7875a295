/** Series of the facet `cache`. */
import type { CacheEntryKind, CacheState } from '../../drift/facets/cache.ts';
import { type FamilyOf, type FamilySamples, known, type Point, seconds } from './family.ts';

/**
 * Values of the label `kind` and the kinds of entries counted under each. Files that do not belong to a cache
 * are in none.
 */
const kinds: Readonly<Record<string, readonly CacheEntryKind[]>> = {
  action: ['action'],
  dangling: ['dangling', 'malformed'],
  archive: ['archive'],
  index: ['index'],
  other: ['executable', 'testlog', 'other'],
  orphan: ['orphan'],
};

const time = (ms: number | undefined): readonly Point[] => (ms === undefined ? [] : [{ value: seconds(ms) }]);

/**
 * Returns the families of a target whose cache was observed. Values that no audit has determined yet are left
 * out.
 */
export function cacheFamilies({ content, progress }: CacheState, of: FamilyOf): readonly FamilySamples[] {
  if (content === undefined) return [of('cache_verified_ratio', known(progress))];
  const { outputs, verified, losses } = content;
  return [
    of('cache_bytes', known(content.bytes)),
    of(
      'cache_entries',
      Object.entries(kinds).map(([kind, counted]) => ({
        labels: { kind },
        value: counted.reduce((sum, one) => sum + content.entries[one], 0),
      })),
    ),
    of('cache_corrupt_outputs', known(content.corruptCount)),
    of('cache_rebound_actions', known(content.reboundCount)),
    of('cache_foreign_owned_entries', known(content.foreignCount)),
    of('cache_unreadable_outputs', known(content.unreadable + content.oversized)),
    of('cache_verified_ratio', known(outputs === 0 ? 1 : verified / outputs)),
    of('cache_last_full_verification_timestamp_seconds', time(content.fullySince)),
    of(
      'cache_last_loss_timestamp_seconds',
      Object.entries(losses).map(([cause, ms]) => ({ labels: { cause }, value: seconds(ms) })),
    ),
  ];
}
