/**
 * The Collector of deploy/fleet/collector.yml, for tests: the shipped file with other addresses, and nothing else changed. It can be stopped, killed and started
 * again on what it left on the disk.
 */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from './ports.ts';
import { ensureServer, launch, type RunningServer } from './servers.ts';
import { scratch } from './toolchains.ts';

/** The shipped configuration. */
export const shippedCollector = join(import.meta.dirname, '../../deploy/fleet/collector.yml');

/** What stands around a Collector. */
export interface CollectorPlace {
  /** OTLP over HTTP of the Jaeger that it sends to, without a path. */
  readonly jaeger: string;
  /** Host and port of the Prometheus that it writes to. */
  readonly prometheus: string;
  /** Host and port of the exporter whose page it reads. */
  readonly exporter: string;
  /** Changes the text, for what somebody else would have written. */
  readonly edit?: (text: string) => string;
}

/** A Collector at one place, which may run or not. */
export interface Collector {
  /** Where it takes OTLP over HTTP, without a path. */
  readonly url: string;
  start(): Promise<void>;
  /** As a service manager does: SIGTERM. */
  stop(): Promise<void>;
  /** Without a chance to finish anything. */
  kill(): Promise<void>;
  /** What it says of itself, as Prometheus reads it. */
  page(): Promise<string>;
  /** What it printed since it was started last. */
  output(): string;
}

/** A Collector with ports and a directory of its own, not started yet. */
export async function makeCollector(place: CollectorPlace): Promise<Collector> {
  const binary = await ensureServer('collector');
  const [http = 0, grpc = 0, own = 0] = await freePorts(3);
  const dir = scratch('collector');
  const addresses: Readonly<Record<string, string>> = {
    '/var/lib/otelcol': join(dir, 'spans'),
    '0.0.0.0:4318': `127.0.0.1:${http}`,
    '0.0.0.0:4317': `127.0.0.1:${grpc}`,
    'localhost:8888': `127.0.0.1:${own}`,
    'host: localhost': 'host: 127.0.0.1',
    'port: 8888': `port: ${own}`,
    'localhost:9464': place.exporter,
    'http://jaeger:4318': place.jaeger,
    'central:9090': place.prometheus,
  };
  let text = readFileSync(shippedCollector, 'utf8');
  for (const [from, to] of Object.entries(addresses)) {
    if (!text.includes(from)) throw new Error(`${shippedCollector} has no ${from}`);
    text = text.replaceAll(from, to);
  }
  const config = join(dir, 'collector.yml');
  await writeFile(config, place.edit?.(text) ?? text);
  const url = `http://127.0.0.1:${http}`;
  const plan = {
    binary,
    args: [`--config=file:${config}`],
    cwd: dir,
    url,
    ports: { http, grpc, own },
    readyUrls: [`http://127.0.0.1:${own}/metrics`, url],
    isReady: takesSpans,
  };
  let running: RunningServer | undefined;
  const end = async (signal?: 'SIGKILL') => {
    if (running !== undefined && signal !== undefined) process.kill(running.pid, signal);
    await running?.stop();
    running = undefined;
  };
  return {
    url,
    start: async () => {
      running = await launch(plan);
    },
    stop: () => end(),
    kill: () => end('SIGKILL'),
    page: async () => (await fetch(plan.readyUrls[0] as string)).text(),
    output: () => running?.output() ?? '',
  };
}

/** Its page answers a GET; its receiver a request without spans. */
async function takesSpans(url: string): Promise<boolean> {
  const request = url.endsWith('/metrics')
    ? fetch(url, { signal: AbortSignal.timeout(10_000) })
    : fetch(`${url}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
        signal: AbortSignal.timeout(10_000),
      });
  try {
    const response = await request;
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
