/** The series of the facet `tools`. */
import type { ToolsState } from '../../drift/facets/tools.ts';
import type { FamilyOf, FamilySamples } from './family.ts';

/** The families of a target whose tools were read. */
export function toolFamilies(_state: ToolsState, _of: FamilyOf): readonly FamilySamples[] {
  return [];
}
