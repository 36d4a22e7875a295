/**
 * The web configuration of the built program, compared with a Go exporter (`peer`) built with client_golang
 * and the exporter-toolkit: with the same file, both must give the same responses to the same requests. The
 * peer is restarted for each file; godrift reloads it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Authority, type Certificate, makeAuthority } from '../lab/certificates.ts';
import { eventually, godrift, makeWorld } from '../lab/godrift.ts';
import { type Answer, ask, type Request, startPeer } from '../lab/peer.ts';
import { startServing } from '../lab/serving.ts';
import { onPath, scratch } from '../lab/toolchains.ts';

let authority: Authority;
let server: Certificate;
const clients: Record<'good' | 'wrong' | 'expired' | 'other', Certificate> = {} as never;

beforeAll(async () => {
  authority = await makeAuthority('authority of the test');
  server = await authority.sign('server', 'DNS:localhost,IP:127.0.0.1');
  clients.good = await authority.sign(
    'prometheus',
    'DNS:prometheus.example.org,URI:spiffe://example.org/prometheus',
  );
  clients.expired = await authority.sign('prometheus', 'DNS:prometheus.example.org', -1);
  clients.other = await authority.sign('somebody', 'DNS:somebody.example.org,IP:::1');
  clients.wrong = await (await makeAuthority('another authority')).sign(
    'prometheus',
    'DNS:prometheus.example.org',
  );
});

const headers = {
  'Strict-Transport-Security': 'max-age=31536000',
  'X-Frame-Options': 'sameorigin',
  'X-XSS-Protection': '1; mode=block',
};
const watched = [...Object.keys(headers), 'Content-Security-Policy', 'WWW-Authenticate'].map((name) =>
  name.toLowerCase(),
);

/** The compared parts of a response: the status and the values of the configured headers. */
function compared({ status, headers: got }: Answer, configured: readonly string[]) {
  const shown = watched.filter((name) => configured.includes(name) || name === 'www-authenticate');
  // Only the scheme is compared, because realms differ (RFC 7617 requires one, the toolkit sends none).
  return [
    status,
    ...shown.map((name) => (name === 'www-authenticate' ? got[name]?.split(' ')[0] : got[name])),
  ];
}

