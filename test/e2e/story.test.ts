/**
 * The whole chain with real servers: a toolchain drifts, the shipped rules fire in Prometheus, Jaeger shows
 * the trace, and a repair resolves both.
 */
import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Exporter,
  eventually,
  godrift,
  makeWorld,
  seriesOf,
  startExporter,
  type World,
} from '../lab/godrift.ts';
import {
  jaegerClient,
  type PrometheusClient,
  type RunningServer,
  spansOf,
  startJaeger,
  startPrometheus,
} from '../lab/servers.ts';
import { ensureToolchain, type Toolchain } from '../lab/toolchains.ts';

const rules = ['godrift-recording.yml', 'godrift-alerts.yml'].map((name) =>
  join(import.meta.dirname, '../../prometheus/rules', name),
);

function config(port: number): string {
  return `
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
scrape_configs:
  - job_name: godrift
    static_configs: [{targets: ['127.0.0.1:${port}']}]
`;
}

/** A world whose PATH leads to go through a symlink, as with version managers. */
function linkedWorld(toolchain: Toolchain): World {
  const world = makeWorld(toolchain);
  mkdirSync(join(world.home, 'sdk'));
  const linked = {
    ...world,
    env: { ...world.env, PATH: `${join(world.home, 'sdk/current/bin')}:/usr/bin:/bin` },
  };
  switchTo(linked, toolchain);
  return linked;
}

function switchTo(world: World, toolchain: Toolchain): void {
  const link = join(world.home, 'sdk/current');
  symlinkSync(toolchain.goroot, `${link}.new`);
  renameSync(`${link}.new`, link);
}

const learned = (exporter: Exporter) => async () =>
  (await exporter.metrics()).includes('godrift_baseline_info{target="default",kind="learned"');

