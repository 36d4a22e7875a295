import { describe, expect, it } from 'vitest';
import { facets } from '../../../../src/catalog/facets.ts';
import { facetOfMetric, metricName, metrics } from '../../../../src/catalog/metrics.ts';
import { collectedPage, selectedCollectors } from '../../../../src/tell/metrics/collected.ts';
import { exporterFamilies } from '../../../../src/tell/metrics/exporter.ts';
import { createExposition } from '../../../../src/tell/metrics/exposition.ts';
import { targetFamilies } from '../../../../src/tell/metrics/samples.ts';
import { drifted, exporterState, quiet, selfFacts } from '../states.ts';

async function wholePage() {
  const own = exporterFamilies(exporterState, selfFacts, 'v20.19.0');
  // A value that looks like a label is none.
  const tricky = { ...drifted, target: 'web",facet="cache' };
  return await createExposition(targetFamilies).page([quiet, tricky], own);
}

const textOf = ({ kept, fresh }: Awaited<ReturnType<typeof wholePage>>) =>
  Buffer.concat([...kept, fresh]).toString();
const seriesOf = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
const labelled = (line: string) => /[{,](?:facet|collector)="([a-z]+)"[,}]/.exec(line)?.[1];

describe('the page of some collectors', () => {
  it('has the series of no collector, and those of the selected collectors', async () => {
    const page = await wholePage();
    const all = seriesOf(textOf(page));
    const parts = facets.map((facet) => seriesOf(textOf(collectedPage(page, new Set([facet])))));
    // Each series is in all parts or in one, and nothing is lost.
    for (const line of all) {
      const times = parts.filter((part) => part.includes(line)).length;
      expect([1, facets.length], line).toContain(times);
    }
    for (const [index, part] of parts.entries()) {
      for (const line of part) {
        expect(all).toContain(line);
        expect([undefined, facets[index]]).toContain(labelled(line));
        expect([undefined, facets[index]]).toContain(facetOfMetric(/^[a-z_]+/.exec(line)?.[0] as string));
      }
    }
    expect(seriesOf(textOf(collectedPage(page, new Set(facets))))).toEqual(all);
  });

  it('has no header of a family without a series', async () => {
    const text = textOf(collectedPage(await wholePage(), new Set(['env'])));
    for (const [, name = ''] of text.matchAll(/^# TYPE (\S+)/gm))
      expect(text, name).toMatch(new RegExp(`^${name}(?:_bucket)?[{ ]`, 'm'));
    expect(text).not.toContain('godrift_toolchain_');
  });

  it('knows the facet of each family that is named after one', () => {
    const named = metrics
      .map(metricName)
      .filter((name) => /^godrift_(toolchain|env|module|cache|tool)/.test(name));
    expect(named.filter((name) => facetOfMetric(name) === undefined)).toEqual([]);
    expect(facetOfMetric('godrift_modules')).toBe('modules');
    expect(facetOfMetric('godrift_target_info')).toBeUndefined();
  });
});

describe('the query of a URL', () => {
  const asked = (query: string) => selectedCollectors(new URLSearchParams(query));
  it.each([
    ['', undefined],
    ['other=1', undefined],
    ['collect[]=env', ['env']],
    ['collect%5B%5D=env&collect[]=cache', ['env', 'cache']],
    ['exclude[]=env&exclude[]=cache', ['toolchain', 'modules', 'tools', 'context']],
  ])('%s', (query, wanted) => {
    expect(asked(query)).toEqual({ collectors: wanted === undefined ? undefined : new Set(wanted) });
  });
  it.each(['collect[]=disk', 'collect[]=', 'exclude[]=env&collect[]=env'])('%s is refused', (query) => {
    expect(asked(query)).toHaveProperty('why');
  });
});
