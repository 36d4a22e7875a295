/**
 * Restricts the metrics page to some collectors, by `collect[]` and `exclude[]` in the URL as node_exporter
 * does it: for a separate scrape job with another interval, or to look at one facet. Series that belong to no
 * collector are always included.
 */
import { type Facet, facets, isFacet } from '../../catalog/facets.ts';
import { facetOfMetric } from '../../catalog/metrics.ts';
import type { Page } from './exposition.ts';

/** Returns the collectors that a URL selects, undefined for all of them, or why the query is invalid. */
export function selectedCollectors(
  query: URLSearchParams,
): { readonly collectors: ReadonlySet<Facet> | undefined } | { readonly why: string } {
  const [collect, exclude] = [query.getAll('collect[]'), query.getAll('exclude[]')];
  if (collect.length === 0 && exclude.length === 0) return { collectors: undefined };
  if (collect.length > 0 && exclude.length > 0) return { why: 'collect[] and exclude[] do not go together' };
  const given = collect.length > 0 ? collect : exclude;
  if (!given.every(isFacet)) return { why: `there is no such collector; there are ${facets.join(', ')}` };
  const named = new Set<Facet>(given);
  return {
    collectors: collect.length > 0 ? named : new Set(facets.filter((facet) => !named.has(facet))),
  };
}

/**
 * Matches the label that names the collector of a series. Labels before it may have any value, with quotes
 * escaped.
 */
const ofCollector = /^[^{]*\{(?:[a-z_]+="(?:[^"\\]|\\.)*",)*?(?:facet|collector)="([^"\\]+)"/;

function linesOf(block: string, wanted: ReadonlySet<Facet>): string {
  let series = 0;
  const kept = block.split('\n').filter((line) => {
    if (line === '' || line.startsWith('#')) return true;
    const facet = ofCollector.exec(line)?.[1];
    const stays = facet === undefined || wanted.has(facet as Facet);
    if (stays) series++;
    return stays;
  });
  return series === 0 ? '' : kept.join('\n');
}

/** Splits a page into its families, each of which begins with its HELP line. */
const families = (text: string) => text.split(/^(?=# HELP )/m);

/** Returns the page with the series of these collectors and those that belong to none. */
export function collectedPage({ kept, fresh }: Page, wanted: ReadonlySet<Facet>): Page {
  const text = kept
    .flatMap((block) => families(block.toString('utf8')))
    .map((family) => {
      const facet = facetOfMetric(/^# HELP (\S+)/.exec(family)?.[1] ?? '');
      return facet !== undefined && !wanted.has(facet) ? '' : linesOf(family, wanted);
    })
    .join('');
  return { kept: [Buffer.from(text)], fresh };
}
