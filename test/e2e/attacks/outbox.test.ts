/**
 * Spans of a real exporter with misbehaving trace endpoints: no span is lost or duplicated, dropped spans are
 * counted, and no endpoint keeps the exporter from ending.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import type { DriftRecord, ResolvedRecord } from '../../../src/drift/events.ts';
import { spanCount } from '../../../src/tell/spans/spans.ts';
import {
  type Exporter,
  eventually,
  makeWorld,
  patienceMs,
  program,
  seriesOf,
  startExporter,
  type World,
} from '../../lab/godrift.ts';
import { freePorts } from '../../lab/ports.ts';
import { replaceFile } from '../../lab/replace-file.ts';
import { ensureToolchain } from '../../lab/toolchains.ts';

// Without a go on PATH no variable is reported, so no drift could be made.
const go = await ensureToolchain('1.27.4');
const running: Exporter[] = [];
const backends: http.Server[] = [];

afterEach(async () => {
  for (const exporter of running.splice(0)) await exporter.stop('SIGKILL');
  for (const server of backends.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** The reaction of a trace endpoint to a request; `accept` stores its spans. */
type Conduct = (response: http.ServerResponse, accept: () => void) => void;

const answering =
  (status: number, body = '', headers: Readonly<Record<string, string>> = {}): Conduct =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };
const taking: Conduct = (response, accept) => {
  accept();
  response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
};
const silent: Conduct = () => {};

interface SpanJson {
  readonly traceId: string;
  readonly spanId: string;
}

/** Starts a trace endpoint whose conduct can be changed, and which stores the accepted spans. */
async function startBackend(conduct: Conduct = taking) {
  const spans: SpanJson[] = [];
  const backend = {
    url: '',
    requests: 0,
    conduct,
    /** The number of spans with distinct bytes. */
    texts: () => new Set(spans.map((span) => JSON.stringify(span))).size,
    /** The number of spans with distinct ids. */
    ids: () => new Set(spans.map(({ traceId, spanId }) => traceId + spanId)).size,
  };
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    backend.requests++;
    const body = JSON.parse(Buffer.concat(chunks).toString()) as {
      resourceSpans: { scopeSpans: { spans: SpanJson[] }[] }[];
    };
    const sent = body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    backend.conduct(response, () => spans.push(...sent));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  backends.push(server);
  backend.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return backend;
}

/** A world with one target whose environment is a file: each `set` causes a drift or its end. */
function observedWorld(): { readonly world: World; readonly config: string; set(flag: string): void } {
  const world = makeWorld(go);
  const file = join(world.home, 'environ');
  const set = (flag: string) =>
    replaceFile(file, `PATH=${world.env['PATH']}\0HOME=${world.home}\0GOFLAGS=${flag}\0`);
  const config = join(world.home, 'godrift.yml');
  const target = { name: 'api', workspace: world.workspace, environment: { from: 'file', path: file } };
  writeFileSync(config, JSON.stringify({ interval: '200ms', targets: [target] }));
  set('-mod=readonly');
  return { world, config, set };
}

async function start(world: World, config: string, url: string): Promise<Exporter> {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_TIMEOUT: String(2 * patienceMs) };
  const exporter = await startExporter(world, ['--config.file', config], { env });
  running.push(exporter);
  return exporter;
}

/** Returns the journal's lines that become spans. */
const lines = (world: World): readonly (DriftRecord | ResolvedRecord)[] =>
  readdirSync(join(world.state, 'journal'))
    .flatMap((name) => readFileSync(join(world.state, 'journal', name), 'utf8').split('\n'))
    .filter((line) => /"type":"(drift|resolved)"/.test(line) && line.endsWith('}'))
    .map((line) => JSON.parse(line) as DriftRecord | ResolvedRecord);

const spansOf = (world: World) => lines(world).reduce((sum, record) => sum + spanCount(record), 0);

async function change(world: World, set: (flag: string) => void, flag: string): Promise<void> {
  const before = lines(world).length;
  set(flag);
  await eventually(`a line about ${flag}`, async () => lines(world).length > before);
}

const learned = (exporter: Exporter) =>
  eventually('a learned baseline', async () => (await exporter.metrics()).includes('kind="learned"'));
const count = async (exporter: Exporter, name: string, labels: Readonly<Record<string, string>> = {}) =>
  seriesOf(await exporter.metrics(), `godrift_outbox_${name}`, labels);

