import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { emptyResource } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metricName, metrics } from '../../../../src/catalog/metrics.ts';
import type { TargetState } from '../../../../src/drift/state.ts';
import { exporterFamilies } from '../../../../src/tell/metrics/exporter.ts';
import { createExposition } from '../../../../src/tell/metrics/exposition.ts';
import { type FamilySamples, targetFamilies } from '../../../../src/tell/metrics/samples.ts';
import { drifted, exporterState, quiet, selfFacts } from '../states.ts';

const own = () => exporterFamilies(exporterState, selfFacts, 'v20.19.0');

/** Series lines of a page: `name{labels}` → value. */
function series(page: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of page.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const cut = line.lastIndexOf(' ');
    expect(found.has(line.slice(0, cut)), `twice: ${line}`).toBe(false);
    found.set(line.slice(0, cut), line.slice(cut + 1));
  }
  return found;
}

/** An exposition whose pages are text. */
function create(familiesOf: Parameters<typeof createExposition>[0]) {
  const exposition = createExposition(familiesOf);
  return {
    page: async (...telling: Parameters<typeof exposition.page>) => {
      const { kept, fresh } = await exposition.page(...telling);
      return Buffer.concat([...kept, fresh]).toString();
    },
  };
}

/** The page of a new exposition without cached lines. */
const fresh = (targets: readonly TargetState[]) => create(targetFamilies).page(targets, own());

