/**
 * The metrics listener: metrics, health, readiness and the status page. Read-only. If a page cannot be made
 * it answers 503 and never a partial page: after an empty 200 Prometheus would resolve every alert.
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import type { ExporterState, TargetState } from '../drift/state.ts';
import { coalesce } from './http/coalesce.ts';
import { gzipOf } from './http/gzip.ts';
import { type Gate, httpServerMaker, isGone } from './http/server.ts';
import { closeAll, type Listening, type ListenSpec, listenAtAll } from './listen.ts';
import { collectedPage, selectedCollectors } from './metrics/collected.ts';
import type { Page } from './metrics/exposition.ts';
import { openMetricsPage, openMetricsType, wantsOpenMetrics } from './metrics/open-metrics.ts';
import { healthyPath, probePath, readyPath, statusPath } from './own-paths.ts';
import type { History } from './status/history.ts';
import { createStatusPage } from './status/page.ts';
import { contentPolicy } from './status/style.ts';
import { readView } from './status/view.ts';

/** Prometheus text format 0.0.4. */
const contentType = 'text/plain; version=0.0.4; charset=utf-8';
/** Grace period for open requests when the listener stops, in ms. */
const closeGraceMs = 1_000;

export interface ListenerPorts {
  readonly telemetryPath: string;
  /** Most scrapes answered at the same time; 0 or undefined: no limit. */
  readonly maxRequests?: number;
  readonly states: () => readonly TargetState[];
  readonly exporter: () => ExporterState;
  /** Source of the sparklines on the status page. */
  readonly history: History;
  /** Reports whether every target was observed at least once. */
  readonly ready: () => boolean;
  /** Makes the metrics page. Rejects if any part of it cannot be made. */
  readonly page: () => Promise<Page>;
  /** Makes the page of one target: undefined if it is not observed, `late` if it was not observed yet. */
  readonly probe: (target: string) => Promise<Page> | 'late' | undefined;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** TLS, client certificates and users of the web configuration. Without a gate everybody is admitted. */
  readonly gate?: Gate;
}

