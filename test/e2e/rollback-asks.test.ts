/**
 * Rollback requests by alerts to a running exporter: forged, repeated and in storms, from the webhook of a
 * real Alertmanager, and polled from it.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { accept, goenvOf, worldWithGoenv } from '../lab/accepted.ts';
import { type Exporter, eventually, godrift, seriesOf, type World } from '../lab/godrift.ts';
import { freePorts } from '../lab/ports.ts';
import { replaceFile } from '../lab/replace-file.ts';
import { startsExporters } from '../lab/running.ts';
import { type RunningServer, startAlertmanager } from '../lab/servers.ts';
import { ensureToolchain, type Toolchain } from '../lab/toolchains.ts';

let toolchain: Toolchain;
beforeAll(async () => {
  toolchain = await ensureToolchain('1.27.4');
});
const start = startsExporters('SIGKILL');
const servers: RunningServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

const token = 'token-of-the-alertmanager';
const deployToken = 'token-of-the-deployments';
const healthy = 'GOFLAGS=-trimpath\n';
const drifted = 'GOFLAGS=-mod=mod\n';

interface Scene {
  readonly world: World;
  readonly config: string;
  readonly adminPort: number;
  readonly goenv: string;
  exporter: Exporter;
}

/** Starts an exporter in mode auto on a host whose GOENV was accepted. */
async function scene({ admin = true, poll }: { admin?: boolean; poll?: object } = {}): Promise<Scene> {
  const world = worldWithGoenv(toolchain, healthy);
  writeFileSync(join(world.home, 'token'), `${token}\n`, { mode: 0o600 });
  writeFileSync(join(world.home, 'deploy-token'), deployToken, { mode: 0o600 });
  const [adminPort = 0, port = 0] = await freePorts(2);
  const config = join(world.home, 'godrift.yml');
  const tokens = [
    { file: join(world.home, 'token'), scope: 'rollback' },
    { file: join(world.home, 'deploy-token'), scope: 'deployments' },
  ];
  writeFileSync(
    config,
    stringify({
      rollback: {
        mode: 'auto',
        allow: [{ target: 'api', facets: ['env'] }],
        cooldown: '0s',
        quarantine: '0s',
        ...(poll === undefined ? {} : { poll: { interval: '1s', instance: 'ci-1:9464', ...poll } }),
      },
      ...(admin ? { admin: { listen: `127.0.0.1:${adminPort}`, tokens } } : {}),
      targets: [{ name: 'api', workspace: world.workspace }],
    }),
  );
  await accept(world, 'all well', '--config.file', config);
  const exporter = await start(world, ['--config.file', config], { port });
  const made = { world, config, adminPort, goenv: goenvOf(world), exporter };
  await level(made, 0);
  return made;
}

async function restart(one: Scene): Promise<void> {
  await one.exporter.stop('SIGKILL');
  one.exporter = await start(one.world, ['--config.file', one.config]);
}

const level = ({ exporter }: Pick<Scene, 'exporter'>, wanted: number) =>
  eventually(
    `drift level ${wanted}`,
    async () => seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'env' }) === wanted,
  );

async function drift(one: Scene): Promise<void> {
  replaceFile(one.goenv, drifted);
  await level(one, 2);
}

const healed = (one: Scene) =>
  eventually('GOENV to be as it was accepted', async () => readFileSync(one.goenv, 'utf8') === healthy);

const alert = (labels: object = {}, more: object = {}) => ({
  status: 'firing',
  labels: {
    alertname: 'GodriftRollback',
    instance: 'ci-1:9464',
    target: 'api',
    facet: 'env',
    godrift_action: 'rollback',
    ...labels,
  },
  annotations: { summary: 'api: env.GOFLAGS -trimpath → -mod=mod' },
  startsAt: new Date().toISOString(),
  endsAt: '0001-01-01T00:00:00Z',
  fingerprint: '0123456789abcdef',
  ...more,
});
const message = (...alerts: object[]) => ({
  version: '4',
  groupKey: '{}:{}',
  status: 'firing',
  receiver: 'remediation',
  truncatedAlerts: 0,
  alerts,
});

interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * Sends a request and returns the response, even if the connection is closed before the whole body was sent.
 */
function send(
  where: http.RequestOptions,
  body: string,
  headers: http.OutgoingHttpHeaders = {},
): Promise<Answer> {
  const isLong = Buffer.byteLength(body) > 5 * 1024 * 1024;
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        method: 'POST',
        path: '/api/v1/alertmanager',
        agent: false,
        headers: {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
          ...headers,
        },
        ...where,
      },
      (response) => {
        let text = '';
        response.on('error', () => {});
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        const answered = () => {
          resolve({ status: response.statusCode ?? 0, text });
          if (isLong) request.destroy();
        };
        response.once(isLong ? 'end' : 'close', answered);
      },
    );
    request.on('error', reject);
    // Only the start of a long body: the server refuses its Content-Length, and a client that goes on writing
    // may see the closed connection before the response.
    if (isLong) request.write(body.slice(0, 64 * 1024));
    else request.end(body);
  });
}

const bearer = (text: string) => ({ Authorization: `Bearer ${text}` });
/** Sends to the admin listener, by default with the token. */
const tell = (one: Scene, body: unknown, headers: http.OutgoingHttpHeaders = bearer(token)) =>
  send(
    { host: '127.0.0.1', port: one.adminPort },
    typeof body === 'string' ? body : JSON.stringify(body),
    headers,
  );

const decisions = ({ status, text }: Answer): readonly string[] => {
  if (status !== 202) throw new Error(`${status} ${text}`);
  return (JSON.parse(text) as { alerts: { decision: string }[] }).alerts.map(({ decision }) => decision);
};

type Line = Readonly<Record<string, unknown>>;

function journal({ world }: Scene, ...types: string[]): readonly Line[] {
  const folder = join(world.state, 'journal');
  return readdirSync(folder)
    .toSorted()
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1))
    .map((line) => JSON.parse(line) as Line)
    .filter(({ type }) => types.includes(type as string));
}

const answers = (one: Scene, count: number) =>
  eventually(`${count} answers in the journal`, async () => {
    const found = journal(one, 'alert').filter(({ action }) => action === 'answer');
    return found.length >= count ? found : undefined;
  });

const rollbacks = (one: Scene) => journal(one, 'intent', 'outcome', 'refusal');

const counted = async ({ exporter }: Scene, source: string, result: string) =>
  seriesOf(await exporter.metrics(), 'godrift_alerts_received_total', { source, result });

