// Tells which series are values of a collector. By the HELP of godrift_collector_success they are absent
// while the collector fails.
import type { Facet } from '../../src/catalog/facets.ts';

/** Metric families (without prefix) whose series all belong to one collector. */
const families: Readonly<Record<Facet, RegExp>> = {
  toolchain: /^toolchain_/,
  env: /^env_/,
  modules: /^modules?(_|$)/,
  cache: /^cache_/,
  tools: /^tool_/,
  context: /^(?!)/,
};
/** Metric families whose series belong to the collector of their label `facet`. */
const byFacet = /^(facet_|drift_)/;

/** Reports whether a series of this family, with this label `facet` if any, is a value of the collector. */
export function isValueOf(collector: Facet, family: string, facet: string | undefined): boolean {
  return families[collector].test(family) || (byFacet.test(family) && facet === collector);
}

/** Returns the series of a page that are values of a target's collector. */
export function valuesOnPage(page: string, target: string, collector: Facet): readonly string[] {
  return page.split('\n').filter((line) => {
    const [, family = ''] = /^godrift_(\w+)\{/.exec(line) ?? [];
    const facet = /\bfacet="(\w+)"/.exec(line)?.[1];
    return line.includes(`target="${target}"`) && isValueOf(collector, family, facet);
  });
}
