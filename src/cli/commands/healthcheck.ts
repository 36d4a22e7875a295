/** `godrift healthcheck`: for container images without curl. */
import { httpStatus } from '../../host/http-status.ts';
import { parseListenAddress } from '../../tell/listen-address.ts';
import { askExporter } from '../record.ts';
import { type Flags, readSettings } from '../settings/settings.ts';
import type { Terminal } from '../terminal.ts';

const path = '/-/healthy';
const limitMs = 2_000;

/** Asks `/-/healthy`; 0 when the answer is 200, 1 otherwise. */
export async function runHealthcheck(terminal: Terminal, flags: Flags): Promise<number> {
  const settings = await readSettings(flags, terminal.env, [], terminal.cwd);
  // Behind a web configuration it would need a password or a certificate; on a socket of systemd, to know which. The socket of the state directory asks for neither.
  const status =
    settings.webConfigFile === '' && !settings.systemdSocket
      ? await addressStatus(settings.listenAddresses[0] as string)
      : await socketStatus(settings.stateDirectory);
  const healthy = status === 200;
  terminal.stdout.write(
    `${healthy ? 'healthy' : `not healthy (${status === undefined ? 'no answer' : `status ${status}`})`}\n`,
  );
  return healthy ? 0 : 1;
}

async function addressStatus(address: string): Promise<number | undefined> {
  const { host = '0.0.0.0', port } = parseListenAddress(address);
  const asked = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return await httpStatus(`http://${asked}:${port}${path}`, limitMs);
}

async function socketStatus(stateDirectory: string): Promise<number | undefined> {
  const answer = await askExporter(stateDirectory, { method: 'GET', path, answerMs: limitMs });
  return answer.ok ? answer.status : undefined;
}
