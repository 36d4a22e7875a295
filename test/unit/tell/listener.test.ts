import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AppError } from '../../../src/catalog/errors.ts';
import { addressSpec } from '../../../src/tell/listen.ts';
import { parseListenAddress } from '../../../src/tell/listen-address.ts';
import { createListener, type ListenerPorts } from '../../../src/tell/listener.ts';
import { createHistory } from '../../../src/tell/status/history.ts';
import { exporterState, quiet } from './states.ts';

const page = `# HELP godrift_x x\n# TYPE godrift_x gauge\n${'godrift_x{target="ü"} 1\n'.repeat(200)}`;

/** The page in pieces, cut within a character's line. */
const bytes = {
  kept: [Buffer.from(page).subarray(0, 100), Buffer.from(page).subarray(100, 500)],
  fresh: Buffer.from(page).subarray(500),
};

/** A listener on a free port of this machine, closed after the test. */
async function start(ports: Partial<ListenerPorts> = {}) {
  const logged: string[] = [];
  const listener = createListener([addressSpec('127.0.0.1:0', '--web.listen-address')], {
    telemetryPath: '/metrics',
    states: () => [quiet],
    exporter: () => exporterState,
    history: createHistory(),
    ready: () => true,
    page: async () => bytes,
    probe: () => undefined,
    log: (message, fields) => logged.push(`${message} ${JSON.stringify(fields)}`),
    ...ports,
  });
  const [port = 0] = (await listener.listen()).ports;
  onTestFinished(() => listener.close());
  return { listener, port, logged };
}

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

async function ask(port: number, path: string, options: http.RequestOptions = {}): Promise<Answer> {
  const request = http.request({ host: '127.0.0.1', port, path, agent: false, ...options }).end();
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}