describe('an alert', () => {
  it('triggers one rollback that is journalled and linked to its request; a repeat is a duplicate, even after a kill', async () => {
    const one = await scene();
    await drift(one);
    const asking = message(alert());
    const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
    expect(decisions(await tell(one, asking, { ...bearer(token), traceparent }))).toEqual(['accepted']);
    await healed(one);
    const [answer] = await answers(one, 1);
    expect(answer).toMatchObject({ decision: 'accepted', target: 'api', facets: ['env'] });
    const [asked] = journal(one, 'alert');
    expect(asked).toMatchObject({
      action: 'ask',
      source: 'alertmanager',
      alertname: 'GodriftRollback',
      trace_id: 'ab'.repeat(16),
      request: { status: 202, parent_span_id: 'cd'.repeat(8) },
    });
    const [intent, outcome] = rollbacks(one);
    for (const line of [intent, outcome])
      expect(line).toMatchObject({
        trigger: 'alertmanager',
        mode: 'auto',
        who: 'alert GodriftRollback',
        link: { trace_id: 'ab'.repeat(16), span_id: asked?.['span_id'] },
      });
    expect(outcome).toMatchObject({ result: 'applied', id: answer?.['rollback'] });
    // The request is journalled before the rollback begins.
    expect(asked?.['seq']).toBeLessThan(intent?.['seq'] as number);

    replaceFile(one.goenv, drifted);
    await level(one, 2);
    expect(decisions(await tell(one, asking))).toEqual(['duplicate']);
    expect([
      await counted(one, 'alertmanager', 'accepted'),
      await counted(one, 'alertmanager', 'duplicate'),
    ]).toEqual([1, 1]);
    expect(await counted(one, 'grafana', 'refused')).toBe(0);
    await restart(one);
    expect(decisions(await tell(one, asking))).toEqual(['duplicate']);
    expect(readFileSync(one.goenv, 'utf8')).toBe(drifted);
    expect(rollbacks(one)).toHaveLength(2);
    expect((await godrift(one.world, ['events', '--verify'])).exitCode).toBe(0);
    const events = await godrift(one.world, ['events']);
    expect(events.stdout).toContain(
      'api: alertmanager asks for a rollback of env because GodriftRollback fires',
    );
  });

  it('that is forged changes nothing on a host without drift', async () => {
    const one = await scene();
    const before = readdirSync(dirname(one.goenv));
    expect(decisions(await tell(one, message(alert())))).toEqual(['accepted']);
    const [answer] = await answers(one, 1);
    expect(answer).toMatchObject({ decision: 'ignored' });
    expect(readFileSync(one.goenv, 'utf8')).toBe(healthy);
    expect(readdirSync(dirname(one.goenv))).toEqual(before);
    expect(rollbacks(one)).toEqual([]);
  });

  it('of Grafana over the socket triggers a rollback; deployments need their own token and block rollbacks', async () => {
    const one = await scene();
    await drift(one);
    const { version: _, groupKey: _key, ...rest } = message(alert());
    const grafana = { ...rest, version: '1', orgId: 1, title: '[FIRING:1]', state: 'alerting', message: 'x' };
    const socket = { socketPath: join(one.world.state, 'admin.sock') };
    expect(decisions(await send(socket, JSON.stringify(grafana)))).toEqual(['accepted']);
    await healed(one);
    await answers(one, 1);
    expect(journal(one, 'outcome')).toMatchObject([{ trigger: 'grafana', result: 'applied' }]);
    const deployment = JSON.stringify({ target: 'api', reason: 'release 7', grace_seconds: 60 });
    const where = { host: '127.0.0.1', port: one.adminPort, path: '/api/v1/deployments' };
    expect((await send(where, deployment, bearer(token))).status).toBe(403);
    expect((await send(where, deployment, bearer(deployToken))).status).toBe(201);
    expect(journal(one, 'deployment')).toMatchObject([{ target: 'api', who: 'admin listener' }]);
    // A deployment in its grace period is not rolled back, and the answer says why.
    await drift(one);
    expect(decisions(await tell(one, message(alert({}, { fingerprint: 'a'.repeat(16) }))))).toEqual([
      'accepted',
    ]);
    const [, refused] = await answers(one, 2);
    expect(refused).toMatchObject({ decision: 'refused', why: expect.stringContaining('deployment') });
    expect(readFileSync(one.goenv, 'utf8')).toBe(drifted);
  });
});

