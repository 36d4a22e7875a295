/** `godrift healthcheck`: asks the exporter whether it is healthy, for container images without curl. */
import { visible } from '../../catalog/visible.ts';
import { httpStatus } from '../../host/http-status.ts';
import { parseListenAddress } from '../../tell/listen-address.ts';
import { healthyPath } from '../../tell/own-paths.ts';
import { askExporter } from '../record.ts';
import { type Flags, readSettings } from '../settings/settings.ts';
import type { Terminal } from '../terminal.ts';

const limitMs = 2_000;

/**
 * Statuses for a client without TLS or credentials, or with too many requests: the listener has a web
 * configuration that was not given to this command.
 */
const closedTo: ReadonlySet<number | undefined> = new Set([400, 401, 429]);

/** Requests `/-/healthy`; returns 0 if the status is 200, else 1. */
export async function runHealthcheck(terminal: Terminal, flags: Flags): Promise<number> {
  const { webConfigFile, systemdSocket, listenAddresses, stateDirectory } = await readSettings(
    flags,
    terminal.env,
    [],
    terminal.cwd,
  );
  const say = (verdict: string, code: number) => {
    terminal.stdout.write(`${verdict}\n`);
    return code;
  };
  // The listener may need a password or a certificate, or listen on an unknown systemd socket. The admin
  // socket in the state directory needs neither.
  const isOpen = webConfigFile === '' && !systemdSocket;
  const told = isOpen ? await addressStatus(listenAddresses[0] as string) : undefined;
  if (told === 200) return say('healthy', 0);
  if (isOpen && !closedTo.has(told)) return say(`not healthy (${wordsOf(told)})`, 1);
  const status = await socketStatus(stateDirectory);
  if (status === 200) return say('healthy', 0);
  if (!isOpen) return say(`not healthy (${wordsOf(status)})`, 1);
  return say(
    `not healthy (${wordsOf(told)}, as behind a web configuration, and ${wordsOf(status)} over the socket in ${visible(stateDirectory)}; --state-directory names another one)`,
    1,
  );
}

const wordsOf = (status: number | undefined) => (status === undefined ? 'no answer' : `status ${status}`);

async function addressStatus(address: string): Promise<number | undefined> {
  const { host = '0.0.0.0', port } = parseListenAddress(address);
  const asked = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return await httpStatus(`http://${asked}:${port}${healthyPath}`, limitMs);
}

async function socketStatus(stateDirectory: string): Promise<number | undefined> {
  const answer = await askExporter(stateDirectory, { method: 'GET', path: healthyPath, answerMs: limitMs });
  return answer.ok ? answer.status : undefined;
}
