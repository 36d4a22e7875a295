import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpClient, type HttpReply } from '../../../src/host/http-client.ts';
import { proxyFromEnvironment } from '../../../src/host/proxy-environment.ts';
import { makeAuthority } from '../../lab/certificates.ts';
import { startProxy } from '../../lab/proxy.ts';
import { startReceiver } from '../../lab/receiver.ts';
import { onPath } from '../../lab/toolchains.ts';

const openssl = await onPath('openssl');
if (openssl === undefined) console.error('SKIPPED: https through a proxy needs openssl');

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

function opened<T extends { close(): unknown }>(one: T): T {
  open.push(one);
  return one;
}

const request = { method: 'POST', headers: {}, timeoutMs: 60_000, answerLimitBytes: 1024 } as const;
const clientFor = (env: Readonly<Record<string, string>>, ca?: Buffer) =>
  opened(
    createHttpClient(
      { userAgent: 'godrift/1', proxyFor: proxyFromEnvironment(new Map(Object.entries(env))) },
      ca === undefined ? {} : { ca },
    ),
  );
const bodyOf = (reply: HttpReply) => (reply.ok ? `${reply.status} ${reply.body}` : reply.why);

describe('a request', () => {
  it('sends a user agent, and reaches this machine directly despite a proxy', async () => {
    const { url, received } = opened(await startReceiver());
    const client = clientFor({ HTTP_PROXY: 'http://127.0.0.1:1' });
    expect(bodyOf(await client.request({ ...request, url: new URL(url) }))).toBe('200 ok');
    expect(received[0]?.headers['user-agent']).toBe('godrift/1');
  });

  it('over http goes through the proxy, with credentials, and each body is sent once', async () => {
    const { url, received } = opened(await startReceiver());
    const proxy = opened(await startProxy());
    const { port } = new URL(url);
    const client = clientFor({ HTTP_PROXY: proxy.url.replace('//', '//me:s%40cret@') });
    const to = new URL(`http://collector.test:${port}/v1/traces`);
    for (const body of ['a', 'b'])
      expect(bodyOf(await client.request({ ...request, url: to, body: Buffer.from(body) }))).toBe('200 ok');
    expect(received.map(({ path, body }) => `${path} ${body}`)).toEqual(['/v1/traces a', '/v1/traces b']);
    expect(proxy.asked).toEqual([`POST ${to}`, `POST ${to}`]);
    expect(new Set(proxy.authorization)).toEqual(
      new Set([`Basic ${Buffer.from('me:s@cret').toString('base64')}`]),
    );
  });

  it.skipIf(openssl === undefined)(
    'over https goes through a tunnel, and the server’s certificate is verified',
    async () => {
      const authority = await makeAuthority('one');
      const { cert, key } = await authority.sign('collector.test', 'DNS:collector.test');
      const server = opened(
        https.createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_, response) =>
          response.end('secret'),
        ),
      );
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      open.push({ close: () => server.closeAllConnections() });
      const proxy = opened(await startProxy());
      const url = new URL(`https://collector.test:${(server.address() as AddressInfo).port}/`);
      const env = { HTTPS_PROXY: proxy.url };
      const known = clientFor(env, readFileSync(authority.cert));
      expect(bodyOf(await known.request({ ...request, url }))).toBe('200 secret');
      const unknown = clientFor(env);
      expect(bodyOf(await unknown.request({ ...request, url }))).toMatch(/^[A-Z_]+ \(through the proxy /);
      expect(proxy.asked).toEqual([`CONNECT ${url.host}`, `CONNECT ${url.host}`]);
    },
  );

  it.each([
    ['http', '407 no'],
    ['https', '407 '],
  ])('over %s returns the answer of a proxy that refuses it', async (scheme, answer) => {
    const proxy = opened(await startProxy(407));
    const client = clientFor({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
    expect(bodyOf(await client.request({ ...request, url: new URL(`${scheme}://hooks.test/`) }))).toBe(
      answer,
    );
  });

  it.each([
    ['http', 'http://me:s3cret@127.0.0.1:1', 'ECONNREFUSED (through the proxy 127.0.0.1:1)'],
    ['https', 'http://me:s3cret@127.0.0.1:1', 'ECONNREFUSED (through the proxy 127.0.0.1:1)'],
    ['https', 'socks5://me:s3cret@127.0.0.1:1', 'the proxy in the environment is not an http or https URL'],
    ['http', 'http://me:s3cret@[', 'the proxy in the environment is not a URL'],
  ])(
    'over %s with an unusable proxy fails with a reason that omits the password',
    async (scheme, proxy, why) => {
      const client = clientFor({ HTTP_PROXY: proxy, HTTPS_PROXY: proxy });
      expect(bodyOf(await client.request({ ...request, url: new URL(`${scheme}://hooks.test/`) }))).toBe(why);
    },
  );
});