describe('spans sent to a misbehaving trace endpoint', () => {
  it('arrive exactly once after ten kinds of faults, each ended by a kill of the exporter', async () => {
    const backend = await startBackend();
    const { world, config, set } = observedWorld();
    const first = await start(world, config, backend.url);
    await learned(first);
    await first.stop('SIGKILL');
    const faults: Readonly<Record<string, Conduct>> = {
      'at once again': answering(503, '', { 'Retry-After': '0' }),
      'a wait that is none': answering(500, '<html>', { 'Retry-After': 'soon' }),
      HTML: answering(200, '<html>welcome</html>', { 'Content-Type': 'text/html' }),
      'a redirect to a login': answering(302, '', { Location: '/login' }),
      'a token that ran out': answering(401),
      'an ingress whose collector restarts': answering(404, 'default backend'),
      'cut off': (response) => {
        response
          .writeHead(200, { 'Content-Length': '100' })
          .write('{"partialSuccess":{}}', () => response.destroy());
      },
      'no answer': (response) => response.destroy(),
      silence: silent,
      'taken, and the answer lost': (response, accept) => {
        accept();
        response.destroy();
      },
    };
    const flags = (index: number) => (index % 2 === 0 ? '-mod=mod' : '-mod=readonly');
    for (const [index, [name, fault]] of Object.entries(faults).entries()) {
      // Changed while no exporter runs: a request that still met the previous
      // fault could wait longer than the test.
      backend.conduct = fault;
      const asked = backend.requests;
      const exporter = await start(world, config, backend.url);
      await change(world, set, flags(index));
      await eventually(`a request: ${name}`, async () => backend.requests > asked);
      await exporter.stop('SIGKILL');
    }
    backend.conduct = taking;
    const exporter = await start(world, config, backend.url);
    await change(world, set, flags(Object.keys(faults).length));
    // A line is in the file before the exporter counts it as pending.
    await eventually(
      'everything to be sent',
      async () => backend.ids() >= spansOf(world) && (await count(exporter, 'pending_spans')) === 0,
    );
    // No line was written twice, no span is missing, and spans that were sent again had the same bytes.
    const told = lines(world).map(({ type, event_id }) => `${type} ${event_id}`);
    expect(told).toEqual([...new Set(told)]);
    expect(backend.ids()).toBe(spansOf(world));
    expect(backend.texts()).toBe(backend.ids());
    for (const reason of ['rejected', 'refused', 'too_large', 'invalid', 'overflow'])
      expect(await count(exporter, 'dropped_spans_total', { reason }), reason).toBe(0);
  });

  it('are counted as dropped if they are rejected or refused permanently, and later ones arrive', async () => {
    const backend = await startBackend();
    const { world, config, set } = observedWorld();
    const exporter = await start(world, config, backend.url);
    await learned(exporter);
    const dropped = async (reason: string) =>
      (await count(exporter, 'dropped_spans_total', { reason })) ?? Number.NaN;
    const partial = (rejectedSpans: string) =>
      answering(200, JSON.stringify({ partialSuccess: { rejectedSpans, errorMessage: 'no room' } }));

    backend.conduct = partial('1');
    await change(world, set, '-mod=mod');
    await eventually('a rejected span', async () => (await dropped('rejected')) === 1);
    const first = spansOf(world);
    expect(await count(exporter, 'exported_spans_total')).toBe(first - 1);

    backend.conduct = partial('999');
    await change(world, set, '-mod=readonly');
    const second = spansOf(world) - first;
    await eventually('rejected spans', async () => (await dropped('rejected')) === 1 + second);

    backend.conduct = answering(400);
    await change(world, set, '-mod=vendor');
    const third = spansOf(world) - first - second;
    await eventually('refused spans', async () => (await dropped('refused')) === third);
    expect(backend.ids()).toBe(0);

    backend.conduct = taking;
    await change(world, set, '-mod=readonly');
    const rest = spansOf(world) - first - second - third;
    await eventually('the rest', async () => backend.ids() >= rest);
    expect(backend.ids()).toBe(rest);
    expect(exporter.output()).toContain('no room');
  });
});

/**
 * Span requests may take twice {@link patienceMs}, and a test kills the exporter after {@link patienceMs},
 * which gives no exit code. So an exit code proves that the exporter did not wait for the hanging request.
 * The upper limit of its duration is tested in test/unit/cli/wire.
 */
describe('SIGTERM', () => {
  it('ends an exporter whose trace endpoint never answers and whose scraper reads nothing', async () => {
    const backend = await startBackend(silent);
    const { world, config, set } = observedWorld();
    const exporter = await start(world, config, backend.url);
    await learned(exporter);
    await change(world, set, '-mod=mod');
    await eventually('a request', async () => backend.requests > 0);
    const client = http.get(`${exporter.url}/metrics`, { agent: new http.Agent({ keepAlive: true }) });
    client.on('error', () => {});
    await new Promise<void>((resolve) => client.on('response', (response) => resolve(void response.pause())));
    expect(await exporter.stop()).toBe(0);
    running.length = 0;
    client.destroy();
  });

  it('ends an exporter whose trace endpoint is unreachable; pending spans are sent after the next start', async () => {
    const backend = await startBackend();
    const { world, config, set } = observedWorld();
    const [port] = await freePorts(1);
    const exporter = await start(world, config, `http://127.0.0.1:${port}`);
    await learned(exporter);
    for (const flag of ['-mod=mod', '-mod=readonly', '-mod=vendor']) await change(world, set, flag);
    await eventually(
      'a failed request',
      async () => ((await count(exporter, 'failed_requests_total', { reason: 'unreachable' })) ?? 0) > 0,
    );
    expect(await exporter.stop()).toBe(0);
    expect(exporter.output()).toContain('msg=stopped');
    running.length = 0;
    await start(world, config, backend.url);
    await eventually('all spans', async () => backend.ids() === spansOf(world));
  });

  it('ends an exporter during its start with exit code 0', async () => {
    const backend = await startBackend(silent);
    const { world, config } = observedWorld();
    const [port] = await freePorts(1);
    const args = ['serve', '--web.listen-address', `127.0.0.1:${port}`, '--config.file', config];
    const child = execa(process.execPath, [program, ...args], {
      cwd: world.workspace,
      env: { ...world.env, OTEL_EXPORTER_OTLP_ENDPOINT: backend.url },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      timeout: patienceMs,
      killSignal: 'SIGKILL',
    });
    await eventually('the state directory', async () => existsSync(world.state));
    child.kill('SIGTERM');
    const { exitCode, timedOut } = await child;
    expect({ exitCode, timedOut }).toEqual({ exitCode: 0, timedOut: false });
  });
});
