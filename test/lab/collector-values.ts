// Which series are the values of a collector: what the HELP of godrift_collector_success says is absent while that collector fails.
import type { Facet } from '../../src/catalog/facets.ts';

/** Families of which every series is a collector's, by name without the prefix. */
const families: Readonly<Record<Facet, RegExp>> = {
  toolchain: /^toolchain_/,
  env: /^env_/,
  modules: /^modules?(_|$)/,
  cache: /^cache_/,
  tools: /^tool_/,
  context: /^(?!)/,
};
/** Families of which the series of one facet are its collector's. */
const byFacet = /^(facet_|drift_)/;

/** Whether a series of this family, with this label `facet` if it has one, is a value of the collector. */
export function isValueOf(collector: Facet, family: string, facet: string | undefined): boolean {
  return families[collector].test(family) || (byFacet.test(family) && facet === collector);
}

/** The series of a page that are values of a target's collector. */
export function valuesOnPage(page: string, target: string, collector: Facet): readonly string[] {
  return page.split('\n').filter((line) => {
    const [, family = ''] = /^godrift_(\w+)\{/.exec(line) ?? [];
    const facet = /\bfacet="(\w+)"/.exec(line)?.[1];
    return line.includes(`target="${target}"`) && isValueOf(collector, family, facet);
  });
}
