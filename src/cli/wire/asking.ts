/** What an exporter hears of alerts beside its socket: the admin listener over TCP, and what it polls itself. Neither unless configured. */
import { createHttpClient, type Outgoing } from '../../host/http-client.ts';
import { readMachine, systemClock } from '../../host/machine.ts';
import { systemTimer } from '../../host/timer.ts';
import { markDeployment } from '../../store/record-exemption.ts';
import { createAdminListener, noRefusals } from '../../tell/admin/admin-listener.ts';
import { checkTokenFiles } from '../../tell/admin/admin-tokens.ts';
import { parseListenAddress } from '../../tell/listen-address.ts';
import { startPolling } from '../../undo/alerts/poller.ts';
import type { Settings } from '../settings/settings.ts';
import type { Alerts } from './alerts.ts';
import type { Change } from './changes.ts';
import type { Exporter } from './exporter.ts';
import { sayOnce } from './say-once.ts';
import type { WebGates } from './web-gate.ts';

/** Ears that are open. */
export interface Asking {
  /** Where the admin listener listens; undefined where there is none. */
  readonly port?: number;
  /** Hears nothing more. */
  readonly stop: () => Promise<void>;
}

const anyHost = new Set(['', '0.0.0.0', '::']);

/** How Prometheus most likely calls this exporter: the address that it listens on, else the name of the host, with the port. */
export function ownInstance(listenAddress: string, hostname: string): string {
  const { host = '', port } = parseListenAddress(listenAddress);
  const name = anyHost.has(host) ? hostname : host;
  return `${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** Opens the ears of an exporter whose parts are there. Throws AppError for an address or a token that cannot be used. */
export async function listenForAsks(
  exporter: Exporter,
  alerts: Alerts,
  change: Change,
  { gates, outgoing }: { readonly gates: WebGates | undefined; readonly outgoing: Outgoing },
): Promise<Asking> {
  const { log } = exporter;
  const say = sayOnce(log);
  const { admin, listenAddresses } = exporter.settings;
  if (admin !== undefined) checkTokenFiles(admin.tokens);
  const refusals = noRefusals();
  if (admin !== undefined) exporter.adminRefusals = refusals;
  const listener =
    admin === undefined
      ? undefined
      : createAdminListener(admin, {
          alerts: alerts.receive,
          markDeployment: (body) =>
            change((recorder) => markDeployment(recorder, namedAfter(body, 'admin listener'))),
          now: systemClock,
          problem: (name, why) => say(name, why),
          refused: (reason) => {
            refusals[reason]++;
          },
          ...(gates === undefined ? {} : { gate: gates.admin(admin.tokens.length > 0) }),
        });
  const port = (await listener?.listen())?.port;
  if (port !== undefined) log.info({ port }, 'listening for alerts and deployments');
  const { hostname } = readMachine();
  const stopPolling = startPolling({
    settings: () => pollOf(exporter.settings, ownInstance(listenAddresses[0] as string, hostname)),
    client: createHttpClient(outgoing),
    timer: systemTimer,
    take: alerts.polled,
    problem: (why) => say('rollback.poll', why),
  });
  return {
    ...(port === undefined ? {} : { port }),
    stop: async () => void (await Promise.all([listener?.close(), stopPolling()])),
  };
}

const pollOf = ({ poll }: Settings, instance: string) =>
  poll === undefined ? undefined : { instance, ...poll };

/** A request that does not say who sends it. */
function namedAfter(body: unknown, who: string): unknown {
  return typeof body === 'object' && body !== null && !Array.isArray(body) && !('who' in body)
    ? { ...body, who }
    : body;
}