describe('the metrics listener', () => {
  it('serves the page in the text format 0.0.4', async () => {
    const { port } = await start();
    const { status, headers, body } = await ask(port, '/metrics');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(headers['content-encoding']).toBeUndefined();
    expect(body.toString()).toBe(page);
    expect(Number(headers['content-length'])).toBe(body.length);
  });

  it.each([
    ['gzip', true],
    ['deflate, gzip;q=0.5', true],
    ['gzip;q=0', false],
    ['br', false],
    ['x-gzip-like', false],
  ])('accept-encoding %s: gzip %s', async (header, zipped) => {
    const { port } = await start();
    const { headers, body } = await ask(port, '/metrics', { headers: { 'accept-encoding': header } });
    expect(headers['content-encoding']).toBe(zipped ? 'gzip' : undefined);
    expect((zipped ? gunzipSync(body) : body).toString()).toBe(page);
    expect(headers.vary?.toLowerCase()).toContain('accept-encoding');
  });

  it('serves it with a question mark and whatever follows', async () => {
    const { port } = await start();
    expect((await ask(port, '/metrics?a=b')).body.toString()).toBe(page);
  });

  it('answers HEAD with the length and no body', async () => {
    const { port } = await start();
    const { status, headers, body } = await ask(port, '/metrics', { method: 'HEAD' });
    expect(status).toBe(200);
    expect(Number(headers['content-length'])).toBe(Buffer.byteLength(page));
    expect(body).toHaveLength(0);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('refuses %s', async (method) => {
    const { port } = await start();
    const { status, headers } = await ask(port, '/metrics', { method });
    expect(status).toBe(405);
    expect(headers.allow).toBe('GET, HEAD');
  });

  it('answers 503 with the reason while there is no state', async () => {
    const { port } = await start({ states: () => [], ready: () => false });
    const answer = await ask(port, '/metrics');
    expect(answer.status).toBe(503);
    expect(answer.body.toString()).toMatch(/^no state yet.*\n$/);
    expect((await ask(port, '/-/ready')).status).toBe(503);
    expect((await ask(port, '/-/healthy')).status).toBe(200);
    expect((await ask(port, '/')).status).toBe(200);
  });

  it('answers 503 when the page cannot be made, says why in the log only, and goes on', async () => {
    let fail = true;
    const { port, logged } = await start({
      page: async () => (fail ? Promise.reject(new Error('secret reason')) : bytes),
    });
    const answer = await ask(port, '/metrics');
    expect(answer.status).toBe(503);
    expect(answer.body.toString()).not.toContain('secret reason');
    expect(logged.join()).toContain('secret reason');
    fail = false;
    expect((await ask(port, '/metrics')).status).toBe(200);
  });

  it('is ready when every target was looked at', async () => {
    const { port } = await start();
    expect((await ask(port, '/-/ready')).status).toBe(200);
  });

  it('serves the status page, nothing else, and never lets a browser run anything', async () => {
    const { port } = await start();
    const { status, headers, body } = await ask(port, '/');
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/html/);
    expect(body.toString()).toContain('<!doctype html>');
    for (const path of ['/', '/metrics', '/nothing', '/-/healthy']) {
      const answer = await ask(port, path);
      expect(answer.headers['x-content-type-options'], path).toBe('nosniff');
      expect(answer.headers['content-security-policy'], path).toContain("default-src 'none'");
    }
    for (const path of ['/nothing', '/metrics/', '/favicon.ico', '/..%2f', '/-/reload'])
      expect((await ask(port, path)).status, path).toBe(404);
  });

  it('honours the telemetry path', async () => {
    const { port } = await start({ telemetryPath: '/m' });
    expect((await ask(port, '/m')).status).toBe(200);
    expect((await ask(port, '/metrics')).status).toBe(404);
    expect((await ask(port, '/')).body.toString()).toContain('href="/m"');
  });

  it('survives invalid HTTP and headers that are too large', async () => {
    const { port } = await start();
    const socket = net.connect(port, '127.0.0.1').end('\u0016\u0003\u0001 nonsense\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    expect((await ask(port, '/metrics', { headers: { 'x-big': 'a'.repeat(20_000) } })).status).toBe(431);
    expect((await ask(port, '/metrics')).status).toBe(200);
  });

  it('disconnects a client that never finishes its headers', async () => {
    const { port } = await start();
    const socket = net.connect(port, '127.0.0.1');
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    await once(socket, 'close');
    expect(Buffer.concat(chunks).toString()).toContain('408');
  });

  it('waits for a running request when it closes, but not for a client that keeps its connection', async () => {
    let release = (_: typeof bytes): void => {};
    const made = new Promise<typeof bytes>((resolve) => {
      release = resolve;
    });
    let asked = (): void => {};
    const reached = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const { listener, port } = await start({
      page: () => {
        asked();
        return made;
      },
    });
    const idle = net.connect(port, '127.0.0.1');
    await once(idle, 'connect');
    const answer = ask(port, '/metrics');
    await reached;
    const closed = listener.close();
    release(bytes);
    expect((await answer).status).toBe(200);
    await closed;
    idle.destroy();
    await expect(ask(port, '/metrics')).rejects.toThrow('ECONNREFUSED');
  });

  it('answers a probe of one target: its page, 404 for none, 503 before its first observation, 400 unless exactly one is named', async () => {
    const { port } = await start({
      ready: () => false,
      probe: (target) => (target === 'a b' ? Promise.resolve(bytes) : target === 'new' ? 'late' : undefined),
    });
    const probed = await ask(port, '/probe?target=a%20b');
    expect(probed.status).toBe(200);
    expect(probed.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(probed.body.toString()).toBe(page);
    const statuses = ['?target=new', '?target=toString', '', '?target=', '?target=new&target=a'].map(
      async (query) => (await ask(port, `/probe${query}`)).status,
    );
    expect(await Promise.all(statuses)).toEqual([503, 404, 400, 400, 400]);
  });

  it('answers no more scrapes at once than asked for', async () => {
    let finish = () => {};
    const made = new Promise<typeof bytes>((resolve) => {
      finish = () => resolve(bytes);
    });
    const { port } = await start({ maxRequests: 2, page: () => made });
    const asked = ['/metrics', '/metrics', '/metrics'].map((path) => ask(port, path));
    const refused = await Promise.race(asked);
    expect(refused.body.toString()).toMatch(/2 scrapes are answered already/);
    expect((await ask(port, '/-/healthy')).status).toBe(200);
    finish();
    expect((await Promise.all(asked)).map(({ status }) => status).sort()).toEqual([200, 200, 503]);
    expect((await ask(port, '/metrics')).status).toBe(200);
  });

  it('says so when a page is not there within the timeout of the scrape', async () => {
    const { port, logged } = await start({ page: () => new Promise(() => {}) });
    const late = await ask(port, '/metrics', {
      headers: { 'X-Prometheus-Scrape-Timeout-Seconds': '0.02' },
    });
    expect(late.status).toBe(503);
    expect(logged.join()).toMatch(/it took longer than 10 ms/);
  });

  it('says what to do when the port is taken', async () => {
    const { port } = await start();
    const second = createListener([addressSpec(`127.0.0.1:${port}`, '--web.listen-address')], {
      telemetryPath: '/metrics',
      states: () => [],
      exporter: () => exporterState,
      history: createHistory(),
      ready: () => false,
      page: async () => bytes,
      probe: () => undefined,
      log: () => {},
    });
    await expect(second.listen()).rejects.toThrow(AppError);
    await expect(second.listen()).rejects.toThrow(/taken.*--web\.listen-address/);
    await second.close();
  });
});

describe('parseListenAddress', () => {
  it('reads hosts and ports', () => {
    expect(parseListenAddress(':9464')).toEqual({ port: 9464 });
    expect(parseListenAddress('127.0.0.1:0')).toEqual({ host: '127.0.0.1', port: 0 });
    expect(parseListenAddress('[::1]:9464')).toEqual({ host: '::1', port: 9464 });
    expect(parseListenAddress('localhost:80')).toEqual({ host: 'localhost', port: 80 });
  });

  it.each(['', '9464', 'host', 'host:', ':x', ':70000', '::1:80', 'a b:1'])('refuses %j', (address) => {
    expect(() => parseListenAddress(address)).toThrow(AppError);
  });
});
