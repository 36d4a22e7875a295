/**
 * Spans of drifts sent through the shipped Collector (deploy/fleet/collector.yml, with only the addresses
 * changed) to a real Jaeger: each onset and each end arrives once, although the Collector is killed in
 * between with all received spans still on its disk. Another test shows what a Collector with other policies
 * loses.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { openOutbox } from '../../src/cli/wire/outbox.ts';
import type { DriftRecord, ResolvedRecord } from '../../src/drift/events.ts';
import { openStore } from '../../src/store/open.ts';
import { createLog } from '../../src/tell/log.ts';
import { spanCount } from '../../src/tell/spans/spans.ts';
import { type Collector, type CollectorPlace, makeCollector } from '../lab/collector.ts';
import { eventually, makeWorld, seriesOf } from '../lab/godrift.ts';
import { replaceFile } from '../lab/replace-file.ts';
import { startsExporters } from '../lab/running.ts';
import {
  type JaegerClient,
  type OtlpSpan,
  type PrometheusClient,
  type RunningServer,
  spansOf,
  startJaeger,
  startPrometheus,
} from '../lab/servers.ts';
import { ensureToolchain, scratch } from '../lab/toolchains.ts';
import { driftRecord, resolvedRecord } from '../unit/tell/states.ts';

/**
 * `GODRIFT_TEST_COLLECTOR=all`: a thousand drifts observed by real exporters, not only recorded in journals
 * and sent from outboxes.
 */
const [targets, rounds] = process.env['GODRIFT_TEST_COLLECTOR'] === 'all' ? [50, 20] : [5, 2];
const hourMs = 3_600_000;

const started = startsExporters();

/** The backends of one test: they contain only what that test sent. */
interface Backends {
  readonly jaeger: JaegerClient;
  /** The address for OTLP over HTTP. */
  readonly spans: string;
  readonly prometheus: RunningServer & PrometheusClient;
}

async function startBackends(): Promise<Backends> {
  const jaeger = await startJaeger();
  onTestFinished(() => jaeger.stop());
  const prometheus = await startPrometheus({ config: 'global: {}', mode: 'receiver' });
  onTestFinished(() => prometheus.stop());
  return { jaeger, spans: `http://127.0.0.1:${jaeger.ports.otlpHttp}`, prometheus };
}

/** A proxy in front of Jaeger: while it is closed, requests get no answer. */
async function gateBefore(backend: string) {
  let open = true;
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (!open) return;
    const { 'content-type': type = '', 'content-encoding': encoding } = request.headers;
    const answer = await fetch(`${backend}${request.url}`, {
      method: 'POST',
      headers: { 'content-type': type, ...(encoding === undefined ? {} : { 'content-encoding': encoding }) },
      body: Buffer.concat(chunks),
    });
    response
      .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
      .end(Buffer.from(await answer.arrayBuffer()));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      open = false;
    },
    open: () => {
      open = true;
    },
  };
}

/** Starts a Collector that sends to these backends. */
async function collectorOf(
  { spans, prometheus }: Backends,
  place: Partial<CollectorPlace> = {},
): Promise<Collector> {
  const collector = await makeCollector({
    jaeger: spans,
    prometheus: new URL(prometheus.url).host,
    exporter: '127.0.0.1:9',
    ...place,
  });
  onTestFinished(() => collector.stop());
  await collector.start();
  return collector;
}

/** The recording part of an exporter: journal, cursor and outbox. */
async function recorderOf(endpoint: string) {
  const opened = await openStore(join(scratch('journal'), 'state'), { now: Date.now, cursors: ['otlp'] });
  if ('busy' in opened) throw new Error(opened.why);
  const log = createLog('info', 'logfmt', () => {});
  const env = new Map([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', endpoint],
    // Spans that are resent after a timeout are counted twice; this test must not fail on a slow machine.
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '200000'],
  ]);
  const outbox = await openOutbox(opened, env, 1 << 30, log);
  onTestFinished(async () => {
    await outbox.flush(0);
    await opened.close();
  });
  const begin = async (start: number): Promise<DriftRecord> => {
    const drift: DriftRecord = {
      ...driftRecord,
      start,
      end: start + 120,
      trace_id: randomBytes(16).toString('hex'),
      span_id: randomBytes(8).toString('hex'),
    };
    await opened.keep(drift);
    outbox.kick();
    return drift;
  };
  const end = async (drift: DriftRecord, start: number) => {
    const { trace_id, span_id: parent_span_id } = drift;
    const span_id = randomBytes(8).toString('hex');
    const resolved: ResolvedRecord = {
      ...resolvedRecord,
      start,
      end: start,
      trace_id,
      parent_span_id,
      span_id,
    };
    await opened.keep(resolved);
    outbox.kick();
  };
  return { begin, end, unsent: () => outbox.stats().pending };
}