describe('the metrics page', () => {
  it('has HELP and TYPE once for each family, before its lines, families sorted, those of the exporter last', async () => {
    const page = await fresh([quiet, { ...drifted, target: 'web' }]);
    const names = [...page.matchAll(/^# HELP (\S+) /gm)].map((match) => match[1] as string);
    const last = new Set(own().map(({ row }) => metricName(row)));
    const sorted = [...new Set(names)].sort();
    expect(names).toEqual([
      ...sorted.filter((name) => !last.has(name)),
      ...sorted.filter((name) => last.has(name)),
    ]);
    let current = '';
    for (const line of page.trimEnd().split('\n')) {
      const type = /^# TYPE (\S+) (gauge|counter|histogram)$/.exec(line);
      if (type) current = type[1] as string;
      else if (!line.startsWith('#'))
        expect(line.split(/[{ ]/)[0]?.replace(/(duration_seconds)_(?:bucket|sum|count)$/, '$1')).toBe(
          current,
        );
    }
    expect(page.endsWith('\n')).toBe(true);
    const applied = [
      ...page.matchAll(/^godrift_rollback_duration_seconds_(\w+)\{result="applied"(?:,le="(.*)")?\} (.*)$/gm),
    ];
    expect(applied.map(([, what, le, value]) => [what, le, value])).toEqual([
      ['count', undefined, '3'],
      ['sum', undefined, '6.5'],
      ['bucket', '1', '1'],
      ['bucket', '5', '3'],
      ['bucket', '+Inf', '3'],
    ]);
    expect(page).not.toContain('_total_total');
    expect(page).not.toContain('otel_scope');
    expect(page).not.toMatch(/^target_info/m);
  });

  it('holds names of the catalogue with their types and help, and no others', async () => {
    const rows = new Map(metrics.map((row) => [metricName(row), row]));
    const page = await fresh([drifted]);
    for (const [, name = '', type] of page.matchAll(/^# TYPE (\S+) (\S+)$/gm))
      expect(rows.get(name)?.type, name).toBe(type);
    for (const [, name = '', help] of page.matchAll(/^# HELP (\S+) (.*)$/gm))
      expect(rows.get(name)?.help, name).toBe(help);
  });

  it('writes values and escapes labels as the format wants', async () => {
    const page = await fresh([{ ...quiet, workspace: 'C:\\src "api"\n', pool: '', environment: [] }]);
    expect(page).toContain(
      'godrift_target_info{target="api",workspace="C:\\\\src \\"api\\"\\\\n",pool="",environment_source="self"} 1\n',
    );
    expect(page).toContain('godrift_changes_total{target="api",facet="toolchain",level="minor"} 2\n');
    expect(page).toContain('\ngodrift_passes_total 3\n');
    expect(page).toContain('\nprocess_cpu_seconds_total 1.5\n');
  });

  it('forgets a label set that is gone, at the next scrape', async () => {
    const exposition = create(targetFamilies);
    const before = series(await exposition.page([drifted, { ...quiet, target: 'web' }], own()));
    expect(
      [...before.keys()].some((one) =>
        one.startsWith('godrift_conflict_info{target="api",rule="goenv-ignored"'),
      ),
    ).toBe(true);
    const after = await exposition.page([quiet], own());
    expect(after).not.toContain('goenv-ignored');
    expect(after).not.toContain('1.27.4');
    expect(after).not.toContain('godrift_drift_since_timestamp_seconds');
    expect(after).not.toContain('"web"');
    // And the only family of a target that vanishes takes its header with it.
    expect(await exposition.page([], own())).not.toContain('godrift_target_info');
  });

  it('equals the page of a new exposition, after any history', async () => {
    const state = fc.record({
      target: fc.constantFrom('a', 'b', 'c'),
      base: fc.constantFrom(quiet, drifted),
      environment: fc.array(
        fc.record({
          name: fc.constantFrom('GOFLAGS', 'GOOS', 'GOPROXY'),
          value: fc.string({ maxLength: 5 }),
          origin: fc.constant('goenv'),
        }),
        { maxLength: 3 },
      ),
      durationSeconds: fc.double({ noNaN: true }),
    });
    const pass = fc.uniqueArray(state, { selector: ({ target }) => target, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(pass, { maxLength: 5 }), async (history) => {
        const exposition = create(targetFamilies);
        for (const moment of history) {
          const targets = moment.map(({ target, base, environment, durationSeconds }) => ({
            ...base,
            target,
            environment,
            collectors: base.collectors.map((one) => ({ ...one, durationSeconds })),
          }));
          expect(await exposition.page(targets, own())).toBe(await fresh(targets));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('makes samples once for each state object', async () => {
    const asked: string[] = [];
    const exposition = create((state) => {
      asked.push(state.target);
      return targetFamilies(state);
    });
    const web = { ...quiet, target: 'web' };
    const first = await exposition.page([quiet, web], own());
    expect(await exposition.page([quiet, web], own())).toBe(first);
    await exposition.page([quiet, { ...web, pool: 'other' }], own());
    expect(asked).toEqual(['api', 'web', 'web']);
  });

  it('caches all of an unchanged page except the process metrics', async () => {
    const exposition = createExposition(targetFamilies);
    const web = { ...drifted, target: 'web' };
    const targets = [quiet, web];
    const telling = (cpuSeconds: number) =>
      exporterFamilies(exporterState, { ...selfFacts, cpuSeconds }, 'v20.19.0');
    const first = await exposition.page(targets, telling(1));
    const second = await exposition.page([...targets], telling(2));
    // The very same list, of which all else is known by it (its gzip).
    expect(second.kept).toBe(first.kept);
    expect(second.fresh.toString()).toContain('\nprocess_cpu_seconds_total 2\n');
    expect(second.fresh.length).toBeLessThan(2_000);
    const third = await exposition.page([{ ...quiet, pool: 'other' }, web], telling(2));
    expect(third.kept).not.toBe(first.kept);
    const same = third.kept.filter((block) => first.kept.includes(block));
    expect(same.length).toBe(first.kept.length - 1);
  });

  it('rejects when one target cannot be rendered, and recovers', async () => {
    let broken = true;
    const exposition = create((state) => {
      if (broken && state.target === 'web') throw new Error('no such family');
      return targetFamilies(state);
    });
    const web = { ...quiet, target: 'web' };
    await expect(exposition.page([quiet, web], own())).rejects.toThrow('no such family');
    broken = false;
    expect(await exposition.page([quiet, web], own())).toBe(await fresh([quiet, web]));
  });

  it('rejects a value that the serializer cannot write, and a family that is not in the catalogue', async () => {
    const [family] = targetFamilies(quiet) as [FamilySamples];
    const poisoned = { ...family, samples: [{ labels: { target: 1n as unknown as string }, value: 1 }] };
    const exposition = create(targetFamilies);
    await expect(exposition.page([quiet], [poisoned])).rejects.toThrow('BigInt');
    await expect(
      exposition.page([quiet], [{ ...family, row: { ...family.row, name: 'other' } }]),
    ).rejects.toThrow('another family');
    await expect(exposition.page([quiet], own())).resolves.toContain('godrift_target_info');
  });

  it('gives each of many concurrent scrapes a complete and current page', async () => {
    const exposition = create(targetFamilies);
    const moments = Array.from({ length: 8 }, (_, index) => [{ ...quiet, pool: `p${index}` }]);
    const pages = await Promise.all(moments.map((targets) => exposition.page(targets, own())));
    for (const [index, targets] of moments.entries()) expect(pages[index]).toBe(await fresh(targets));
  });
});

describe('why no ObservableGauge', () => {
  it('keeps a label set that is no longer observed', async () => {
    const reader = new PrometheusExporter({ preventServerStart: true });
    const provider = new MeterProvider({ resource: emptyResource(), readers: [reader] });
    let observed = ['1.26.8'];
    provider
      .getMeter('test')
      .createObservableGauge('toolchain_info')
      .addCallback((result) => {
        for (const version of observed) result.observe(1, { version });
      });
    const page = async () =>
      new PrometheusSerializer('', false, undefined, true, true).serialize(
        (await reader.collect()).resourceMetrics,
      );
    expect(await page()).toContain('version="1.26.8"');
    observed = ['1.27.4'];
    const second = await page();
    expect(second).toContain('version="1.27.4"');
    // When this fails, the SDK forgets them at last, and instruments could be used.
    expect(second).toContain('version="1.26.8"');
  });
});
