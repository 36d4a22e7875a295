/**
 * The metrics listener: metrics, health, readiness, status page. Read-only. 503 rather than a partial page: an empty 200 would
 * make Prometheus resolve every alert.
 */

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { AppError } from '../catalog/errors.ts';
import type { ExporterState, TargetState } from '../drift/state.ts';
import type { History } from './history.ts';
import { parseListenAddress } from './listen-address.ts';
import { createStatusPage } from './status/page.ts';
import { contentPolicy } from './status/style.ts';
import { readView } from './status/view.ts';

const contentType = 'text/plain; version=0.0.4; charset=utf-8';
const compress = promisify(gzip);

export interface ListenerPorts {
  readonly telemetryPath: string;
  readonly states: () => readonly TargetState[];
  readonly exporter: () => ExporterState;
  /** What the status page shows of the last day. */
  readonly history: History;
  /** Whether every target was looked at once. */
  readonly ready: () => boolean;
  /** The metrics page in UTF-8; rejects when any part of it cannot be made. */
  readonly page: () => Promise<Buffer<ArrayBuffer>>;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export interface Listener {
  /** Starts to listen. Throws AppError when the address cannot be had. */
  listen(): Promise<{ readonly port: number }>;
  /** Stops; connections that are still open after a second are cut. */
  close(): Promise<void>;
}

const headers = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Content-Security-Policy': contentPolicy,
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

function acceptsGzip(header: string | undefined): boolean {
  return (header ?? '').split(',').some((part) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/.test(part));
}

function routes(ports: ListenerPorts): Hono {
  const app = new Hono();
  const statusPage = createStatusPage(ports.history);
  app.use(async (c, next) => {
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD')
      return c.text('only GET and HEAD\n', 405, { Allow: 'GET, HEAD', ...headers });
    await next();
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
    return undefined;
  });
  app.get(ports.telemetryPath, async (c) => {
    // A page that lacks a target would resolve its alerts.
    if (!ports.ready()) return c.text('no state yet: the first pass is not over\n', 503);
    try {
      const page = await ports.page();
      const zipped = acceptsGzip(c.req.header('accept-encoding'));
      // Level 1, off the event loop: a third of the time of level 6 for pages that are a little larger.
      const bytes = zipped ? await compress(page, { level: 1 }) : page;
      return c.body(bytes, 200, {
        'Content-Type': contentType,
        // Said here, for an answer to HEAD has no body to measure.
        'Content-Length': String(bytes.length),
        Vary: 'Accept-Encoding',
        ...(zipped ? { 'Content-Encoding': 'gzip' } : {}),
      });
    } catch (error) {
      ports.log('the metrics page could not be made', {
        error: error instanceof Error ? error.message : String(error),
      });
      return c.text('the metrics page could not be made, see the log\n', 503);
    }
  });
  app.get('/-/healthy', (c) => c.text('godrift is healthy\n'));
  app.get('/-/ready', (c) =>
    ports.ready() ? c.text('godrift is ready\n') : c.text('the first pass is not over\n', 503),
  );
  app.get('/', (c) => {
    const view = readView(new URL(c.req.url).searchParams);
    // A header and no meta element, so that the page's own link can turn it off (WCAG 2.2.1).
    if (view.refresh > 0) c.header('Refresh', String(view.refresh));
    const { telemetryPath } = ports;
    return c.html(
      statusPage({
        states: ports.states(),
        exporter: ports.exporter(),
        telemetryPath,
        view,
        now: Date.now(),
      }),
    );
  });
  app.notFound((c) => c.text('not found\n', 404));
  app.onError((error, c) => {
    ports.log('a request failed', { path: c.req.path, error: error.message });
    return c.text('internal error\n', 500);
  });
  return app;
}

/** Slow clients are cut; Node looks for them every 30 s unless told. */
const limits = {
  headersTimeout: 3_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 500,
  maxHeaderSize: 16 * 1024,
};
/** A connection on which nothing moves: a client that reads nothing; longer than the usual scrape interval, so that it is reused. */
const silenceMs = 75_000;

/** Makes a listener; nothing is bound before `listen`. */
export function createListener(address: string, ports: ListenerPorts): Listener {
  const where = parseListenAddress(address);
  const server = http.createServer(
    limits,
    getRequestListener(routes(ports).fetch, { hostname: 'localhost' }),
  );
  server.setTimeout(silenceMs);
  return {
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) => {
          const taken = error.code === 'EADDRINUSE';
          reject(
            new AppError(
              `cannot listen on ${address}`,
              taken ? 'the port is taken' : (error.code ?? error.message),
              taken
                ? 'stop what listens there, or choose another one with --web.listen-address'
                : 'choose another one with --web.listen-address',
            ),
          );
        });
        server.listen(where, () => resolve({ port: (server.address() as AddressInfo).port }));
      }),
    close: () =>
      new Promise((resolve) => {
        if (!server.listening) return resolve();
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 1_000).unref();
      }),
  };
}
