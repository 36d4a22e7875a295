/**
 * Clients that send more requests than they read responses: the exporter's memory stays bounded, it goes on
 * answering, and ends in time.
 */
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { type Exporter, eventually, makeWorld, startExporter } from '../../lab/godrift.ts';

const running: Exporter[] = [];
const sockets: net.Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const exporter of running.splice(0)) await exporter.stop();
});

async function start(): Promise<Exporter> {
  const exporter = await startExporter(makeWorld(undefined), ['--interval', '1h']);
  running.push(exporter);
  return exporter;
}

const request = 'GET /metrics HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n';

function connect(port: number): net.Socket {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  sockets.push(socket);
  return socket;
}

const residentMb = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** Sends `count` requests at once and reads until the connection ends or all responses have arrived. */
async function pipeline(port: number, count: number): Promise<string> {
  const socket = connect(port);
  let received = '';
  socket.write(request.repeat(count));
  await new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (received.split('HTTP/1.1 ').length > count) socket.end();
    });
  });
  return received;
}

describe.runIf(process.platform === 'linux')('the metrics listener under attack', () => {
  it('uses less than 30 MB more memory over 10,000 scrapes and 100 pipelines of 64 requests', async () => {
    const exporter = await start();
    const scrape = async () => {
      const response = await fetch(`${exporter.url}/metrics`);
      expect((await response.text()).endsWith('\n')).toBe(true);
      return response.status;
    };
    const scrapes = async (turns: number) => {
      for (let turn = 0; turn < turns; turn++)
        expect(await Promise.all(Array.from({ length: 8 }, scrape))).toEqual(Array(8).fill(200));
    };
    const pipelines = async (turns: number) => {
      for (let turn = 0; turn < turns; turn++) {
        const answers = await pipeline(exporter.port, 64);
        // Some requests are answered, and those beyond the limit get a 503.
        expect(answers.split('HTTP/1.1 200').length - 1).toBeLessThanOrEqual(64);
        expect(answers.split('HTTP/1.1 200').length - 1).toBeGreaterThan(0);
        expect(answers).toContain('HTTP/1.1 503');
      }
    };
    // Warm-up: memory that V8 allocates before its first major collection must
    // not be counted as a leak of scrapes.
    await scrapes(750);
    await pipelines(50);
    const before = residentMb(exporter.pid);
    await scrapes(1_250);
    await pipelines(100);
    expect(residentMb(exporter.pid) - before).toBeLessThan(30);
  }, 300_000);

  it('answers /-/healthy while 20 clients send 5,000 requests each and read nothing', async () => {
    const exporter = await start();
    const before = residentMb(exporter.pid);
    for (let client = 0; client < 20; client++) {
      const socket = connect(exporter.port);
      socket.pause();
      socket.write(request.repeat(5_000));
    }
    for (let asked = 0; asked < 20; asked++)
      expect((await fetch(`${exporter.url}/-/healthy`)).status).toBe(200);
    // The exporter closes each connection, although the client neither reads nor closes.
    await eventually('all to be cut', async () =>
      sockets.every((socket) => socket.destroyed || socket.readableEnded || socket.resume().destroyed),
    );
    await eventually('a scrape', async () => (await fetch(`${exporter.url}/metrics`)).ok);
    // Each of 20 connections may buffer one read of 64 KiB (some hundred
    // requests), but not all requests sent.
    expect(residentMb(exporter.pid) - before).toBeLessThan(120);
  });

  it('serves the same metric families plain and gzipped', async () => {
    const exporter = await start();
    const families = (page: string) => [...page.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]);
    const plain = await (
      await fetch(`${exporter.url}/metrics`, { headers: { 'accept-encoding': 'identity' } })
    ).text();
    const packed = await pipeline(exporter.port, 1);
    const body = Buffer.from(packed.slice(packed.indexOf('\r\n\r\n') + 4), 'latin1');
    expect(families(gunzipSync(body).toString())).toEqual(families(plain));
  });
});
