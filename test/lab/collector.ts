/**
 * Runs the OpenTelemetry Collector of deploy/fleet/collector.yml: the shipped file with only its addresses
 * changed. It can be stopped, killed and restarted on its files.
 */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from './ports.ts';
import { ensureServer, launch, type RunningServer } from './servers.ts';
import { scratch } from './toolchains.ts';

/** The shipped configuration. */
export const shippedCollector = join(import.meta.dirname, '../../deploy/fleet/collector.yml');

/** The surroundings of a Collector. */
export interface CollectorPlace {
  /** OTLP over HTTP of the Jaeger that it sends to, without a path. */
  readonly jaeger: string;
  /** Host and port of the Prometheus that it writes to. */
  readonly prometheus: string;
  /** Host and port of the exporter that it scrapes. */
  readonly exporter: string;
  /** Edits the configuration, for a test of a different one. */
  readonly edit?: (text: string) => string;
}

/** A Collector, running or not. */
export interface Collector {
  /** The URL at which it receives OTLP over HTTP, without a path. */
  readonly url: string;
  start(): Promise<void>;
  /** Stops it with SIGTERM, as a service manager does. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
  /** Returns the metrics page about the Collector itself. */
  page(): Promise<string>;
  /** Returns what it has printed since its last start. */
  output(): string;
}

/** Prepares a Collector with its own ports and directory, not started yet. */
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

/** Reports whether the metrics page answers a GET, or the receiver a request without spans. */
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
