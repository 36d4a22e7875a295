/**
 * The shipped configurations for observing a fleet centrally (deploy/fleet), with real Prometheus servers:
 * agents with remote write, a Collector, and federation.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { type DriftingWorld, prometheusConfig, startDriftingWorld } from '../lab/chain.ts';
import { makeCollector } from '../lab/collector.ts';
import { eventually } from '../lab/godrift.ts';
import { type PrometheusClient, type RunningServer, startPrometheus } from '../lab/servers.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const folder = join(import.meta.dirname, '../../deploy/fleet');

/** A shipped configuration file with other addresses and an interval of one second. */
function shipped(name: string, addresses: Readonly<Record<string, string>>): string {
  let text = readFileSync(join(folder, name), 'utf8');
  for (const [from, to] of Object.entries(addresses)) {
    if (!text.includes(from)) throw new Error(`${name} has no ${from}`);
    text = text.replaceAll(from, to);
  }
  const config = parse(text) as { global: object; rule_files?: string[] };
  const { evaluation_interval: evaluates } = config.global as { evaluation_interval?: string };
  return stringify({
    ...config,
    global: {
      ...config.global,
      scrape_interval: '1s',
      ...(evaluates === undefined ? {} : { evaluation_interval: '1s' }),
    },
    ...(config.rule_files === undefined
      ? {}
      : { rule_files: config.rule_files.map((file) => join(folder, file)) }),
  });
}

let drifting: DriftingWorld;
const servers: RunningServer[] = [];
async function prometheus(
  config: string,
  mode?: 'agent' | 'receiver',
): Promise<RunningServer & PrometheusClient> {
  const server = await startPrometheus({ config, ...(mode === undefined ? {} : { mode }) });
  servers.push(server);
  return server;
}

beforeAll(async () => {
  drifting = await startDriftingWorld(await ensureToolchain('1.27.4'), '1s');
});
afterAll(async () => {
  for (const server of servers.reverse()) await server.stop();
  await drifting?.exporter.stop();
});

/**
 * Checks that the central server sees a drift and its end under the shipped rules, and that no stale series
 * remains that would break joins.
 */
async function seesADrift(central: PrometheusClient, labels: Readonly<Record<string, string>>) {
  const has = (what: string, query: string, count: number) =>
    eventually(what, async () => (await central.query(query)).length === count);
  await has('the level', 'godrift_drift_level{facet="env"} == 0', 1);
  drifting.drift();
  await has('the drift', 'godrift_drift_level{facet="env"} == 2', 1);
  await has('the recording rule', 'target_facet:godrift_drift_level:held{facet="env"} > 0', 1);
  await eventually('the alert', async () =>
    (await central.alerts()).some(({ labels: { alertname } }) => alertname === 'GodriftDriftMinor'),
  );
  const [series] = await central.query('godrift_drift_level{facet="env"}');
  expect(series?.labels).toMatchObject({ job: 'godrift', target: 'default', ...labels });
  expect(series?.labels['instance']).toBe(`127.0.0.1:${drifting.exporter.port}`);
  // Another entry drifts: the previous label set disappears at once.
  drifting.drift('CGO_ENABLED=1\nGOFLAGS=-v');
  await has('the new entry', 'godrift_drift_entry_info{key="env.GOFLAGS"}', 1);
  await has('the end of the old one', 'godrift_drift_entry_info{key="env.CGO_ENABLED"}', 0);
  drifting.heal();
  await has('the end', 'godrift_drift_level{facet="env"} == 0', 1);
  await has('the end of its entries', 'godrift_drift_entry_info', 0);
}

describe('a fleet seen from one place', () => {
  it('works with agents that write to the central server', async () => {
    const central = await prometheus(shipped('central.yml', { 'localhost:9093': '127.0.0.1:9' }), 'receiver');
    const addresses = {
      'localhost:9464': `127.0.0.1:${drifting.exporter.port}`,
      'central:9090': new URL(central.url).host,
    };
    await prometheus(shipped('agent.yml', addresses), 'agent');
    await seesADrift(central, { site: 'office' });
  });

  it('works with a Collector that scrapes and writes to the central server, and loses no metric name', async () => {
    const central = await prometheus(shipped('central.yml', { 'localhost:9093': '127.0.0.1:9' }), 'receiver');
    const collector = await makeCollector({
      jaeger: 'http://127.0.0.1:9',
      prometheus: new URL(central.url).host,
      exporter: `127.0.0.1:${drifting.exporter.port}`,
    });
    onTestFinished(() => collector.stop());
    await collector.start();
    await seesADrift(central, {});
    // Every metric name of the page arrives under the name that rules and dashboards use.
    const page = new Set(
      [...(await drifting.exporter.metrics()).matchAll(/^(godrift_\w+)[ {]/gm)].map(([, name]) => name),
    );
    const names = (await central.query('count by (__name__) ({__name__=~"godrift_.*"})')).map(
      ({ labels }) => labels['__name__'],
    );
    expect([...page].filter((name) => !names.includes(name))).toEqual([]);
  });

  it('works with federation', async () => {
    const leaf = await prometheus(prometheusConfig(drifting.exporter.port, 'http://127.0.0.1:9', 1));
    const central = await prometheus(
      shipped('federation.yml', {
        'localhost:9093': '127.0.0.1:9',
        'leaf:9090': new URL(leaf.url).host,
      }),
    );
    await seesADrift(central, {});
  });
});
