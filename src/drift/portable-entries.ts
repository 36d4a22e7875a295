/** What of a snapshot may be committed and compared on every machine of a project. */
import { type Facet, portableFacets } from '../catalog/facets.ts';
import { unsettledKey } from './entries.ts';
import { factsOf, type Observation } from './model.ts';
import { type Entries, facetOf } from './snapshot.ts';

/** Tools that a build or go itself runs, whoever sits there. */
const toolsOfBuilds = ['gofmt', 'cc', 'cxx'];

/**
 * The entries of the portable facets. Of tools only what the project pins, and what builds run: a gopls or dlv in somebody's GOBIN is theirs,
 * and its absence elsewhere no drift. The rest is named as left open, so that nobody compares it.
 */
export function portableEntries(entries: Entries, observation: Observation): Entries {
  const pins = factsOf(observation, 'tools')?.pins ?? [];
  const kept = new Set([...toolsOfBuilds, ...pins.map(({ name }) => name)].map((name) => `tools.${name}`));
  const open = unsettledKey('tools');
  const facets: readonly (Facet | undefined)[] = portableFacets;
  return new Map([
    ...[...entries].filter(([key]) => {
      const facet = facetOf(key);
      return facets.includes(facet) && (facet !== 'tools' || kept.has(key));
    }),
    [open, 'tools.*'] as const,
  ]);
}
