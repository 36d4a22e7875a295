/** The series of the facet `modules`. */
import { listStates, type ModulesState } from '../../drift/facets/modules.ts';
import { type FamilyOf, type FamilySamples, known } from './family.ts';

/** The families of a target whose modules were read. */
export function moduleFamilies(state: ModulesState, of: FamilyOf): readonly FamilySamples[] {
  const { extracted } = state;
  return [
    of('modules', [{ value: state.modules }]),
    of(
      'modules_list_state',
      listStates.map((one) => ({ labels: { state: one }, value: one === state.state ? 1 : 0 })),
    ),
    of('modules_list_disagreements', known(state.disagreements)),
    of(
      'module_requirement_overrides',
      Object.entries(state.overrides).map(([level, value]) => ({ labels: { level }, value })),
    ),
    of(
      'module_cache_modules',
      extracted === undefined
        ? []
        : Object.entries({ ...extracted, edited: extracted.edited.length }).map(([one, value]) => ({
            labels: { state: one },
            value,
          })),
    ),
  ];
}
