/** `godrift healthcheck`: for container images without curl. */
import { visible } from '../../catalog/visible.ts';
import { httpStatus } from '../../host/http-status.ts';
import { parseListenAddress } from '../../tell/listen-address.ts';
import { healthyPath } from '../../tell/own-paths.ts';
import { askExporter } from '../record.ts';
import { type Flags, readSettings } from '../settings/settings.ts';
import type { Terminal } from '../terminal.ts';

const limitMs = 2_000;

/** What a listener says to who speaks no TLS, is no user of it, or asks too often: a web configuration is in force that was not named here. */
const closedTo: ReadonlySet<number | undefined> = new Set([400, 401, 429]);

/** Asks `/-/healthy`; 0 when the answer is 200, 1 otherwise. */
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
  // Behind a web configuration it would need a password or a certificate; on a socket of systemd, to know which. The socket of the state directory asks for neither.
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