/** All spans of godrift in Jaeger, by trace. */
async function tracesIn(jaeger: JaegerClient): Promise<ReadonlyMap<string, readonly OtlpSpan[]>> {
  const from = new Date(Date.now() - 5 * hourMs);
  const traces = new Map<string, OtlpSpan[]>();
  for (const span of spansOf(await jaeger.traces({ service: 'godrift', from, limit: 5_000 })))
    traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
  return traces;
}

const countIn = async (jaeger: JaegerClient, name: string) =>
  [...(await tracesIn(jaeger)).values()].flat().filter((span) => span.name === name).length;

/** Returns the number of spans of that name that a Collector counted across its restarts. */
async function counted(prometheus: PrometheusClient, name: string): Promise<number> {
  const query = `sum(traces_span_metrics_calls_total{service_name="godrift",span_name="${name}"})`;
  return (await prometheus.query(query))[0]?.value ?? 0;
}

/** Sends one span of the given service. */
async function sendSpan(collector: Collector, service: string, traceId: string): Promise<void> {
  const span = {
    traceId,
    spanId: randomBytes(8).toString('hex'),
    name: 'work',
    startTimeUnixNano: `${Date.now()}000000`,
    endTimeUnixNano: `${Date.now()}000000`,
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
  const answer = await fetch(`${collector.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
  });
  expect(answer.status).toBe(200);
}

describe('a Collector between exporters and Jaeger', () => {
  it('delivers a thousand drifts and their ends, each once, although it is killed in between', async () => {
    const backends = await startBackends();
    const { jaeger, prometheus } = backends;
    const gate = await gateBefore(backends.spans);
    const collector = await collectorOf(backends, { jaeger: gate.url });
    const recorders = await Promise.all(Array.from({ length: 10 }, () => recorderOf(collector.url)));
    const began = Date.now() - 3 * hourMs;
    const half = () =>
      Promise.all(
        recorders.map(async ({ begin }) => {
          const drifts: DriftRecord[] = [];
          for (let index = 0; index < 50; index++) drifts.push(await begin(began + index * 1_000));
          return drifts;
        }),
      );
    const ends = (drifts: readonly (readonly DriftRecord[])[]) =>
      Promise.all(
        recorders.map(async ({ end }, index) => {
          for (const drift of drifts[index] ?? []) await end(drift, Date.now());
        }),
      );
    const allSent = () =>
      eventually('everything to be sent', async () => recorders.every(({ unsent }) => unsent() === 0));

    // While Jaeger is unreachable, the received spans are only on the disk of the Collector when it is
    // killed.
    gate.close();
    const first = await half();
    await allSent();
    await eventually(
      'the first half to be counted',
      async () => (await counted(prometheus, 'detect drift')) === 500,
    );
    expect(await countIn(jaeger, 'detect drift')).toBe(0);
    await collector.kill();
    gate.open();
    // The exporters have more to send while the Collector is down.
    await ends(first);
    await collector.start();
    const second = await half();
    await ends(second);
    await allSent();
    await eventually('all ends', async () => (await countIn(jaeger, 'resolve drift')) >= 1_000);
    await eventually(
      'the count of all ends',
      async () => (await counted(prometheus, 'resolve drift')) === 1_000,
    );
    expect(await counted(prometheus, 'detect drift')).toBe(1_000);
    const traces = await tracesIn(jaeger);
    expect(traces.size).toBe(1_000);
    for (const drift of [...first, ...second].flat()) {
      const spans = traces.get(drift.trace_id) ?? [];
      expect(new Set(spans.map(({ spanId }) => spanId)).size, drift.trace_id).toBe(spans.length);
      expect(spans, drift.trace_id).toHaveLength(spanCount(drift) + 1);
      const [root, end] = ['detect drift', 'resolve drift'].map((name) =>
        spans.find((span) => span.name === name),
      );
      expect([root?.spanId, end?.parentSpanId]).toEqual([drift.span_id, drift.span_id]);
    }
  });

  it('forgets its sampling decisions in a restart, and then drops an accepted end under a policy by span count', async () => {
    const backends = await startBackends();
    const { jaeger } = backends;
    // The policy keeps traces of at least two spans: an onset has more, an end alone has one.
    const edit = (text: string) => {
      const config = parse(text) as { processors: { tail_sampling: object } };
      config.processors.tail_sampling = {
        decision_wait: '1s',
        policies: [{ name: 'large', type: 'span_count', span_count: { min_spans: 2 } }],
        decision_cache: { sampled_cache_size: 1000, non_sampled_cache_size: 1000 },
      };
      return stringify(config);
    };
    const collector = await collectorOf(backends, { edit });
    const recorder = await recorderOf(collector.url);
    const start = Date.now() - hourMs;
    const [known, forgotten] = [await recorder.begin(start), await recorder.begin(start)];
    await eventually('both onsets', async () => (await countIn(jaeger, 'detect drift')) === 2);
    await recorder.end(known, Date.now());
    await eventually(
      'the end of the known drift',
      async () => (await countIn(jaeger, 'resolve drift')) === 1,
    );
    await collector.stop();
    await collector.start();
    await recorder.end(forgotten, Date.now());
    await eventually('the end of the forgotten drift to be accepted', async () => recorder.unsent() === 0);
    await eventually('that end to be dropped', async () =>
      /tail_sampling_global_count_traces_sampled\w*\{[^}]*sampled="false"[^}]*\} 1\n/.test(
        await collector.page(),
      ),
    );
    expect(await countIn(jaeger, 'resolve drift')).toBe(1);
  });

  it('keeps a span of godrift in a trace of another service that was dropped before', async () => {
    const backends = await startBackends();
    const { jaeger } = backends;
    const collector = await collectorOf(backends);
    const traces = Array.from({ length: 30 }, () => randomBytes(16).toString('hex'));
    for (const trace of traces) await sendSpan(collector, 'elsewhere', trace);
    const dropped = await eventually('some of them to be dropped', async () => {
      const kept = await Promise.all(traces.map((trace) => jaeger.trace(trace)));
      const [, count] =
        /tail_sampling_global_count_traces_sampled\w*\{[^}]*sampled="false"[^}]*\} (\d+)\n/.exec(
          await collector.page(),
        ) ?? [];
      const rest = traces.filter((_, index) => kept[index] === undefined);
      return Number(count) === rest.length && rest;
    });
    expect(dropped.length).toBeGreaterThan(0);
    for (const trace of dropped) await sendSpan(collector, 'godrift', trace);
    await eventually('all spans of godrift', async () => (await countIn(jaeger, 'work')) === dropped.length);
  });

  it(`delivers the drifts that an exporter observes, ${targets} targets ${rounds} times, although it is restarted`, async () => {
    const backends = await startBackends();
    const { jaeger } = backends;
    const collector = await collectorOf(backends);
    const world = makeWorld(await ensureToolchain('1.27.4'));
    const names = Array.from({ length: targets }, (_, index) => `t${index}`);
    const environ = (name: string) => join(world.home, `${name}.environ`);
    const set = (flags: string) => {
      for (const name of names)
        replaceFile(environ(name), `PATH=${world.env['PATH']}\0HOME=${world.home}\0GOFLAGS=${flags}\0`);
    };
    set('-mod=readonly');
    const config = join(world.home, 'godrift.yml');
    const all = names.map((name) => {
      const workspace = join(world.home, 'src', name);
      mkdirSync(workspace, { recursive: true });
      writeFileSync(join(workspace, 'go.mod'), `module example.com/${name}\n\ngo 1.21\n`);
      return { name, workspace, environment: { from: 'file', path: environ(name) } };
    });
    writeFileSync(config, JSON.stringify({ interval: '500ms', targets: all }));
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    const exporter = await started(world, ['--config.file', config], { env });
    const each = (what: string, holds: (page: string, target: string) => boolean) =>
      eventually(what, async () => {
        const page = await exporter.metrics();
        return names.every((target) => holds(page, target));
      });
    const level = (page: string, target: string) =>
      seriesOf(page, 'godrift_drift_level', { target, facet: 'env' });
    await each('a baseline of each', (page, target) => level(page, target) === 0);
    for (let round = 0; round < rounds; round++) {
      set(`-tags=x${round}`);
      await each('a drift of each', (page, target) => (level(page, target) ?? 0) > 0);
      if (round === 0) await collector.stop();
      set('-mod=readonly');
      await each('an end of each', (page, target) => level(page, target) === 0);
      if (round === 0) await collector.start();
    }
    await eventually('everything to be sent', async () => {
      const page = await exporter.metrics();
      return seriesOf(page, 'godrift_outbox_pending_spans', {}) === 0;
    });
    await eventually('all ends', async () => (await countIn(jaeger, 'resolve drift')) === targets * rounds);
    const traces = [...(await tracesIn(jaeger)).values()];
    expect(traces).toHaveLength(targets * rounds);
    for (const spans of traces) {
      const names = spans.map(({ name }) => name);
      expect(names.filter((name) => name === 'detect drift')).toHaveLength(1);
      expect(names.filter((name) => name === 'resolve drift')).toHaveLength(1);
      expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
    }
  });
});
