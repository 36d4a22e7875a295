/**
 * From a changed file to the same file as it was, without a person: a real exporter in mode auto, the shipped rules and routes in a real Prometheus and Alertmanager
 * at intervals of one second, and one trace of all of it in a real Jaeger.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Chain, startChain } from '../lab/chain.ts';
import {
  type Exporter,
  eventually,
  godrift,
  makeWorld,
  seriesOf,
  startExporter,
  type World,
} from '../lab/godrift.ts';
import { secrets } from '../lab/inbox.ts';
import { freePorts } from '../lab/ports.ts';
import { replaceFile } from '../lab/replace-file.ts';
import { type OtlpSpan, spansOf, startJaeger } from '../lab/servers.ts';
import { cloneToolchain, ensureToolchain } from '../lab/toolchains.ts';

const healthy = 'GOFLAGS=-trimpath\n';

interface Line {
  readonly type: string;
  readonly time: string;
  readonly facets?: readonly string[];
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly [key: string]: unknown;
}

describe('the closed loop', () => {
  let world: World;
  let exporter: Exporter;
  let chain: Chain;
  let jaeger: Awaited<ReturnType<typeof startJaeger>>;
  let older: string;
  let newer: string;
  const goenv = () => join(world.home, '.config/go/env');
  const link = () => join(world.home, 'go');

  beforeAll(async () => {
    await Promise.all([ensureToolchain('1.26.0'), ensureToolchain('1.27.4')]);
    const plain = makeWorld(undefined, {
      'go.mod': 'module example.com/app\n\ngo 1.26.0\n',
      'main.go': 'package main\n\nfunc main() { println(42) }\n',
    });
    // Trees of its own: other tests run what lies in the shared ones.
    older = (await cloneToolchain('1.26.0', join(plain.home, 'sdk/go1.26.0'))).goroot;
    newer = (await cloneToolchain('1.27.4', join(plain.home, 'sdk/go1.27.4'))).goroot;
    world = { ...plain, env: { ...plain.env, PATH: `${join(plain.home, 'go')}/bin:/usr/bin:/bin` } };
    symlinkSync(older, link());
    mkdirSync(dirname(goenv()), { recursive: true });
    writeFileSync(goenv(), healthy);
    const token = join(world.home, 'token');
    writeFileSync(token, secrets['godrift-token'], { mode: 0o600 });
    const [adminPort = 0] = await freePorts(1);
    const config = join(world.home, 'godrift.yml');
    writeFileSync(
      config,
      stringify({
        interval: '1s',
        rollback: {
          mode: 'auto',
          allow: [{ target: 'api', facets: ['env', 'toolchain'] }],
          quarantine: '0s',
        },
        admin: { listen: `127.0.0.1:${adminPort}`, tokens: [{ file: token, scope: 'rollback' }] },
        targets: [{ name: 'api', workspace: world.workspace, pool: 'ci' }],
      }),
    );
    const accept = ['baseline', 'accept', '--reason', 'all well', '--config.file', config];
    expect(await godrift(world, accept)).toMatchObject({ exitCode: 0, stderr: '' });
    jaeger = await startJaeger();
    exporter = await startExporter(world, ['--config.file', config], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${jaeger.ports.otlpHttp}` },
    });
    chain = await startChain(exporter, 1, `http://127.0.0.1:${adminPort}`);
  });

  afterAll(async () => {
    await chain?.stop();
    await exporter?.stop();
    await jaeger?.stop();
  });

  const go = (...args: string[]) =>
    execFileSync(join(link(), 'bin/go'), args, {
      cwd: world.workspace,
      env: { ...world.env, GOTELEMETRY: 'off' },
      encoding: 'utf8',
    }).trim();

  async function journal(): Promise<readonly Line[]> {
    const { stdout } = await godrift(world, ['events', '--json']);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  }

  /** Waits for the whole story of a facet; answers its lines, and the spans that Jaeger has of it. */
  async function story(facet: string) {
    const lines = await eventually(`the end of the drift of ${facet}`, async () => {
      const all = (await journal()).filter((line) => line.facets?.includes(facet));
      // The exporter may see the healed file before the rollback is verified.
      return ['resolved', 'outcome'].every((wanted) => all.some(({ type }) => type === wanted))
        ? all
        : undefined;
    });
    await eventually(
      'the exporter to agree',
      async () => seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet }) === 0,
    );
    const of = (type: string) => lines.find((line) => line.type === type);
    // A drift that goes on to another one has another trace: the rollback answers the last.
    const trace = of('outcome')?.trace_id ?? '';
    expect(lines.filter(({ type }) => type === 'drift').map(({ trace_id }) => trace_id)).toContain(trace);
    const spans = await eventually(`the trace of ${facet} in Jaeger`, async () => {
      const found = await jaeger.trace(trace);
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

  /** What every story has; prints how long it took. */
  async function whole(facet: string, step: string, changed: number): Promise<void> {
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
    // The request has a trace of its own, which the rollback names.
    const asked = of('alert');
    expect(rollback.links?.[0]).toMatchObject({ traceId: asked?.trace_id, spanId: asked?.span_id });
    const request = await eventually('the request in Jaeger', async () => {
      const found = await jaeger.trace(asked?.trace_id ?? '');
      return found === undefined ? undefined : spansOf(found)[0];
    });
    expect(request).toMatchObject({ name: 'POST /api/v1/alertmanager', kind: 2 });
    // As Prometheus sees it, the alert ends by itself.
    await eventually('the alert to end', async () =>
      (await chain.prometheus.alerts()).every(
        ({ labels }) => labels['alertname'] !== 'GodriftRollback' || labels['facet'] !== facet,
      ),
    );
    const verified = Date.parse(outcome?.time ?? '') - changed;
    console.log(`${facet}: ${(verified / 1000).toFixed(1)} s from the change to the verified rollback`);
  }

  it('puts a setting back', async () => {
    const changed = Date.now();
    replaceFile(goenv(), 'GOFLAGS=-mod=mod\n');
    await whole('env', 'restore-file', changed);
    expect(readFileSync(goenv(), 'utf8')).toBe(healthy);
    expect(go('run', '.')).toBe('');
  });

  it('puts a toolchain back', async () => {
    const changed = Date.now();
    rmSync(link());
    symlinkSync(newer, link());
    await whole('toolchain', 'restore-link', changed);
    expect(readlinkSync(link())).toBe(older);
    expect(go('version')).toContain('go1.26.0');
    expect(go('build', './...')).toBe('');
    expect((await godrift(world, ['events', '--verify'])).exitCode).toBe(0);
  });
});
