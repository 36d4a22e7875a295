/**
 * The admin API on `$STATE/admin.sock` (contract §5): state of every target, exemptions, rollbacks, reload.
 * The socket has mode 0600 and needs no token.
 */

import type { Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { alertsPath } from '../../catalog/spans.ts';
import type { MarkedDeployment, Waiver } from '../../drift/exemptions.ts';
import type { Entries } from '../../drift/snapshot.ts';
import type { TargetState } from '../../drift/state.ts';
import { type Accepted, longestSnapshot } from '../../store/accept-baseline.ts';
import type { Outcome } from '../../store/record-exemption.ts';
import { createHttpServer } from '../http/server.ts';
import { healthyPath } from '../own-paths.ts';
import { checkDocument, publishedTarget } from '../reports/document.ts';
import { alertsCall, alertsLimitBytes, limitBody, type ReceiveAlerts } from './alerts-call.ts';

const bodyLimitBytes = 64 * 1024;
/** A snapshot as JSON: an escaped character takes two bytes. */
const snapshotLimitBytes = 2 * longestSnapshot + bodyLimitBytes;
/** Time limit of an answer, in ms: a reload waits for a pass over all targets. */
const answerMs = 120_000;

export interface AdminPorts {
  readonly version: string;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly states: () => readonly TargetState[];
  /** Returns a lookup of the entries that were last observed for a target; states do not hold them. */
  readonly entries: () => (state: TargetState) => Entries;
  /**
   * Returns the settings of every target as plain data, so that a command observes a target as the exporter
   * does.
   */
  readonly settings: () => readonly object[];
  /**
   * Reloads the configuration. Resolves to a one-line problem if that failed and the old configuration stays
   * in force.
   */
  readonly reload: () => Promise<string | undefined>;
  /** The calls below validate the parsed body themselves. */
  readonly markDeployment: (body: unknown) => Promise<Outcome<MarkedDeployment>>;
  readonly addWaiver: (body: unknown) => Promise<Outcome<Waiver>>;
  readonly acceptBaseline: (body: unknown) => Promise<Outcome<Accepted>>;
  /** Plans or executes a rollback. Answers with the plan document and its result. */
  readonly rollback: (body: unknown) => Promise<Outcome<object>>;
  /** Approves, denies or confirms a rollback. */
  readonly decideRollback: (
    call: { readonly id: string; readonly action: string },
    body: unknown,
  ) => Promise<Outcome<object>>;
  /** Begins a `godrift try`, or ends the one with `id`. */
  readonly trying: (call: { readonly id?: string; readonly body: unknown }) => Promise<Outcome<object>>;
  /** Pauses or resumes rollbacks, or releases a facet from quarantine. */
  readonly controlRollbacks: (body: unknown) => Promise<Outcome<object>>;
  /** Receives alerts. */
  readonly alerts: ReceiveAlerts;
  /** Journals what a command did to a build cache. */
  readonly recordCache: (body: unknown) => Promise<Outcome<object>>;
  /** Journals the result of a blame. */
  readonly recordBlame: (body: unknown) => Promise<Outcome<object>>;
  readonly removeWaiver: (id: string, who: string) => Promise<Outcome<Waiver>>;
}

/** Turns an outcome into an HTTP response. */
export function answer<T extends object>(c: Context, outcome: Outcome<T>, status: 200 | 201 | 202): Response {
  return outcome.ok ? c.json(outcome.value, status) : c.text(`${outcome.problem}\n`, outcome.status);
}

/** Returns the parsed JSON body, undefined if it is invalid. */
export async function bodyOf(c: Context): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    return undefined;
  }
}

/**
 * Creates the server of the admin API. It does not listen yet: the holder of the state directory's lock binds
 * the socket.
 */
export function createAdminServer(ports: AdminPorts): Server {
  const app = new Hono();
  app.get('/api/v1/targets', (c) => {
    if (c.req.query('snapshots') !== 'true')
      return c.json(ports.states().map((state) => checkDocument(state, ports.version)));
    const entries = ports.entries();
    return c.json(ports.states().map((state) => publishedTarget(state, entries(state), ports.version)));
  });
  app.get('/api/v1/settings', (c) => c.json(ports.settings()));
  app.post(alertsPath, limitBody(alertsLimitBytes), alertsCall(ports.alerts, ports.now));
  app.post('/api/v1/baselines', limitBody(snapshotLimitBytes), async (c) =>
    answer(c, await ports.acceptBaseline(await bodyOf(c)), 201),
  );
  app.use('/api/*', limitBody(bodyLimitBytes));
  app.post('/api/v1/deployments', async (c) => answer(c, await ports.markDeployment(await bodyOf(c)), 201));
  app.post('/api/v1/waivers', async (c) => answer(c, await ports.addWaiver(await bodyOf(c)), 201));
  app.post('/api/v1/rollbacks', async (c) => answer(c, await ports.rollback(await bodyOf(c)), 202));
  app.post('/api/v1/rollbacks/control', async (c) =>
    answer(c, await ports.controlRollbacks(await bodyOf(c)), 201),
  );
  app.post('/api/v1/rollbacks/:id/:action', async (c) =>
    answer(c, await ports.decideRollback(c.req.param(), await bodyOf(c)), 202),
  );
  app.post('/api/v1/tries', async (c) => answer(c, await ports.trying({ body: await bodyOf(c) }), 201));
  app.post('/api/v1/tries/:id/end', async (c) =>
    answer(c, await ports.trying({ id: c.req.param('id'), body: await bodyOf(c) }), 201),
  );
  app.post('/api/v1/blames', async (c) => answer(c, await ports.recordBlame(await bodyOf(c)), 201));
  app.post('/api/v1/cache-lines', async (c) => answer(c, await ports.recordCache(await bodyOf(c)), 201));
  app.delete('/api/v1/waivers/:id', async (c) =>
    answer(c, await ports.removeWaiver(c.req.param('id'), c.req.query('who') ?? 'admin socket'), 200),
  );
  app.post('/-/reload', async (c) => {
    const problem = await ports.reload();
    return problem === undefined ? c.text('reloaded\n') : c.text(`${problem}\n`, 400);
  });
  app.get(healthyPath, (c) => c.text('godrift is healthy\n'));
  app.notFound((c) => c.text('no such call\n', 404));
  return createHttpServer({
    handle: getRequestListener(app.fetch, { hostname: 'localhost' }),
    answerMs,
  });
}
