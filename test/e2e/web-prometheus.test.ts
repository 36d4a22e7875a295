/**
 * The web configuration with a real Prometheus as client. godrift and a Go exporter built with the
 * exporter-toolkit serve with each file, and one Prometheus scrapes both with every kind of client
 * configuration. Both targets must be up, or both down for the same reason.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { type Authority, type Certificate, makeAuthority } from '../lab/certificates.ts';
import { eventually, makeWorld } from '../lab/godrift.ts';
import { startPeer } from '../lab/peer.ts';
import { type ScrapeTarget, startPrometheus } from '../lab/servers.ts';
import { startServing } from '../lab/serving.ts';
import { onPath, scratch } from '../lab/toolchains.ts';

const headers = {
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
  'X-Frame-Options': 'sameorigin',
  'X-Content-Type-Options': 'nosniff',
};
const password = 'secret';

interface Certificates {
  readonly authority: Authority;
  readonly server: Certificate;
  readonly client: Certificate;
  readonly expired: Certificate;
  readonly stranger: Certificate;
  readonly namesake: Certificate;
}

async function makeCertificates(): Promise<Certificates> {
  const authority = await makeAuthority('authority of the test');
  const sans = 'DNS:prometheus.example.org';
  return {
    authority,
    server: await authority.sign('server', 'DNS:exporter.example.org,IP:127.0.0.1'),
    client: await authority.sign('prometheus', sans),
    expired: await authority.sign('prometheus', sans, -1),
    stranger: await authority.sign('somebody', 'DNS:somebody.example.org'),
    namesake: await (await makeAuthority('another authority')).sign('prometheus', sans),
  };
}

/** The client settings of a scrape configuration, and whether the scrape succeeds. */
type Client = readonly [isUp: boolean, config: object];
interface Served {
  readonly web: object;
  readonly clients: Readonly<Record<string, Client>>;
}

const basic = (text: string, username = 'alice') => ({ basic_auth: { username, password: text } });
const over = (tls_config: object, more: object = {}) => ({ scheme: 'https', tls_config, ...more });

/** Web configuration files, from the smallest to one with all settings, each with its clients. */
function filesOf(made: Certificates): Readonly<Record<string, Served>> {
  const { authority, server, client, expired, stranger, namesake } = made;
  const trust = { ca_file: authority.cert };
  const as = ({ cert, key }: Certificate) => ({ ...trust, cert_file: cert, key_file: key });
  const users = { basic_auth_users: { alice: hashSync(password, 5) } };
  const tls = { cert_file: server.cert, key_file: server.key };
  return {
    users: {
      web: { ...users, http_server_config: { headers } },
      clients: {
        'right password': [true, basic(password)],
        'wrong password': [false, basic('other')],
        'no such user': [false, basic(password, 'carol')],
        nobody: [false, {}],
        token: [false, { authorization: { credentials: password } }],
        'another header': [
          true,
          { ...basic(password), http_headers: { 'X-Scope-OrgID': { values: ['ci'] } } },
        ],
        'TLS where there is none': [false, over(trust, basic(password))],
      },
    },
    TLS: {
      web: { tls_server_config: { ...tls, min_version: 'TLS13' }, http_server_config: { headers } },
      clients: {
        'trusted authority': [true, over(trust)],
        'not verified': [true, over({ insecure_skip_verify: true })],
        'unknown authority': [false, over({ ca_file: namesake.cert })],
        'one of its names': [true, over({ ...trust, server_name: 'exporter.example.org' })],
        'another name': [false, over({ ...trust, server_name: 'other.example.org' })],
        'TLS 1.2 where 1.3 is asked for': [false, over({ ...trust, max_version: 'TLS12' })],
        'without TLS': [false, {}],
        'HTTP/1.1 alone': [true, over(trust, { enable_http2: false })],
      },
    },
    'all of it': {
      web: {
        tls_server_config: {
          ...tls,
          client_auth_type: 'RequireAndVerifyClientCert',
          client_ca_file: authority.cert,
          client_allowed_sans: ['prometheus.example.org'],
          min_version: 'TLS12',
          cipher_suites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
        },
        http_server_config: { http2: false, headers },
        ...users,
      },
      clients: {
        'certificate and password': [true, over(as(client), basic(password))],
        'the same, TLS 1.2': [true, over({ ...as(client), max_version: 'TLS12' }, basic(password))],
        'wrong password': [false, over(as(client), basic('other'))],
        'no password': [false, over(as(client))],
        'no certificate': [false, over(trust, basic(password))],
        'no certificate, TLS 1.2': [false, over({ ...trust, max_version: 'TLS12' }, basic(password))],
        'certificate of another authority': [false, over(as(namesake), basic(password))],
        'certificate of another name': [false, over(as(stranger), basic(password))],
        'expired certificate': [false, over(as(expired), basic(password))],
      },
    },
  };
}

