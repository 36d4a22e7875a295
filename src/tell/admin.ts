/** The admin API on `$STATE/admin.sock` (contract §5): reload, and the state of every target. The socket is 0600; no token. */
import http from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { TargetState } from '../drift/state.ts';
import { checkDocument } from './document.ts';

export interface AdminPorts {
  readonly version: string;
  readonly states: () => readonly TargetState[];
  /** Reloads the configuration; the one-line problem when it could not, and the old one is still in force. */
  readonly reload: () => Promise<string | undefined>;
}

/** The server of the admin API, not listening yet: the state directory's lock binds it. */
export function createAdminServer(ports: AdminPorts): http.Server {
  const app = new Hono();
  app.get('/api/v1/targets', (c) =>
    c.json(ports.states().map((state) => checkDocument(state, ports.version))),
  );
  app.post('/-/reload', async (c) => {
    const problem = await ports.reload();
    return problem === undefined ? c.text('reloaded\n') : c.text(`${problem}\n`, 400);
  });
  app.notFound((c) => c.text('no such call\n', 404));
  const server = http.createServer(
    { requestTimeout: 5_000, headersTimeout: 5_000 },
    getRequestListener(app.fetch, { hostname: 'localhost' }),
  );
  return server;
}
