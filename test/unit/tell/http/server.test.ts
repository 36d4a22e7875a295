import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { closeHttpServer, createHttpServer, isGone } from '../../../../src/tell/http/server.ts';

/** A server whose answers wait until the test releases them, on a free port, closed after the test. */
async function start(options: Partial<Parameters<typeof createHttpServer>[0]> = {}) {
  const waiting: http.ServerResponse[] = [];
  const server = createHttpServer({
    handle: (request, response) => {
      if (request.url === '/now' || request.url === '/healthy') response.end('here');
      else waiting.push(response);
    },
    urgent: (path) => path === '/healthy',
    ...options,
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => closeHttpServer(server, 0));
  const { port } = server.address() as net.AddressInfo;
  return { server, port, waiting };
}

/** A raw connection, and everything that came over it so far. */
async function connect(port: number) {
  const socket = net.connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  return { socket, received: () => received };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const count = (text: string, part: string) => text.split(part).length - 1;

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const limit = Date.now() + 60_000; !holds(); await new Promise((resolve) => setTimeout(resolve, 10)))
    if (Date.now() > limit) throw new Error(`never: ${what}`);
}

/** The status that a request of its own connection is answered with. */
async function statusOf(port: number, path: string): Promise<number> {
  const request = http.request({ host: '127.0.0.1', port, path, agent: false }).end();
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.resume();
  await once(response, 'close');
  return response.statusCode ?? 0;
}

describe('the HTTP server', () => {
  it('starts on a bounded number of pipelined requests, refuses the next and closes', async () => {
    const { port, waiting } = await start();
    const { socket, received } = await connect(port);
    socket.write(get('/slow').repeat(5_000));
    await until('the first requests', () => waiting.length > 0);
    expect(await statusOf(port, '/now')).toBe(200);
    expect(waiting.length).toBe(8);
    for (const response of waiting) response.end('answer');
    await once(socket, 'close');
    expect(count(received(), 'HTTP/1.1 200')).toBe(8);
    expect(count(received(), 'HTTP/1.1 503')).toBe(1);
    expect(waiting.length).toBe(8);
  });

  it('disconnects a refused client that reads nothing', async () => {
    const { port, waiting } = await start();
    const { socket } = await connect(port);
    socket.write(get('/slow').repeat(20));
    await once(socket, 'close');
    expect(waiting.length).toBe(8);
  });

  it('serves a client that waits for its answers without limit', async () => {
    const { port } = await start();
    const { socket, received } = await connect(port);
    for (let asked = 1; asked <= 100; asked++) {
      socket.write(get('/now'));
      await until('an answer', () => count(received(), 'HTTP/1.1 200') === asked);
    }
    expect(received()).not.toContain('503');
  });

  it('answers 503 beyond the bound of all connections, but always what is urgent', async () => {
    const { port, waiting } = await start();
    const clients = await Promise.all(Array.from({ length: 8 }, () => connect(port)));
    for (const { socket } of clients) socket.write(get('/slow').repeat(8));
    await until('64 open requests', () => waiting.length === 64);
    const statuses = await Promise.all(['/now', '/healthy'].map((path) => statusOf(port, path)));
    // A client that took no answer for a second gives way: on a slow machine that may have been the case.
    expect([200, 503]).toContain(statuses[0]);
    expect(statuses[1]).toBe(200);
    expect(waiting.length).toBe(64);
  });

  it('disconnects the oldest client that reads no answer, when a slot is needed', async () => {
    const { port, waiting } = await start();
    const clients = await Promise.all(Array.from({ length: 8 }, () => connect(port)));
    for (const { socket } of clients) socket.write(get('/slow').repeat(8));
    await until('64 open requests', () => waiting.length === 64);
    for (;;) {
      if ((await statusOf(port, '/now')) === 200) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await until('a client that is cut', () => clients.some(({ socket }) => socket.destroyed));
    expect(waiting.filter(isGone).length).toBe(8);
  });

  it('disconnects a client that does not read its answer in time', async () => {
    const { port, waiting } = await start({ answerMs: 50 });
    const { socket } = await connect(port);
    socket.write(get('/slow'));
    await once(socket, 'close');
    expect(waiting.map(isGone)).toEqual([true]);
  });

  it('knows when the client is gone', async () => {
    const { port, waiting } = await start();
    const { socket } = await connect(port);
    socket.write(get('/slow'));
    await until('the request', () => waiting.length === 1);
    expect(isGone(waiting[0] as http.ServerResponse)).toBe(false);
    socket.destroy();
    await until('the end', () => isGone(waiting[0] as http.ServerResponse));
  });

  it('serves new connections when idle ones fill it', async () => {
    const { server, port } = await start();
    const silent: { readonly socket: net.Socket }[] = [];
    for (let number = 0; number < 300; number++) silent.push(await connect(port));
    expect(await statusOf(port, '/now')).toBe(200);
    const open = await new Promise<number>((resolve) => server.getConnections((_, all) => resolve(all)));
    expect(open).toBeLessThanOrEqual(256);
    await until('the oldest to be cut', () => silent[0]?.socket.destroyed === true);
    expect(silent.at(-1)?.socket.destroyed).toBe(false);
  });

  it('stops in time, whatever is open', async () => {
    const { server, port, waiting } = await start();
    const { socket } = await connect(port);
    socket.write(get('/slow'));
    await until('the request', () => waiting.length === 1);
    await closeHttpServer(server, 20);
    expect(server.listening).toBe(false);
    await until('the end', () => socket.destroyed);
    await closeHttpServer(server, 20);
  });
});
