/** Parses listen addresses in the syntax of `--web.listen-address`. */
import { AppError } from '../catalog/errors.ts';

/**
 * Parses `host:port`, `[::1]:port` or `:port` (all interfaces). `from` names the option or key to correct.
 * Throws AppError.
 */
export function parseListenAddress(
  address: string,
  from = '--web.listen-address',
): { readonly host?: string; readonly port: number } {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:\s]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535)
    throw new AppError(`cannot listen on ${address}`, 'it is no host:port', `correct ${from}`);
  const host = match[1] ?? match[2];
  return { ...(host ? { host } : {}), port };
}
