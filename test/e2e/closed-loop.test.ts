/**
 * The closed loop, from a changed file to the restored file without human action: a real exporter in mode
 * auto, the shipped rules and routes in a real Prometheus and Alertmanager at intervals of one second, and
 * one trace of all of it in a real Jaeger.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer } from '../lab/build-cache.ts';
import { type ClosedLoop, type LoopFacet, startClosedLoop, wrongAnswer } from '../lab/closed-loop.ts';
import { eventually, godrift, seriesOf } from '../lab/godrift.ts';
import { type OtlpSpan, spansOf } from '../lab/servers.ts';

interface Line {
  readonly type: string;
  readonly time: string;
  readonly facets?: readonly string[];
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly [key: string]: unknown;
}

describe('the closed loop', () => {
  let loop: ClosedLoop;

  beforeAll(async () => {
    loop = await startClosedLoop();
  });
  afterAll(() => loop?.stop());

  async function journal(): Promise<readonly Line[]> {
    const { stdout } = await godrift(loop.world, ['events', '--json']);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  }

  /**
   * Waits until the drift of a facet has ended and its trace is complete. Returns its journal lines and the
   * spans in Jaeger.
   */
  async function story(facet: string) {
    const lines = await eventually(`the end of the drift of ${facet}`, async () => {
      const all = (await journal()).filter((line) => line.facets?.includes(facet));
      // The exporter may see the restored file before the rollback is verified.
      return ['resolved', 'outcome'].every((wanted) => all.some(({ type }) => type === wanted))
        ? all
        : undefined;
    });
    await eventually(
      'the exporter to report no drift',
      async () => seriesOf(await loop.exporter.metrics(), 'godrift_drift_level', { facet }) === 0,
    );
    const of = (type: string) => lines.find((line) => line.type === type);
    // A drift that turns into another one gets a new trace: the rollback belongs to the last.
    const trace = of('outcome')?.trace_id ?? '';
    expect(lines.filter(({ type }) => type === 'drift').map(({ trace_id }) => trace_id)).toContain(trace);
    const spans = await eventually(`the trace of ${facet} in Jaeger`, async () => {
      const found = await loop.jaeger.trace(trace);
      const all = found === undefined ? [] : spansOf(found);
      return all.some(({ name }) => name === 'resolve drift') && all.some(({ name }) => name === 'verify')
        ? all
        : undefined;
    });
    return { of, spans, trace };
  }

  const named = (spans: readonly OtlpSpan[], name: string) => {
    const found = spans.find((span) => span.name === name);
    if (found === undefined)
      throw new Error(`no span ${name} among ${spans.map((span) => span.name).join(', ')}`);
    return found;
  };

  /**
   * Checks one loop from drift to verified rollback, and prints how long it took. `meanwhile` runs right
   * after the drift, before godrift can react.
   */
  async function checkLoop(facet: LoopFacet, step: string, meanwhile: () => void = () => {}): Promise<void> {
    const changed = loop.drift(facet);
    meanwhile();
    const { of, spans, trace } = await story(facet);
    const outcome = of('outcome');
    expect(outcome).toMatchObject({
      result: 'applied',
      mode: 'auto',
      trigger: 'alertmanager',
      trace_id: trace,
    });
    expect(of('alert')).toMatchObject({
      action: 'ask',
      source: 'alertmanager',
      alertname: 'GodriftRollback',
    });
    const root = named(spans, 'detect drift');
    const rollback = named(spans, `rollback ${facet}`);
    expect(rollback.parentSpanId).toBe(root.spanId);
    for (const name of [`step ${step}`, 'verify'])
      expect(named(spans, name).parentSpanId).toBe(rollback.spanId);
    // The request has its own trace, to which the rollback links.
    const asked = of('alert');
    expect(rollback.links?.[0]).toMatchObject({ traceId: asked?.trace_id, spanId: asked?.span_id });
    const request = await eventually('the request in Jaeger', async () => {
      const found = await loop.jaeger.trace(asked?.trace_id ?? '');
      return found === undefined ? undefined : spansOf(found)[0];
    });
    expect(request).toMatchObject({ name: 'POST /api/v1/alertmanager', kind: 2 });
    // The alert also ends in Prometheus, by itself.
    await eventually('the alert to end', async () =>
      (await loop.chain.prometheus.alerts()).every(
        ({ labels }) => labels['alertname'] !== 'GodriftRollback' || labels['facet'] !== facet,
      ),
    );
    const verified = Date.parse(outcome?.time ?? '') - changed;
    console.log(`${facet}: ${(verified / 1000).toFixed(1)} s from the change to the verified rollback`);
  }

  it('restores a setting', async () => {
    await checkLoop('env', 'restore-file');
    expect(readFileSync(loop.goenv, 'utf8')).toBe(loop.healthy);
    expect(loop.build()).toBe(answer);
  });

  it('restores a toolchain link', async () => {
    await checkLoop('toolchain', 'restore-link');
    expect(readlinkSync(loop.link)).toBe(loop.goroot);
    expect(loop.go('version')).toContain('go1.26.0');
    expect(loop.build()).toBe(answer);
  });

  it('repairs a build cache', async () => {
    await checkLoop('cache', 'drop-output', () => expect(loop.build()).toBe(wrongAnswer));
    expect(loop.build()).toBe(answer);
    expect((await godrift(loop.world, ['events', '--verify'])).exitCode).toBe(0);
  });
});
