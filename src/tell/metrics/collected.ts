/**
 * The page of some collectors only, by `collect[]` and `exclude[]` of the address, as node_exporter has them: for a scrape job of its own with
 * another interval, or for looking at one facet. What belongs to no collector is on each page.
 */
import { type Facet, facets, isFacet } from '../../catalog/facets.ts';
import { facetOfMetric } from '../../catalog/metrics.ts';
import type { Page } from './exposition.ts';

/** The collectors that an address asks for: undefined for all of them, or why there is no such page. */
export function askedCollectors(
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

/** The label of a series that tells of which collector it is; other values before it may hold anything, with quotes escaped. */
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

/** The families of a page, in its order: each begins with its help. */
const families = (text: string) => text.split(/^(?=# HELP )/m);

/** The page with what these collectors found, and what belongs to none. */
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
