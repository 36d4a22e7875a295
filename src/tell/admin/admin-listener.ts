/**
 * The admin listener (contract §5): what alert managers and deployments call over TCP. It takes orders, so it is off unless configured, listens beyond this host
 * with tokens only, and has no more than these two calls. Whoever browses the web on this host cannot be made to call it: what browsers send is refused.
 */
import type { Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type Context, Hono, type Next } from 'hono';
import { alertsPath } from '../../catalog/spans.ts';
import type { AdminRefusal } from '../../drift/state.ts';
import type { Outcome } from '../../store/record-exemption.ts';
import { type Gate, httpServerMaker } from '../http/server.ts';
import { addressPlace, closeAll, listenAtAll } from '../listen-place.ts';
import { answer, bodyOf } from './admin.ts';
import { type AdminScope, type AdminSettings, checkAdmin, scopesOf } from './admin-tokens.ts';
import { alertsCall, alertsLimitBytes, limitBody, type ReceiveAlerts } from './alerts-call.ts';

const deploymentLimitBytes = 64 * 1024;
/** The work is done afterwards: an answer takes as long as the journal. */
const answerMs = 30_000;
/** How long open requests may go on when the listener stops. */
const closeGraceMs = 1_000;
/** Requests that may be open: each may hold a whole message. */
const maxOpen = 16;

/** What it answers with. */
export interface AdminListenerPorts {
  readonly alerts: ReceiveAlerts;
  /** Marks a deployment from a parsed body, which it checks itself. */
  readonly markDeployment: (body: unknown) => Promise<Outcome<object>>;
  readonly now: () => number;
  /** What is wrong with something of that name, as often as it is met. */
  readonly problem: (name: string, why: string) => void;
  /** Told of each request that is refused for what it is. */
  readonly refused: (reason: AdminRefusal) => void;
  /** TLS, client certificates, users: by the web configuration. Everybody who reaches it is let in without. */
  readonly gate?: Gate;
}

/** A listener that does not listen yet. */
export interface AdminListener {
  /** Throws AppError when the address cannot be had. */
  listen(): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}

/** Only whoever has a token of that scope goes on; without configured tokens everybody on this host. */
function guard({ tokens }: AdminSettings, scope: AdminScope, problem: AdminListenerPorts['problem']) {
  return async (c: Context, next: Next) => {
    // Every browser names the page that has it send something; no alert manager does.
    if (c.req.header('origin') !== undefined) return c.text('browsers are not answered\n', 403);
    if (tokens.length > 0) {
      const scopes = scopesOf(tokens, c.req.header('authorization'), (file, why) =>
        problem(file, `the token cannot be used: ${why}`),
      );
      if (scopes.size === 0)
        return c.text('no valid token\n', 401, { 'WWW-Authenticate': 'Bearer realm="godrift"' });
      if (!scopes.has(scope)) return c.text(`the token has not the scope ${scope}\n`, 403);
    }
    const type = c.req.header('content-type') ?? '';
    if (!/^application\/json\s*(?:;|$)/i.test(type))
      return c.text('the body is to be application/json\n', 415);
    return await next();
  };
}

/** What of an answer is counted; calls that there are not, and failures of our own, are none. */
const refusals: Readonly<Record<number, AdminRefusal>> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  413: 'too_large',
  415: 'unsupported',
  429: 'busy',
};

/** No request was refused yet. */
export const noRefusals = (): Record<AdminRefusal, number> =>
  Object.fromEntries(Object.values(refusals).map((reason) => [reason, 0])) as Record<AdminRefusal, number>;

/** Makes the listener. Throws AppError as {@link checkAdmin} does. */
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
  const place = addressPlace(settings.listen, 'admin.listen');
  const servers: Server[] = [];
  return {
    listen: async () => {
      const [port] = (await listenAtAll(makeServer, [place], servers)).ports;
      return { port: port as number };
    },
    close: () => closeAll(servers, closeGraceMs),
  };
}
