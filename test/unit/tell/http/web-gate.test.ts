import { once } from 'node:events';
import http, { type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { basicCredentials, createBasicAuth } from '../../../../src/tell/http/basic-auth.ts';
import { closeHttpServer, createHttpServer } from '../../../../src/tell/http/server.ts';
import { tokenBucket } from '../../../../src/tell/http/token-bucket.ts';
import { createWebGate } from '../../../../src/tell/http/web-gate.ts';
import { openSettings, type WebSettings } from '../../../../src/tell/http/web-settings.ts';

const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const hash = `$2b$12$${'a'.repeat(53)}`;
const users = new Map([['alice', hash]]);

/** A server behind a gate, without TLS; `settings` may be replaced. */
async function guarded(settings: Partial<WebSettings>) {
  const world = { settings: { ...openSettings, ...settings } };
  const gate = createWebGate(
    { current: async () => world.settings, state: () => ({ ok: true, loadedAt: 0 }) },
    { compare: async (password) => password === 'right' },
  );
  const server = createHttpServer({
    gate,
    handle: (_, response) => {
      response.setHeader('X-XSS-Protection', 'own');
      response.writeHead(200, ['Content-Security-Policy', 'own', 'X-Frame-Options', 'DENY', 'X-Own', 'own']);
      response.end('here');
    },
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => closeHttpServer(server, 0));
  const { port } = server.address() as AddressInfo;
  const ask = async (authorization?: string): Promise<{ status: number; headers: IncomingHttpHeaders }> => {
    const request = http.request({
      port,
      host: '127.0.0.1',
      headers: authorization === undefined ? {} : { authorization },
    });
    const [response] = (await once(request.end(), 'response')) as [http.IncomingMessage];
    response.resume();
    await once(response, 'end');
    return { status: response.statusCode ?? 0, headers: response.headers };
  };
  return { ask, world };
}

describe('a web gate', () => {
  it('admits everybody without requirements', async () => {
    const { ask } = await guarded({});
    expect((await ask()).status).toBe(200);
  });

  it('adds the configured headers to answers, in place of their own', async () => {
    const { ask } = await guarded({
      headers: {
        'X-Frame-Options': 'sameorigin',
        'Content-Security-Policy': '',
        'X-XSS-Protection': '1',
        'Strict-Transport-Security': 'max-age=1',
      },
      users,
    });
    const { headers } = await ask(basic('alice', 'right'));
    expect(headers).toMatchObject({
      'x-frame-options': 'sameorigin',
      'x-xss-protection': '1',
      'strict-transport-security': 'max-age=1',
      'x-own': 'own',
    });
    expect(headers).not.toHaveProperty('content-security-policy');
    const refused = await ask();
    expect(refused.status).toBe(401);
    expect(refused.headers).toMatchObject({
      'x-frame-options': 'sameorigin',
      'www-authenticate': 'Basic realm="godrift", charset="UTF-8"',
    });
  });

  it('admits users with a password, and from the next request on nobody else', async () => {
    const { ask, world } = await guarded({ users });
    const statuses = [
      basic('alice', 'right'),
      basic('alice', 'wrong'),
      basic('bob', 'right'),
      'Bearer right',
      undefined,
    ];
    expect(await Promise.all(statuses.map(async (one) => (await ask(one)).status))).toEqual([
      200, 401, 401, 401, 401,
    ]);
    world.settings = { ...openSettings, users: new Map([['bob', hash]]) };
    expect((await ask(basic('alice', 'right'))).status).toBe(401);
    expect((await ask(basic('bob', 'right'))).status).toBe(200);
  });

  it('refuses requests beyond the rate limit', async () => {
    const { ask } = await guarded({ rateLimit: { intervalMs: 3_600_000, burst: 2 } });
    const statuses = [(await ask()).status, (await ask()).status, (await ask()).status];
    expect(statuses).toEqual([200, 200, 429]);
  });
});

describe('a token bucket', () => {
  it('fills with time, up to its burst', () => {
    const take = tokenBucket({ intervalMs: 100, burst: 2 });
    expect([
      take(0),
      take(0),
      take(0),
      take(99),
      take(101),
      take(10_000),
      take(10_000),
      take(10_000),
    ]).toEqual([true, true, false, false, true, true, true, false]);
  });
});

describe('basic authentication', () => {
  it('reads the header as RFC 7617 has it', () => {
    expect(basicCredentials(basic('a', 'b:c'))).toEqual({ user: 'a', password: 'b:c' });
    expect(basicCredentials('basic YTpi')).toEqual({ user: 'a', password: 'b' });
    for (const other of [undefined, '', 'Basic', 'Basic !', 'Basic YQ==', 'Bearer YTpi'])
      expect(basicCredentials(other)).toBeUndefined();
  });

  it('compares a right password once, and takes as long for an unknown user', async () => {
    const compared: string[] = [];
    const verdict = createBasicAuth(async (password, against) => {
      compared.push(against.slice(0, 7));
      return password === 'right';
    });
    for (let n = 0; n < 3; n++) {
      expect(await verdict(users, basic('alice', 'right'))).toBe('yes');
      expect(await verdict(users, basic('nobody', 'right'))).toBe('no');
    }
    expect(compared).toEqual(['$2b$12$', '$2b$12$']);
  });

  it('does not make known clients wait behind unknown ones', async () => {
    const waiting: ((is: boolean) => void)[] = [];
    const verdict = createBasicAuth(() => new Promise((resolve) => waiting.push(resolve)));
    const known = verdict(users, basic('alice', 'right'));
    waiting[0]?.(true);
    expect(await known).toBe('yes');
    const strangers = Array.from({ length: 40 }, (_, n) => verdict(users, basic('alice', `wrong ${n}`)));
    expect(await verdict(users, basic('alice', 'right'))).toBe('yes');
    for (const decide of waiting.splice(1)) decide(false);
    const verdicts = await Promise.all(strangers);
    expect(verdicts.filter((one) => one === 'no')).toHaveLength(16);
    expect(verdicts.filter((one) => one === 'busy')).toHaveLength(24);
  });
});
