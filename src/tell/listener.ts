/**
 * The metrics listener: metrics, health, readiness, status page. Read-only. 503 rather than a partial page: an empty 200 would
 * make Prometheus resolve every alert.
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import type { ExporterState, TargetState } from '../drift/state.ts';
import { gzipOf } from './http/gzip.ts';
import { type Gate, httpServerMaker, isGone } from './http/server.ts';
import { shared } from './http/shared.ts';
import { closeAll, type Listening, type ListenPlace, listenAtAll } from './listen-place.ts';
import { askedCollectors, collectedPage } from './metrics/collected.ts';
import type { Page } from './metrics/exposition.ts';
import { openMetricsPage, openMetricsType, wantsOpenMetrics } from './metrics/open-metrics.ts';
import { healthyPath, probePath, readyPath, statusPath } from './own-paths.ts';
import type { History } from './status/history.ts';
import { createStatusPage } from './status/page.ts';
import { contentPolicy } from './status/style.ts';
import { readView } from './status/view.ts';

/** Where one target is asked for, in the way of exporters that have many. */
const contentType = 'text/plain; version=0.0.4; charset=utf-8';
/** How long open requests may go on when the listener stops. */
const closeGraceMs = 1_000;

export interface ListenerPorts {
  readonly telemetryPath: string;
  /** Pages that are made and sent at the same time; without limit when 0 or undefined. */
  readonly maxRequests?: number;
  readonly states: () => readonly TargetState[];
  readonly exporter: () => ExporterState;
  /** What the status page shows of the last day. */
  readonly history: History;
  /** Whether every target was looked at once. */
  readonly ready: () => boolean;
  /** The metrics page; rejects when any part of it cannot be made. */
  readonly page: () => Promise<Page>;
  /** The page of one target; undefined for one that is not observed, `late` for one that was not looked at yet. */
  readonly probe: (target: string) => Promise<Page> | 'late' | undefined;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** TLS, client certificates, users: by the web configuration. Everybody is let in without. */
  readonly gate?: Gate;
}

export interface Listener {
  /** Starts to listen. Throws AppError when a place cannot be had; then it listens nowhere. */
  listen(): Promise<Listening>;
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

/** A page up to this size is one write. */
const shortPageBytes = 64 * 1024;

const wholes = new WeakMap<readonly Buffer[], readonly Buffer[]>();

/** The pieces of a short page as one, joined once for as long as it stays: a copy for each answer is memory that nobody gives back soon. */
function wholeOf(kept: readonly Buffer[]): readonly Buffer[] {
  const known = wholes.get(kept);
  if (known !== undefined) return known;
  const length = kept.reduce((sum, piece) => sum + piece.length, 0);
  const whole = length <= shortPageBytes ? [Buffer.concat(kept)] : kept;
  wholes.set(kept, whole);
  return whole;
}

/** What is said of a page whatever it holds, in the form that Node writes as it is. */
const headersOf = (type: string): readonly string[] =>
  Object.entries({ ...headers, 'Content-Type': type, Vary: 'Accept, Accept-Encoding' }).flat();
const plainHeaders = headersOf(contentType);
const openHeaders = headersOf(openMetricsType);

/** Writes a page, without a copy where it is long: clients that read slowly share what does not change. */
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

/** What answers pages: no more at the same time than asked for, and within the time that whoever asks has. */
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

/** What is left of a scraper's timeout for the way back, ms. */
const wayBackMs = 500;

/** How long a scraper waits for the page, ms, by the header that Prometheus sends; undefined where it does not say. */
function scrapeTimeoutMs({ headers: given }: IncomingMessage): number | undefined {
  const seconds = Number(given['x-prometheus-scrape-timeout-seconds']);
  if (!(seconds > 0) || seconds > 3_600) return undefined;
  return Math.max(seconds * 500, seconds * 1_000 - wayBackMs);
}

/** A page that is not there in time is none: the scraper hears why, instead of running into its timeout. */
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

/** Answers with a page; with 503 where it cannot be made. */
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
    const asked = askedCollectors(new URL(c.req.url).searchParams);
    if ('why' in asked) return c.text(`${asked.why}\n`, 400);
    // A page that lacks a target would resolve its alerts.
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

/** Makes a listener; nothing is bound before `listen`. */
export function createListener(places: readonly ListenPlace[], ports: ListenerPorts): Listener {
  const page = shared(ports.page);
  const answerPage = limitedAnswers(ports);
  const others = getRequestListener(routes(ports, page, answerPage).fetch, { hostname: 'localhost' });
  const makeServer = httpServerMaker({
    handle: (request, response) => {
      // A scrape as Prometheus makes it needs no router.
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