describe('hostile requests', () => {
  it('are refused in one line, counted by reason, and change nothing', async () => {
    const one = await scene();
    await drift(one);
    const asking = message(alert());
    for (const headers of [{}, bearer('wrong-token-wrong-token'), bearer(''), { Authorization: token }])
      expect((await tell(one, asking, headers)).status).toBe(401);
    expect((await tell(one, asking, bearer(deployToken))).status).toBe(403);
    writeFileSync(join(one.world.home, 'token'), 'a-new-token-of-some-length');
    expect((await tell(one, asking)).status, 'the old token').toBe(401);
    writeFileSync(join(one.world.home, 'token'), token);

    expect((await tell(one, `"${'x'.repeat(10 * 1024 * 1024)}"`)).status).toBe(413);
    const nested = `{"version":"4","status":"firing","alerts":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    expect(await tell(one, nested)).toMatchObject({
      status: 400,
      text: expect.stringContaining('levels deep'),
    });
    for (const body of ['', 'null', '[]', '{}', '{"version":"4"}', '{"__proto__":{"version":"4"}}', '\0'])
      expect((await tell(one, body)).status, body).toBe(400);
    const hostile = await tell(one, message(alert({ 'x\n::error::y': 7 })));
    expect(hostile.status).toBe(400);
    expect(hostile.text.trimEnd()).not.toMatch(/\n|^::/);

    const labels = [
      { target: '../api' },
      { target: 'api\nGOFLAGS=-toolexec=/tmp/x' },
      { target: '$(touch /tmp/owned)' },
      { target: one.world.workspace },
      { target: 'web' },
      { facet: '../../etc' },
      { facet: 'env;reboot' },
      { facet: 'context' },
    ];
    const answer = await tell(one, message(...labels.map((more) => alert(more))));
    expect(decisions(answer)).toEqual(labels.map(() => 'refused'));
    expect(answer.text).not.toMatch(/toolexec|touch|reboot|\.\./);
    expect(
      decisions(
        await tell(one, message(alert({}, { status: 'resolved' }), alert({ godrift_action: 'none' }))),
      ),
    ).toEqual(['ignored', 'ignored']);
    expect([
      await counted(one, 'alertmanager', 'refused'),
      await counted(one, 'alertmanager', 'ignored'),
    ]).toEqual([8, 2]);
    const metrics = await one.exporter.metrics();
    const refusals = Object.entries({ unauthorized: 5, forbidden: 1, too_large: 1, invalid: 9, busy: 0 });
    for (const [reason, count] of refusals)
      expect(seriesOf(metrics, 'godrift_admin_refused_requests_total', { reason }), reason).toBe(count);

    expect(journal(one, 'alert', 'intent', 'outcome', 'refusal')).toEqual([]);
    expect(readFileSync(one.goenv, 'utf8')).toBe(drifted);
    expect(existsSync('/tmp/owned')).toBe(false);
    expect(one.exporter.output()).not.toContain(token);
    // The listener still answers valid requests.
    expect(decisions(await tell(one, asking))).toEqual(['accepted']);
    await healed(one);
  });

  it('with an incomplete body are ended with 408', async () => {
    const one = await scene();
    const socket = net.connect(one.adminPort, '127.0.0.1');
    let said = '';
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.write(
      `POST /api/v1/alertmanager HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer ${token}\r\nContent-Length: 1000\r\n\r\n{"`,
    );
    await ended;
    expect(said).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('with 10,000 alerts cause one rollback and use less than 150 MiB more memory', async () => {
    const one = await scene();
    await drift(one);
    const resident = async () => seriesOf(await one.exporter.metrics(), 'process_resident_memory_bytes') ?? 0;
    const before = await resident();
    let highest = before;
    let accepted = 0;
    let duplicates = 0;
    for (let batch = 0; batch < 20; batch++) {
      const alerts = Array.from({ length: 500 }, (_, index) =>
        alert(
          { pod: `pod-${batch}-${index}` },
          { fingerprint: (batch * 500 + index).toString(16).padStart(16, '0') },
        ),
      );
      const given = decisions(await tell(one, message(...alerts)));
      accepted += given.filter((one) => one === 'accepted').length;
      duplicates += given.filter((one) => one === 'duplicate').length;
      highest = Math.max(highest, await resident());
    }
    await healed(one);
    expect(accepted + duplicates).toBe(10_000);
    const done = await answers(one, accepted);
    expect(journal(one, 'outcome')).toHaveLength(1);
    expect(done.filter(({ decision }) => decision === 'accepted')).toHaveLength(1);
    const mib = (bytes: number) => Math.round(bytes / 1024 / 1024);
    console.log(
      `10,000 alerts: ${accepted} asks, ${journal(one, 'alert').length} lines, resident ${mib(before)} → ${mib(highest)} MiB`,
    );
    expect(highest - before).toBeLessThan(150 * 1024 * 1024);
    // At most one per request: further alerts join the one that waits.
    expect(accepted).toBeLessThanOrEqual(20);
  });
});

/** Posts an alert to a real Alertmanager, as Prometheus does. */
async function fire({ url }: RunningServer, labels: object, end?: Date): Promise<void> {
  const { labels: full, annotations, startsAt } = alert(labels);
  // A resolved alert needs no startsAt: Alertmanager knows it.
  const times = end === undefined ? { startsAt } : { endsAt: end.toISOString() };
  const response = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify([{ labels: full, annotations, ...times }]),
  });
  expect(response.status).toBe(200);
}

