/** The series of the facet `cache`. */
import { type CacheState, cacheEntryKinds } from '../../drift/facets/cache.ts';
import { type FamilyOf, type FamilySamples, known, type Point, seconds } from './family.ts';

const time = (ms: number | undefined): readonly Point[] => (ms === undefined ? [] : [{ value: seconds(ms) }]);

/** The families of a target whose cache was looked at; what no audit knows yet is left out. */
export function cacheFamilies({ content, progress }: CacheState, of: FamilyOf): readonly FamilySamples[] {
  if (content === undefined) return [of('cache_verified_ratio', known(progress))];
  const { outputs, verified, losses } = content;
  return [
    of('cache_bytes', known(content.bytes)),
    of(
      'cache_entries',
      cacheEntryKinds.map((kind) => ({ labels: { kind }, value: content.entries[kind] })),
    ),
    of('cache_corrupt_outputs', known(content.corruptCount)),
    of('cache_rebound_actions', known(content.reboundCount)),
    of('cache_foreign_owned_entries', known(content.foreignCount)),
    of('cache_unreadable_outputs', known(content.unreadable + content.oversized)),
    of('cache_verified_ratio', known(outputs === 0 ? 1 : verified / outputs)),
    of('cache_last_audit_timestamp_seconds', time(content.auditedAt)),
    of('cache_last_full_verification_timestamp_seconds', time(content.fullySince)),
    of('cache_last_trim_timestamp_seconds', time(content.trimmedAt)),
    of(
      'cache_last_loss_timestamp_seconds',
      Object.entries(losses).map(([cause, ms]) => ({ labels: { cause }, value: seconds(ms) })),
    ),
  ];
}
