/** `godrift healthcheck`: for container images without curl. */
import { AppError } from '../../catalog/errors.ts';
import { httpStatus } from '../../host/http-status.ts';
import { type Flags, readSettings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';

/** Asks `/-/healthy`; 0 when the answer is 200, 1 otherwise. */
export async function runHealthcheck(terminal: Terminal, flags: Flags): Promise<number> {
  const { listenAddress: address } = await readSettings(flags, terminal.env, [], terminal.cwd);
  const match = /^(.*):(\d+)$/.exec(address);
  if (match === null)
    throw new AppError(`cannot ask ${address}`, 'it is no host:port', 'correct --web.listen-address');
  const host =
    match[1] === '' || match[1] === '0.0.0.0' || match[1] === '[::]' ? '127.0.0.1' : (match[1] as string);
  const status = await httpStatus(`http://${host}:${match[2]}/-/healthy`, 2_000);
  const healthy = status === 200;
  terminal.stdout.write(
    `${healthy ? 'healthy' : `not healthy (${status === undefined ? 'no answer' : `status ${status}`})`}\n`,
  );
  return healthy ? 0 : 1;
}
