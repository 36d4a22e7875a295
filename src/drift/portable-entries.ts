/** What of a snapshot may be committed and compared on every machine of a project. */
import { type Facet, portableFacets } from '../catalog/facets.ts';
import { factsOf, type Observation } from './model.ts';
import { withoutHostEntries } from './secret-entries.ts';
import { type Entries, facetOf } from './snapshot.ts';
import { portableMark } from './snapshot-kinds.ts';

/** What comes with the Go that the project chose. */
const toolsOfGo = ['gofmt'];

/**
 * The entries of the portable facets. Of tools only what the project pins and what Go brings: a gopls in somebody's GOBIN is theirs, as
 * is the C compiler of a distribution, and another one elsewhere is no drift. The rest is named as left open, so that nobody compares it.
 */
export function portableEntries(entries: Entries, observation: Observation): Entries {
  const pins = factsOf(observation, 'tools')?.pins ?? [];
  const kept = new Set([...toolsOfGo, ...pins.map(({ name }) => name)].map((name) => `tools.${name}`));
  const facets: readonly (Facet | undefined)[] = portableFacets;
  return new Map([
    ...[...withoutHostEntries(entries)].filter(([key]) => {
      const facet = facetOf(key);
      return facets.includes(facet) && (facet !== 'tools' || kept.has(key));
    }),
    [portableMark.key, portableMark.value] as const,
  ]);
}
