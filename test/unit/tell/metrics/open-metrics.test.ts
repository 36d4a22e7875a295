import { describe, expect, it } from 'vitest';
import { metricName, metrics } from '../../../../src/catalog/metrics.ts';
import { exporterFamilies } from '../../../../src/tell/metrics/exporter.ts';
import { createExposition } from '../../../../src/tell/metrics/exposition.ts';
import { openMetricsPage, wantsOpenMetrics } from '../../../../src/tell/metrics/open-metrics.ts';
import { targetFamilies } from '../../../../src/tell/metrics/samples.ts';
import { drifted, exporterState, quiet, selfFacts } from '../states.ts';

async function pages() {
  const own = exporterFamilies(exporterState, selfFacts, 'v20.19.0');
  const page = await createExposition(targetFamilies).page([quiet, { ...drifted, target: 'web' }], own);
  const open = openMetricsPage(page);
  const text = ({ kept, fresh }: typeof page) => Buffer.concat([...kept, fresh]).toString();
  return { page, open, plain: text(page), text: text(open) };
}

const series = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('the page as OpenMetrics', () => {
  it('has the same series, and one end', async () => {
    const { plain, text } = await pages();
    expect(series(text)).toEqual(series(plain));
    expect(text.match(/^# EOF$/gm)).toHaveLength(1);
    expect(text.endsWith('\n# EOF\n')).toBe(true);
  });

  it('has counters and infos under the names of their families', async () => {
    const { text } = await pages();
    expect(text).toMatch(/^# TYPE godrift_changes counter$/m);
    expect(text).toMatch(/^# TYPE godrift_build info$/m);
    expect(text).not.toMatch(/^# TYPE \S+_(?:total|info) /m);
    let family = '';
    for (const line of text.split('\n')) {
      family = /^# TYPE (\S+)/.exec(line)?.[1] ?? family;
      if (line !== '' && !line.startsWith('#')) expect(line.startsWith(family)).toBe(true);
      if (/^\S+_info\{/.test(line)) expect(line).toMatch(/ 1$/);
    }
  });

  it('has no two families of one name', () => {
    const names = metrics.map((row) => metricName(row).replace(/_(?:total|info)$/, ''));
    expect(new Set(names).size).toBe(names.length);
    // Nothing else in the catalogue is one by its name only.
    for (const row of metrics) if (row.name.endsWith('_info')) expect(row.type).toBe('gauge');
  });

  it('converts an unchanged block only once', async () => {
    const { page, open } = await pages();
    expect(openMetricsPage(page).kept).toBe(open.kept);
  });
});

describe('content negotiation', () => {
  it.each([
    [
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      true,
    ],
    ['application/openmetrics-text', true],
    ['text/plain;version=0.0.4;q=0.9,application/openmetrics-text;q=0.5', false],
    ['application/openmetrics-text;version=2.0.0', false],
    ['application/openmetrics-text;q=0', false],
    ['*/*', false],
    ['text/html', false],
    [undefined, false],
  ])('%s: OpenMetrics %s', (accept, wanted) => {
    expect(wantsOpenMetrics(accept)).toBe(wanted);
  });
});
