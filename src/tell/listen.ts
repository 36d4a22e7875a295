/** Listening on several addresses or inherited sockets as one listener. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { AppError } from '../catalog/errors.ts';
import { closeHttpServer } from './http/server.ts';
import { parseListenAddress } from './listen-address.ts';

export interface ListenSpec {
  /** Name for messages. */
  readonly name: string;
  /** An address, or the descriptor of a socket opened by the parent process (socket activation). */
  readonly where: { readonly host?: string; readonly port: number } | { readonly fd: number };
  /** What to do if listening fails, for the error message. */
  readonly todo: string;
}

/**
 * Returns the place for an address. `from` names the option or key to correct. Throws AppError for an invalid
 * address.
 */
export function addressSpec(address: string, from: string): ListenSpec {
  return { name: address, where: parseListenAddress(address, from), todo: `choose another one with ${from}` };
}

/** What the servers listen on. */
export interface Listening {
  /** Ports in the order of the places; sockets without a port (AF_UNIX) are left out. */
  readonly ports: readonly number[];
  /** Addresses, for messages. */
  readonly addresses: readonly string[];
}

function addressText(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return address ?? '';
  return address.family === 'IPv6'
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}

async function listenAt(server: Server, { name, where, todo }: ListenSpec): Promise<void> {
  try {
    server.listen(where);
    await once(server, 'listening');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const taken = code === 'EADDRINUSE';
    throw new AppError(
      `cannot listen on ${name}`,
      taken ? 'the port is taken' : (code ?? message),
      `${taken ? 'stop what listens there, or ' : ''}${todo}`,
    );
  }
}

/**
 * Starts a new server on each place and appends it to `servers`. Throws AppError if one fails; then none
 * listens.
 */
export async function listenAtAll(
  make: () => Server,
  places: readonly ListenSpec[],
  servers: Server[],
): Promise<Listening> {
  try {
    for (const place of places) {
      const server = make();
      await listenAt(server, place);
      servers.push(server);
    }
  } catch (error) {
    await closeAll(servers.splice(0), 0);
    throw error;
  }
  return {
    ports: servers.flatMap((server) => {
      const address = server.address();
      return address === null || typeof address === 'string' ? [] : [address.port];
    }),
    addresses: servers.map(addressText),
  };
}

/** Stops servers. Connections that are still open after `graceMs` are closed by force. */
export async function closeAll(servers: readonly Server[], graceMs: number): Promise<void> {
  await Promise.all(servers.map((server) => closeHttpServer(server, graceMs)));
}
