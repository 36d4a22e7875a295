/** The series of the facet `cache`. */
import type { CacheState } from '../../drift/facets/cache.ts';
import type { FamilyOf, FamilySamples } from './family.ts';

/** The families of a target whose cache were read. */
export function cacheFamilies(_state: CacheState, _of: FamilyOf): readonly FamilySamples[] {
  return [];
}