/**
 * Refusals whose reason is only in godrift's log: Node closes the connection of a client with a refused
 * certificate without a TLS alert, where Go sends one.
 */
const loggedReasons = {
  'certificate of another authority': [/unknown certificate authority/, /UNABLE_TO_VERIFY_LEAF_SIGNATURE/],
  'expired certificate': [/expired certificate/, /CERT_HAS_EXPIRED/],
  'certificate of another name': [/bad certificate/, /no name of it is allowed/],
} as const;

/** Returns the error of a failed scrape with the server's address masked. */
const reasonOf = ({ lastError }: ScrapeTarget) => lastError.replaceAll(/127\.0\.0\.1:\d+/g, 'ADDRESS');

/** Expects the same, right result of a job from godrift and from the Go exporter. */
function expectSameResult(job: string, isUp: boolean, targets: readonly ScrapeTarget[], log: string): void {
  const of = (server: string) => {
    const found = targets.find(({ labels }) => labels['job'] === job && labels['server'] === server);
    if (found === undefined) throw new Error(`${job} of ${server} is not scraped`);
    return found;
  };
  const [ours, theirs] = [of('godrift'), of('peer')];
  expect([ours.health, theirs.health], job).toEqual(isUp ? ['up', 'up'] : ['down', 'down']);
  const logged = Object.entries(loggedReasons).find(([client]) => job.endsWith(`: ${client}`));
  if (logged === undefined) {
    expect(reasonOf(ours), job).toBe(reasonOf(theirs));
    return;
  }
  const [, [told, said]] = logged;
  expect(reasonOf(theirs), job).toMatch(told);
  expect(reasonOf(ours), job).toMatch(/EOF|connection reset by peer/);
  expect(log, job).toMatch(said);
}

const openssl = await onPath('openssl');

describe.skipIf(openssl === undefined)(
  `a real Prometheus as client of the web configuration${openssl === undefined ? ' (openssl is missing)' : ''}`,
  () => {
    it('gets the same results and errors from godrift as from a Go exporter', async () => {
      const files = filesOf(await makeCertificates());
      const jobs: object[] = [];
      const expected = new Map<string, boolean>();
      const logs: (() => string)[] = [];
      await Promise.all(
        Object.entries(files).map(async ([name, { web, clients }]) => {
          const webFile = join(scratch('web'), 'web.yml');
          writeFileSync(webFile, stringify(web));
          const peer = await startPeer(webFile);
          onTestFinished(() => peer.stop());
          const ours = await startServing(makeWorld(undefined), webFile);
          logs.push(ours.output);
          for (const [client, [isUp, config]] of Object.entries(clients)) {
            const job = `${name}: ${client}`;
            expected.set(job, isUp);
            jobs.push({
              job_name: job,
              ...config,
              static_configs: [
                { targets: [`127.0.0.1:${ours.port}`], labels: { server: 'godrift' } },
                { targets: [`127.0.0.1:${peer.port}`], labels: { server: 'peer' } },
              ],
            });
          }
        }),
      );
      const config = stringify({ global: { scrape_interval: '3s' }, scrape_configs: jobs });
      const prometheus = await startPrometheus({ config });
      onTestFinished(() => prometheus.stop());
      // Polled, because a scrape may time out on a busy machine.
      await eventually('the same results for all clients', async () => {
        const targets = await prometheus.targets();
        const log = logs.map((output) => output()).join('');
        for (const [job, isUp] of expected) expectSameResult(job, isUp, targets, log);
        return true;
      });
      const up = [...expected.values()].filter((isUp) => isUp).length;
      console.log(
        `web configuration: ${expected.size} scrape configurations over ${Object.keys(files).length} files, ${up} up and ${expected.size - up} down, as beside a Go exporter`,
      );
    });
  },
);
