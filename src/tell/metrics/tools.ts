/** Series of the facet `tools`. */
import type { ToolsState } from '../../drift/facets/tools.ts';
import type { FamilyOf, FamilySamples } from './family.ts';

/** Returns the families of a target whose tools were read. */
export function toolFamilies({ tools }: ToolsState, of: FamilyOf): readonly FamilySamples[] {
  return [
    of(
      'tool_info',
      tools.map(({ name, version, goVersion, behind }) => ({
        labels: { tool: name, version, go_version: goVersion },
        value: 1,
        worth: behind === true ? 2 : 1,
      })),
    ),
    of(
      'tool_behind',
      tools.flatMap(({ name, behind }) =>
        behind === undefined ? [] : [{ labels: { tool: name }, value: behind ? 1 : 0 }],
      ),
    ),
  ];
}