async function alertmanager(config: object): Promise<RunningServer> {
  const server = await startAlertmanager({ config: stringify(config) });
  servers.push(server);
  return server;
}

describe('a real Alertmanager', () => {
  it('triggers a rollback by webhook, and its resolved message is ignored', async () => {
    const one = await scene();
    const server = await alertmanager({
      route: { receiver: 'godrift', group_wait: '0s', group_interval: '1s', repeat_interval: '1h' },
      receivers: [
        {
          name: 'godrift',
          webhook_configs: [
            {
              url: `http://127.0.0.1:${one.adminPort}/api/v1/alertmanager`,
              send_resolved: true,
              http_config: {
                follow_redirects: false,
                authorization: { credentials_file: join(one.world.home, 'token') },
              },
            },
          ],
        },
      ],
    });
    await drift(one);
    await fire(server, {});
    await healed(one);
    await answers(one, 1);
    await fire(server, {}, new Date());
    await eventually(
      'the resolved message to arrive',
      async () => (await counted(one, 'alertmanager', 'ignored')) === 1,
    );
    expect(journal(one, 'outcome')).toMatchObject([{ trigger: 'alertmanager', result: 'applied' }]);
    expect(journal(one, 'alert')).toHaveLength(2);
  });

  it('is polled: only an alert that names this exporter and is not silenced triggers a rollback', async () => {
    const server = await alertmanager({ route: { receiver: 'none' }, receivers: [{ name: 'none' }] });
    const one = await scene({ admin: false, poll: { alertmanager: server.url } });
    await drift(one);
    const silence = await fetch(`${server.url}/api/v2/silences`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        matchers: [{ name: 'alertname', value: 'Silenced', isRegex: false, isEqual: true }],
        startsAt: new Date().toISOString(),
        endsAt: new Date(Date.now() + 3_600_000).toISOString(),
        createdBy: 'test',
        comment: 'test',
      }),
    });
    expect(silence.status).toBe(200);
    await fire(server, { alertname: 'Silenced' });
    await fire(server, { instance: 'ci-2:9464' });
    await fire(server, { godrift_action: 'none' });
    // Fired last: when this alert is answered, those before it have been passed over.
    await fire(server, {});
    await healed(one);
    await answers(one, 1);
    expect(journal(one, 'alert').filter(({ action }) => action === 'ask')).toMatchObject([
      { source: 'poll', alertname: 'GodriftRollback' },
    ]);
    expect(journal(one, 'outcome')).toMatchObject([{ trigger: 'poll', result: 'applied' }]);
    expect([await counted(one, 'poll', 'accepted'), await counted(one, 'poll', 'refused')]).toEqual([1, 0]);
    // The alert still fires and is polled again, but counts as a duplicate.
    replaceFile(one.goenv, drifted);
    await level(one, 2);
    await restart(one);
    await eventually(
      'the alert to be polled again',
      async () => (await counted(one, 'poll', 'duplicate')) === 1,
    );
    expect(readFileSync(one.goenv, 'utf8')).toBe(drifted);
  });
});
