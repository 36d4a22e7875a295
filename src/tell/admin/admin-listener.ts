/**
 * The admin listener (contract §5), which Alertmanager, Grafana and deployments call over TCP. Because its
 * calls change things it is off unless configured, listens on other than loopback addresses only with tokens,
 * and has just two calls. Requests from browsers are refused, so that no web page can make a user's browser
 * call it.
 */
import type { Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type Context, Hono, type Next } from 'hono';
import { alertsPath } from '../../catalog/spans.ts';
import type { AdminRefusal } from '../../drift/state.ts';
import type { Outcome } from '../../store/record-exemption.ts';
import { type Gate, httpServerMaker } from '../http/server.ts';
import { addressSpec, closeAll, listenAtAll } from '../listen.ts';
import { answer, bodyOf } from './admin.ts';
import { type AdminScope, type AdminSettings, checkAdmin, scopesOf } from './admin-tokens.ts';
import { alertsCall, alertsLimitBytes, limitBody, type ReceiveAlerts } from './alerts-call.ts';

const deploymentLimitBytes = 64 * 1024;
/** Time limit of an answer, in ms. The answer needs only the journal write; the work follows later. */
const answerMs = 30_000;
/** Grace period for open requests when the listener stops, in ms. */
const closeGraceMs = 1_000;
/** Most open requests: each may hold a whole message in memory. */
const maxOpen = 16;

/** Dependencies of the admin listener. */
export interface AdminListenerPorts {
  readonly alerts: ReceiveAlerts;
  /** Marks a deployment. Validates the parsed body itself. */
  readonly markDeployment: (body: unknown) => Promise<Outcome<object>>;
  readonly now: () => number;
  /** Receives each problem with the thing of that name, as often as it occurs. */
  readonly problem: (name: string, why: string) => void;
  /** Counts a request that was refused because of what it is. */
  readonly refused: (reason: AdminRefusal) => void;
  /** TLS, client certificates and users of the web configuration. Without a gate every caller is admitted. */
  readonly gate?: Gate;
}

/** An admin listener; it does not listen before `listen`. */
export interface AdminListener {
  /** Starts to listen. Throws AppError if the address is not available. */
  listen(): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}

/** Admits callers with a token of the scope. Without configured tokens everybody on this host is admitted. */
function guard({ tokens }: AdminSettings, scope: AdminScope, problem: AdminListenerPorts['problem']) {
  return async (c: Context, next: Next) => {
    // Browsers send `Origin` with such requests; alert managers do not.
    if (c.req.header('origin') !== undefined) return c.text('requests from browsers are refused\n', 403);
    if (tokens.length > 0) {
      const scopes = scopesOf(tokens, c.req.header('authorization'), (file, why) =>
        problem(file, `the token cannot be used: ${why}`),
      );
      if (scopes.size === 0)
        return c.text('no valid token\n', 401, { 'WWW-Authenticate': 'Bearer realm="godrift"' });
      if (!scopes.has(scope)) return c.text(`the token lacks the scope ${scope}\n`, 403);
    }
    const type = c.req.header('content-type') ?? '';
    if (!/^application\/json\s*(?:;|$)/i.test(type))
      return c.text('the body must be application/json\n', 415);
    return await next();
  };
}

/** Status codes that count as refused requests. Unknown calls and internal errors do not count. */
const refusals: Readonly<Record<number, AdminRefusal>> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  413: 'too_large',
  415: 'unsupported',
  429: 'busy',
};

/** Returns the counters of refused requests, all 0. */
export const noRefusals = (): Record<AdminRefusal, number> =>
  Object.fromEntries(Object.values(refusals).map((reason) => [reason, 0])) as Record<AdminRefusal, number>;

/** Creates the admin listener. Throws AppError like {@link checkAdmin}. */
export function createAdminListener(settings: AdminSettings, ports: AdminListenerPorts): AdminListener {
  checkAdmin(settings);
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    const reason = refusals[c.res.status];
    if (reason !== undefined) ports.refused(reason);
  });
  const only = (scope: AdminScope) => guard(settings, scope, ports.problem);
  app.post(alertsPath, only('rollback'), limitBody(alertsLimitBytes), alertsCall(ports.alerts, ports.now));
  app.post('/api/v1/deployments', only('deployments'), limitBody(deploymentLimitBytes), async (c) =>
    answer(c, await ports.markDeployment(await bodyOf(c)), 201),
  );
  for (const path of [alertsPath, '/api/v1/deployments'])
    app.all(path, (c) => c.text('only POST\n', 405, { Allow: 'POST' }));
  app.notFound((c) => c.text('no such call\n', 404));
  app.onError((error, c) => {
    ports.problem('admin listener', `a request failed: ${error.message}`);
    return c.text('internal error\n', 500);
  });
  const makeServer = httpServerMaker({
    handle: getRequestListener(app.fetch, { hostname: 'localhost' }),
    answerMs,
    maxOpen,
    ...(ports.gate === undefined ? {} : { gate: ports.gate }),
  });
  const place = addressSpec(settings.listen, 'admin.listen');
  const servers: Server[] = [];
  return {
    listen: async () => {
      const [port] = (await listenAtAll(makeServer, [place], servers)).ports;
      return { port: port as number };
    },
    close: () => closeAll(servers, closeGraceMs),
  };
}
