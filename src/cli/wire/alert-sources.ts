/**
 * Alert sources other than the admin socket: the admin listener over TCP and polling. Both are off unless
 * configured.
 */
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
import { warnOnce } from './warn-once.ts';
import type { WebGates } from './web-gate.ts';

/** The open alert sources of an exporter. */
export interface AlertSources {
  /** The TCP port of the admin listener; undefined if none is configured. */
  readonly port?: number;
  /** Closes the listener and stops polling. */
  readonly stop: () => Promise<void>;
}

const anyHost = new Set(['', '0.0.0.0', '::']);

/**
 * Guesses the `instance` label that Prometheus gives this exporter: the listen address, with the host's name
 * in place of a wildcard (`'0.0.0.0:9464' → 'build-7:9464'`).
 */
export function ownInstance(listenAddress: string, hostname: string): string {
  const { host = '', port } = parseListenAddress(listenAddress);
  const name = anyHost.has(host) ? hostname : host;
  return `${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/**
 * Opens the alert sources that are configured. Throws AppError if an address or a token file cannot be used.
 */
export async function openAlertSources(
  exporter: Exporter,
  alerts: Alerts,
  change: Change,
  { gates, outgoing }: { readonly gates: WebGates | undefined; readonly outgoing: Outgoing },
): Promise<AlertSources> {
  const { log } = exporter;
  const say = warnOnce(log);
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

/** Adds `who` to a request body that does not name its sender. */
function namedAfter(body: unknown, who: string): unknown {
  return typeof body === 'object' && body !== null && !Array.isArray(body) && !('who' in body)
    ? { ...body, who }
    : body;
}
