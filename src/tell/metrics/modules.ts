/** Series of the facet `modules`. */
import type { ModulesState } from '../../drift/facets/modules.ts';
import { type FamilyOf, type FamilySamples, known } from './family.ts';

/** Returns the families of a target whose modules were read. */
export function moduleFamilies(state: ModulesState, of: FamilyOf): readonly FamilySamples[] {
  return [
    of('modules', [{ value: state.modules }]),
    of('modules_list_info', [{ labels: { source: state.source, state: state.state }, value: 1 }]),
    of('modules_list_disagreements', known(state.disagreements)),
    of(
      'module_requirement_overrides',
      Object.entries(state.overrides).map(([level, value]) => ({ labels: { level }, value })),
    ),
    of(
      'module_cache_modules',
      Object.entries(state.extracted ?? {}).map(([one, value]) => ({ labels: { state: one }, value })),
    ),
  ];
}