const clientRequests = (): Record<string, Request> => ({
  'no certificate': {},
  'good certificate': { client: clients.good },
  'certificate of another authority': { client: clients.wrong },
  'expired certificate': { client: clients.expired },
  'certificate of another name': { client: clients.other },
  'no certificate, TLS 1.2': { version: 'TLSv1.2' },
  'good certificate, TLS 1.2': { version: 'TLSv1.2', client: clients.good },
  'certificate of another authority, TLS 1.2': { version: 'TLSv1.2', client: clients.wrong },
});
const plainRequests: Record<string, Request> = {
  metrics: {},
  'HEAD of metrics': { method: 'HEAD' },
  'unknown path': { path: '/nowhere' },
  'plain HTTP': { tls: false },
  'TLS 1.1': { version: 'TLSv1.1' },
  'TLS 1.2': { version: 'TLSv1.2' },
  'TLS 1.3': { version: 'TLSv1.3' },
  'another cipher suite': { version: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' },
};

interface Step {
  readonly name: string;
  readonly file: () => object;
  readonly requests: () => Record<string, Request>;
}

const tlsOf = (more: object = {}) => ({ cert_file: server.cert, key_file: server.key, ...more });
const withClients = (type: string, more: object = {}) => ({
  tls_server_config: tlsOf({ client_auth_type: type, client_ca_file: authority.cert, ...more }),
});

/**
 * Each step demands at least as much of clients as the one before, because godrift refuses a weaker file
 * while it runs.
 */
const steps: readonly Step[] = [
  {
    name: 'headers',
    file: () => ({ http_server_config: { headers } }),
    requests: () => ({ metrics: { tls: false } }),
  },
  {
    name: 'TLS',
    file: () => ({ tls_server_config: tlsOf(), http_server_config: { headers } }),
    requests: () => plainRequests,
  },
  {
    name: 'inline certificate',
    file: () => ({
      tls_server_config: { cert: readFileSync(server.cert, 'utf8'), key: readFileSync(server.key, 'utf8') },
    }),
    requests: () => ({ metrics: {} }),
  },
  {
    name: 'TLS 1.3 alone',
    file: () => ({ tls_server_config: tlsOf({ min_version: 'TLS13' }) }),
    requests: () => plainRequests,
  },
  {
    name: 'TLS 1.2 alone',
    file: () => ({ tls_server_config: tlsOf({ max_version: 'TLS12' }) }),
    requests: () => plainRequests,
  },
  {
    name: 'one cipher suite and one curve',
    file: () => ({
      tls_server_config: tlsOf({
        cipher_suites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
        curve_preferences: ['CurveP256'],
      }),
    }),
    requests: () => plainRequests,
  },
  { name: 'RequestClientCert', file: () => withClients('RequestClientCert'), requests: clientRequests },
  { name: 'RequireAnyClientCert', file: () => withClients('RequireAnyClientCert'), requests: clientRequests },
  {
    name: 'VerifyClientCertIfGiven',
    file: () => withClients('VerifyClientCertIfGiven'),
    requests: clientRequests,
  },
  {
    name: 'RequireAndVerifyClientCert',
    file: () => withClients('RequireAndVerifyClientCert'),
    requests: clientRequests,
  },
  {
    name: 'client_allowed_sans',
    file: () =>
      withClients('RequireAndVerifyClientCert', { client_allowed_sans: ['prometheus.example.org'] }),
    requests: clientRequests,
  },
  {
    name: 'client_allowed_sans with an address',
    file: () => withClients('RequireAndVerifyClientCert', { client_allowed_sans: ['::1'] }),
    requests: clientRequests,
  },
];

/** Sends all requests of a step to both servers and compares the responses; returns their number. */
async function expectSameResponses(port: number, step: Step, webFile: string): Promise<number> {
  const peer = await startPeer(webFile);
  try {
    const config = step.file() as { http_server_config?: { headers?: object } };
    const configured = Object.keys(config.http_server_config?.headers ?? {}).map((name) =>
      name.toLowerCase(),
    );
    const requests = Object.entries(step.requests());
    const table = async (at: number) => {
      const rows: unknown[] = [];
      for (const [name, request] of requests)
        rows.push([name, ...compared(await ask(at, request), configured)]);
      return rows;
    };
    const [theirs, ours] = [await table(peer.port), await table(port)];
    expect(ours, step.name).toEqual(theirs);
    return requests.length;
  } finally {
    await peer.stop();
  }
}

/** openssl, which makes the certificates. */
const openssl = await onPath('openssl');

describe.skipIf(openssl === undefined)(
  `the web configuration${openssl === undefined ? ' (openssl is missing)' : ''}`,
  () => {
    it('has the metrics listener answer as a Go exporter does, file after file', async () => {
      const webFile = join(scratch('web'), 'web.yml');
      writeFileSync(webFile, '{}\n');
      const exporter = await startServing(makeWorld(undefined), webFile);
      let requests = 0;
      for (const step of steps) {
        writeFileSync(webFile, stringify(step.file()));
        requests += await expectSameResponses(exporter.port, step, webFile);
      }
      expect(exporter.output().match(/web configuration reloaded/g)).toHaveLength(steps.length);
      expect(exporter.output()).not.toMatch(/level=error/);
      console.log(`web configuration: ${requests} requests over ${steps.length} files answered alike`);
    });

    it('authenticates users as a Go exporter does, with and without TLS', async () => {
      const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
      const users = { basic_auth_users: { alice: hashSync('secret', 5), bob: hashSync('other', 6) } };
      const table = (tls: boolean) => (): Record<string, Request> => ({
        'nobody says who': { tls },
        'right password': { tls, authorization: basic('alice:secret') },
        'right password again': { tls, authorization: basic('alice:secret') },
        'wrong password': { tls, authorization: basic('alice:other') },
        'wrong password again': { tls, authorization: basic('alice:other') },
        'another user': { tls, authorization: basic('bob:other') },
        'no such user': { tls, authorization: basic('carol:secret') },
        'empty password': { tls, authorization: basic('alice:') },
        'lower case scheme': { tls, authorization: basic('alice:secret').replace('Basic', 'basic') },
        'a token': { tls, authorization: 'Bearer secret' },
        'no base64': { tls, authorization: 'Basic %%%' },
        'the health check': { tls, path: '/-/healthy' },
      });
      const webFile = join(scratch('web'), 'web.yml');
      const first: Step = { name: 'users', file: () => users, requests: table(false) };
      writeFileSync(webFile, stringify(first.file()));
      const exporter = await startServing(makeWorld(undefined), webFile);
      let requests = await expectSameResponses(exporter.port, first, webFile);
      const second: Step = {
        name: 'users, TLS',
        file: () => ({ ...users, tls_server_config: tlsOf() }),
        requests: table(true),
      };
      writeFileSync(webFile, stringify(second.file()));
      requests += await expectSameResponses(exporter.port, second, webFile);
      console.log(`users: ${requests} requests answered alike`);
    });

    it('allows healthcheck by address, without TLS or user options, through the admin socket', async () => {
      const files = {
        TLS: { tls_server_config: tlsOf() },
        users: { basic_auth_users: { alice: hashSync('secret', 5) } },
        'client certificates': withClients('RequireAndVerifyClientCert'),
      };
      for (const [name, file] of Object.entries(files)) {
        const webFile = join(scratch('web'), 'web.yml');
        writeFileSync(webFile, stringify(file));
        const world = makeWorld(undefined);
        const { port } = await startServing(world, webFile);
        const asked = ['healthcheck', '--web.listen-address', `127.0.0.1:${port}`];
        for (const more of [[], ['--web.config.file', webFile], ['--state-directory', world.state]]) {
          const { stdout, exitCode } = await godrift(world, [...asked, ...more]);
          expect([name, more[0], stdout, exitCode]).toEqual([name, more[0], 'healthy\n', 0]);
        }
        const elsewhere = await godrift(world, [...asked, '--state-directory', scratch('elsewhere')]);
        expect(elsewhere.stdout).toMatch(
          /^not healthy \(status 40[01], as behind a web configuration, and no answer over the socket in /,
        );
        expect(elsewhere.exitCode).toBe(1);
      }
    });

    it('stays in force while the file is empty, damaged or weaker, and is reloaded when the file is right again', async () => {
      const webFile = join(scratch('web'), 'web.yml');
      const good = stringify({
        ...withClients('RequireAndVerifyClientCert'),
        http_server_config: { headers },
      });
      writeFileSync(webFile, good);
      const exporter = await startServing(makeWorld(undefined), webFile);
      const insider: Request = { client: clients.good };
      const reloads = async () =>
        /^godrift_config_last_reload_successful (\d)/m.exec((await ask(exporter.port, insider)).body)?.[1];
      await eventually('the first page', async () => (await reloads()) === '1');
      for (const bad of [
        '',
        'tls_server_config: {',
        stringify({ tls_server_config: tlsOf() }),
        '{}\n',
        good.slice(0, good.indexOf('client_auth_type')),
      ]) {
        writeFileSync(webFile, bad);
        expect((await ask(exporter.port)).status).toBe('none');
        expect((await ask(exporter.port, { tls: false })).status).toBe(400);
        const answer = await ask(exporter.port, insider);
        expect([answer.status, answer.headers['x-frame-options']]).toEqual([200, 'sameorigin']);
        expect(await reloads()).toBe('0');
        writeFileSync(webFile, good);
        await eventually('the file to be in force', async () => (await reloads()) === '1');
      }
      expect(exporter.output()).toMatch(/it is empty/);
      expect(exporter.output()).toMatch(/would switch off the demand for client certificates/);
      expect(exporter.output()).not.toContain('PRIVATE');
    });

    it('serves a new certificate from the next connection on, without failing a concurrent request', async () => {
      const webFile = join(scratch('web'), 'web.yml');
      const pair = { cert: join(webFile, '../server.crt'), key: join(webFile, '../server.key') };
      const install = ({ cert, key }: Certificate) => {
        // Written one after the other, as most tools do, so key and certificate do not match for a moment.
        writeFileSync(pair.key, readFileSync(key));
        writeFileSync(pair.cert, readFileSync(cert));
      };
      install(server);
      writeFileSync(
        webFile,
        stringify({ tls_server_config: { cert_file: 'server.crt', key_file: 'server.key' } }),
      );
      const exporter = await startServing(makeWorld(undefined), webFile);
      let isOver = false;
      const serials = new Set<string>();
      const failed: Answer[] = [];
      let scrapes = 0;
      const scraper = async () => {
        while (!isOver) {
          const answer = await ask(exporter.port, { path: '/-/healthy' });
          scrapes++;
          if (answer.status !== 200) failed.push(answer);
          else serials.add(answer.serial ?? '');
        }
      };
      const scrapers = [scraper(), scraper(), scraper(), scraper()];
      const rotations = 6;
      for (let n = 0; n < rotations; n++) {
        const next = await authority.sign('server', 'IP:127.0.0.1');
        install(next);
        const seen = serials.size;
        await eventually('the new certificate', async () => serials.size > seen);
      }
      isOver = true;
      await Promise.all(scrapers);
      expect(failed).toEqual([]);
      expect(serials.size).toBe(rotations + 1);
      console.log(`certificate rotated ${rotations} times under ${scrapes} connections, none failed`);
    });
  },
);
