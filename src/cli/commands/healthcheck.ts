/** `godrift healthcheck`: for container images without curl. */
import { httpStatus } from '../../host/http-status.ts';
import { parseListenAddress } from '../../tell/listen-address.ts';
import { type Flags, readSettings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';

/** Asks `/-/healthy`; 0 when the answer is 200, 1 otherwise. */
export async function runHealthcheck(terminal: Terminal, flags: Flags): Promise<number> {
  const { listenAddress: address } = await readSettings(flags, terminal.env, [], terminal.cwd);
  const { host = '0.0.0.0', port } = parseListenAddress(address);
  const asked = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const status = await httpStatus(`http://${asked}:${port}/-/healthy`, 2_000);
  const healthy = status === 200;
  terminal.stdout.write(
    `${healthy ? 'healthy' : `not healthy (${status === undefined ? 'no answer' : `status ${status}`})`}\n`,
  );
  return healthy ? 0 : 1;
}
