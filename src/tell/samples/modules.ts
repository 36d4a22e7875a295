/** The series of the facet `modules`. */
import type { ModulesState } from '../../drift/facets/modules.ts';
import type { FamilyOf, FamilySamples } from './family.ts';

/** The families of a target whose modules were read. */
export function moduleFamilies(_state: ModulesState, _of: FamilyOf): readonly FamilySamples[] {
  return [];
}