describe('a toolchain drift', async () => {
  const go1270 = await ensureToolchain('1.27.0');
  const go1274 = await ensureToolchain('1.27.4');
  const go126 = await ensureToolchain('1.26.0');
  let jaeger: Awaited<ReturnType<typeof startJaeger>>;
  let prometheus: RunningServer & PrometheusClient;
  let exporter: Exporter;
  let world: World;
  let begun: number;

  beforeAll(async () => {
    jaeger = await startJaeger();
    begun = Date.now();
    world = linkedWorld(go126);
    exporter = await startExporter(world, ['--interval', '1s'], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${jaeger.ports.otlpHttp}` },
    });
    prometheus = await startPrometheus({ config: config(exporter.port), ruleFiles: rules });
    await eventually('a learned baseline', learned(exporter));
    await eventually(
      'Prometheus to see it',
      async () => (await prometheus.query('godrift_drift_level{facet="toolchain"}')).length === 1,
    );
  });

  afterAll(async () => {
    await exporter?.stop();
    await Promise.all([prometheus?.stop(), jaeger?.stop()]);
  });

  const firing = async () =>
    (await prometheus.alerts())
      .filter((alert) => alert.state === 'firing')
      .map((alert) => alert.labels['alertname']);

  it('is not reported for a project whose go line is older than the toolchain: no alert fires', async () => {
    expect(await firing()).toEqual([]);
  });

  it('from 1.26 to 1.27 is on the metrics page, fires one alert, and has its trace in Jaeger', async () => {
    switchTo(world, go1270);
    const page = await eventually('the drift on the page', async () => {
      const text = await exporter.metrics();
      return seriesOf(text, 'godrift_drift_level', { facet: 'toolchain' }) === 2 ? text : undefined;
    });
    expect(page).toContain(
      'godrift_drift_entry_info{target="default",facet="toolchain",key="toolchain.version",expected="1.26.0",actual="1.27.0"} 1',
    );
    await eventually(
      'Prometheus to have scraped it',
      async () => (await prometheus.query('godrift_drift_level{facet="toolchain"} == 2')).length === 1,
    );
    const alerts = await eventually('the alert', async () => {
      const found = (await prometheus.alerts()).filter(
        (alert) => alert.labels['alertname'] === 'GodriftToolchainDriftMinor' && alert.state === 'firing',
      );
      return found.length > 0 ? found : undefined;
    });
    // One drift is one alert for people, including pending ones. Alerts with
    // godrift_action only request a rollback.
    const forPeople = (await prometheus.alerts()).filter(
      ({ labels }) => labels['godrift_action'] === undefined,
    );
    expect(forPeople.map(({ labels }) => labels['alertname'])).toEqual(['GodriftToolchainDriftMinor']);
    expect(alerts[0]?.annotations['summary']).toMatch(/^default: Go 1\.26\.0 → 1\.27\.0,/);
    expect(alerts[0]?.annotations['summary'] + (alerts[0]?.annotations['description'] ?? '')).toMatch(
      /1\.26\.0.*1\.27\.0/s,
    );

    const traceId =
      /godrift_drift_trace_info\{target="default",facet="toolchain",trace_id="([0-9a-f]{32})"\} 1/.exec(
        page,
      )?.[1] as string;
    const trace = await eventually('the trace', async () => jaegerClient(jaeger.url).trace(traceId));
    const spans = spansOf(trace);
    const root = spans.find((span) => span.name === 'detect drift');
    const attributes = new Map(
      root?.attributes?.map(({ key, value }) => [
        key,
        value.stringValue ?? value.doubleValue ?? value.arrayValue,
      ]),
    );
    expect(attributes.get('godrift.target')).toBe('default');
    expect(attributes.get('godrift.drift.level')).toBe('minor');
    expect(attributes.get('godrift.baseline.kind')).toBe('learned');
    expect(attributes.get('godrift.fingerprint.new')).toMatch(/^sha256:/);
    expect(spans.map((span) => span.name)).toEqual(
      expect.arrayContaining(['collect toolchain', 'collect env', 'collect context']),
    );
    for (const child of spans.filter((span) => span.name.startsWith('collect ')))
      expect(child.parentSpanId).toBe(root?.spanId);
    const events = root?.events?.filter((event) => event.name === 'godrift.entry.changed') ?? [];
    expect(
      events.some((event) => event.attributes?.some(({ value }) => value.stringValue === '1.27.0')),
    ).toBe(true);
    expect(Number(BigInt(root?.endTimeUnixNano ?? 0) - BigInt(root?.startTimeUnixNano ?? 0))).toBeGreaterThan(
      0,
    );
    expect(BigInt(root?.startTimeUnixNano ?? 0) / 1_000_000n).toBeGreaterThanOrEqual(BigInt(begun));
    const resource = new Map(
      trace[0]?.resource?.attributes?.map(({ key, value }) => [key, value.stringValue]),
    );
    expect(resource.get('service.name')).toBe('godrift');
  });

  it('that is repaired resolves its alert and ends in the same trace', async () => {
    const before = await exporter.metrics();
    const traceId = /trace_id="([0-9a-f]{32})"/.exec(before)?.[1] as string;
    switchTo(world, go126);
    await eventually(
      'the end of the drift',
      async () => seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'toolchain' }) === 0,
    );
    expect(await exporter.metrics()).not.toContain('godrift_drift_entry_info{');
    expect(await exporter.metrics()).not.toContain('godrift_drift_trace_info{');
    await eventually('the span of the end in Jaeger', async () => {
      const trace = await jaegerClient(jaeger.url).trace(traceId);
      return trace !== undefined && spansOf(trace).some((span) => span.name === 'resolve drift');
    });
    await eventually(
      'no alert any more',
      async () => !(await firing()).includes('GodriftToolchainDriftMinor'),
    );
  });

  it('of a patch release fires no alert above info', async () => {
    const patched = linkedWorld(go1270);
    const other = await startExporter(patched, ['--interval', '1s']);
    const second = await startPrometheus({ config: config(other.port), ruleFiles: rules });
    try {
      await eventually('a learned baseline', learned(other));
      switchTo(patched, go1274);
      await eventually(
        'the patch on the page',
        async () => seriesOf(await other.metrics(), 'godrift_drift_level', { facet: 'toolchain' }) === 1,
      );
      await eventually(
        'Prometheus to have seen it',
        async () => (await second.query('godrift_drift_level{facet="toolchain"} == 1')).length === 1,
      );
      await eventually(
        'ten scrapes and evaluations of it',
        async () =>
          ((await second.query('count_over_time((godrift_drift_level{facet="toolchain"} == 1)[2m:1s])'))[0]
            ?.value ?? 0) >= 10,
      );
      expect((await second.alerts()).filter((alert) => alert.labels['severity'] !== 'info')).toEqual([]);
    } finally {
      await other.stop();
      await second.stop();
    }
  });
});

describe('without a trace backend', async () => {
  const go126 = await ensureToolchain('1.26.0');
  const go127 = await ensureToolchain('1.27.4');

  it('drifts are journalled, and their spans are sent once a backend is available', async () => {
    const world = linkedWorld(go126);
    const { freePorts } = await import('../lab/ports.ts');
    const [closed] = await freePorts(1);
    let exporter = await startExporter(world, ['--interval', '500ms'], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${closed}` },
    });
    await eventually('a learned baseline', learned(exporter));
    switchTo(world, go127);
    await eventually(
      'the drift',
      async () => seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'toolchain' }) === 2,
    );
    await exporter.stop('SIGKILL');
    const events = await godrift(world, ['events', '--json']);
    const lines = events.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.type)).toEqual(['baseline', 'drift']);
    expect(lines[1]).toMatchObject({
      target: 'default',
      level: 'minor',
      facets: ['toolchain'],
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect((await godrift(world, ['events', '--verify'])).exitCode).toBe(0);

    const jaeger = await startJaeger();
    exporter = await startExporter(world, ['--interval', '500ms'], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${jaeger.ports.otlpHttp}` },
    });
    try {
      await eventually(
        'the old drift in Jaeger',
        async () => (await jaegerClient(jaeger.url).trace(lines[1].trace_id)) !== undefined,
      );
      // The drift lasted over the kill: it is the same drift, recorded once.
      expect((await exporter.metrics()).match(/trace_id="([0-9a-f]{32})"/)?.[1]).toBe(lines[1].trace_id);
      const again = await godrift(world, ['events', '--json']);
      expect(
        again.stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).type),
      ).toEqual(['baseline', 'drift']);
    } finally {
      await exporter.stop();
      await jaeger.stop();
    }
  });
});
