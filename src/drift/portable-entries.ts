/** The part of a snapshot that can be committed and compared on every machine of a project. */
import { type Facet, portableFacets } from '../catalog/facets.ts';
import { factsOf, type Observation } from './model.ts';
import { withoutHostEntries } from './secret-entries.ts';
import { type Entries, facetOf } from './snapshot.ts';
import { portableMark } from './snapshot-kinds.ts';

/** Tools that come with the Go that the project chose. */
const toolsOfGo = ['gofmt'];

/**
 * Returns the entries of the portable facets. Tools enter only if the project pins them or Go ships them: a
 * gopls in a user's GOBIN, or the C compiler of a distribution, may differ elsewhere without being drift. The
 * remaining tools are marked as unsettled, so that they are not compared.
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