export interface Listener {
  /** Starts to listen. Throws AppError if one place fails; then it listens nowhere. */
  listen(): Promise<Listening>;
  /** Stops. Connections that are still open after a second are closed by force. */
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

/** A page up to this size is sent in one write. */
const shortPageBytes = 64 * 1024;

const wholes = new WeakMap<readonly Buffer[], readonly Buffer[]>();

/**
 * Joins the pieces of a short page, once for each list of pieces: a new copy for each answer would be memory
 * that is freed late.
 */
function wholeOf(kept: readonly Buffer[]): readonly Buffer[] {
  const known = wholes.get(kept);
  if (known !== undefined) return known;
  const length = kept.reduce((sum, piece) => sum + piece.length, 0);
  const whole = length <= shortPageBytes ? [Buffer.concat(kept)] : kept;
  wholes.set(kept, whole);
  return whole;
}

/** Returns the constant headers of a page as a flat list, which Node writes without a conversion. */
const headersOf = (type: string): readonly string[] =>
  Object.entries({ ...headers, 'Content-Type': type, Vary: 'Accept, Accept-Encoding' }).flat();
const plainHeaders = headersOf(contentType);
const openHeaders = headersOf(openMetricsType);

/** Writes a page. A long page is not copied: slow clients share its immutable pieces. */
function sendPage(
  outgoing: ServerResponse,
  pageHeaders: readonly string[],
  pieces: readonly Buffer[],
  zipped: boolean,
): void {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  outgoing.writeHead(200, [
    ...pageHeaders,
    ...(zipped ? ['Content-Encoding', 'gzip'] : []),
    'Content-Length',
    String(length),
  ]);
  outgoing.cork();
  for (const piece of pieces) outgoing.write(piece);
  outgoing.end();
}

/** Answers a request for a page, within the limit of concurrent scrapes and the timeout of the scraper. */
type Answer = (
  request: IncomingMessage,
  outgoing: ServerResponse,
  made: () => Promise<Page>,
) => Promise<void>;

function limitedAnswers({ maxRequests = 0, log }: ListenerPorts): Answer {
  let open = 0;
  return async (request, outgoing, made) => {
    if (maxRequests > 0 && open >= maxRequests)
      return refuse(outgoing, `${maxRequests} scrapes are answered already (--web.max-requests)\n`);
    open++;
    outgoing.once('close', () => open--);
    await answer(request, outgoing, () => inTime(made(), scrapeTimeoutMs(request)), log);
  };
}

/** Part of the scrape timeout that is reserved for sending the answer, in ms. */
const wayBackMs = 500;

/**
 * Returns how long the scraper waits for the page, in ms, from the header that Prometheus sends; undefined
 * without it.
 */
function scrapeTimeoutMs({ headers: given }: IncomingMessage): number | undefined {
  const seconds = Number(given['x-prometheus-scrape-timeout-seconds']);
  if (!(seconds > 0) || seconds > 3_600) return undefined;
  return Math.max(seconds * 500, seconds * 1_000 - wayBackMs);
}

/**
 * Rejects if the page takes longer than `limitMs`, so that the scraper gets a reason instead of its own
 * timeout.
 */
async function inTime(page: Promise<Page>, limitMs: number | undefined): Promise<Page> {
  if (limitMs === undefined) return await page;
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    limit = setTimeout(() => reject(new Error(`it took longer than ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([page, late]);
  } finally {
    clearTimeout(limit);
  }
}

function refuse(outgoing: ServerResponse, why: string): void {
  outgoing.writeHead(503, {
    ...headers,
    'Content-Type': 'text/plain; charset=utf-8',
    'Retry-After': '1',
  });
  outgoing.end(why);
}

/** Answers with a page, or with 503 if it cannot be made. */
async function answer(
  request: IncomingMessage,
  outgoing: ServerResponse,
  made: () => Promise<Page>,
  log: ListenerPorts['log'],
): Promise<void> {
  try {
    const page = await made();
    if (isGone(outgoing)) return;
    const open = wantsOpenMetrics(request.headers.accept);
    const { kept, fresh } = open ? openMetricsPage(page) : page;
    const zipped = acceptsGzip(request.headers['accept-encoding']);
    const pieces = zipped ? await gzipOf(kept, fresh) : [...wholeOf(kept), fresh];
    if (!isGone(outgoing)) sendPage(outgoing, open ? openHeaders : plainHeaders, pieces, zipped);
  } catch (error) {
    log('the metrics page could not be made', {
      error: error instanceof Error ? error.message : String(error),
    });
    if (outgoing.headersSent) return void outgoing.destroy();
    refuse(outgoing, 'the metrics page could not be made, see the log\n');
  }
}

function routes(
  ports: ListenerPorts,
  page: () => Promise<Page>,
  answerPage: Answer,
): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const statusPage = createStatusPage(ports.history);
  app.use(async (c, next) => {
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD')
      return c.text('only GET and HEAD\n', 405, { Allow: 'GET, HEAD', ...headers });
    await next();
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
    return undefined;
  });
  const send = async ({ env }: Context<{ Bindings: HttpBindings }>, made: () => Promise<Page>) => {
    await answerPage(env.incoming, env.outgoing, made);
    return RESPONSE_ALREADY_SENT;
  };
  app.get(ports.telemetryPath, (c) => {
    const asked = selectedCollectors(new URL(c.req.url).searchParams);
    if ('why' in asked) return c.text(`${asked.why}\n`, 400);
    // Without a target on the page, Prometheus would resolve its alerts.
    if (!ports.ready()) return c.text('no state yet: the first pass is not over\n', 503);
    const { collectors } = asked;
    return send(c, collectors === undefined ? page : async () => collectedPage(await page(), collectors));
  });
  app.get(probePath, (c) => {
    const [target, another] = c.req.queries('target') ?? [];
    if (target === undefined || target === '' || another !== undefined)
      return c.text(`name one target: ${probePath}?target=NAME\n`, 400);
    const probed = ports.probe(target);
    if (probed === undefined) return c.text('no such target\n', 404);
    if (probed === 'late') return c.text('no state yet: the target was not looked at\n', 503);
    return send(c, () => probed);
  });
  app.get(healthyPath, (c) => c.text('godrift is healthy\n'));
  app.get(readyPath, (c) =>
    ports.ready() ? c.text('godrift is ready\n') : c.text('the first pass is not over\n', 503),
  );
  app.get(statusPath, (c) => {
    const view = readView(new URL(c.req.url).searchParams);
    // A header instead of a meta element, so that a link of the page can turn it off (WCAG 2.2.1).
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

/** Creates a listener. It binds nothing before `listen`. */
export function createListener(places: readonly ListenSpec[], ports: ListenerPorts): Listener {
  const page = coalesce(ports.page);
  const answerPage = limitedAnswers(ports);
  const others = getRequestListener(routes(ports, page, answerPage).fetch, { hostname: 'localhost' });
  const makeServer = httpServerMaker({
    handle: (request, response) => {
      // A plain scrape by Prometheus bypasses the router.
      if (request.method === 'GET' && request.url === ports.telemetryPath && ports.ready())
        void answerPage(request, response, page);
      else void others(request, response);
    },
    urgent: (path) => path === healthyPath,
    ...(ports.gate === undefined ? {} : { gate: ports.gate }),
  });
  const servers: Server[] = [];
  return {
    listen: () => listenAtAll(makeServer, places, servers),
    close: () => closeAll(servers, closeGraceMs),
  };
}
