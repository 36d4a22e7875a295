/** A place to listen at, and listening at several of them as one. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { AppError } from '../catalog/errors.ts';
import { closeHttpServer } from './http/server.ts';
import { parseListenAddress } from './listen-address.ts';

export interface ListenPlace {
  /** As people are told of it. */
  readonly name: string;
  /** An address, or a socket that was opened by somebody else. */
  readonly where: { readonly host?: string; readonly port: number } | { readonly fd: number };
  /** What to do where it cannot be had. */
  readonly todo: string;
}

/** The place of an address; `from` names what to correct. Throws AppError for what is no address. */
export function addressPlace(address: string, from: string): ListenPlace {
  return { name: address, where: parseListenAddress(address, from), todo: `choose another one with ${from}` };
}

/** Servers that listen. */
export interface Listening {
  /** Ports, in the order of the places; of sockets without one (AF_UNIX) none. */
  readonly ports: readonly number[];
  /** What it listens at, as people are told. */
  readonly addresses: readonly string[];
}

function told(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return address ?? '';
  return address.family === 'IPv6'
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}

async function listenAt(server: Server, { name, where, todo }: ListenPlace): Promise<void> {
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

/** Has a new server listen at each place. Throws AppError where one cannot be had; then none listens. */
export async function listenAtAll(
  make: () => Server,
  places: readonly ListenPlace[],
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
    addresses: servers.map(told),
  };
}

/** Stops servers; connections that are still open after `graceMs` are cut. */
export async function closeAll(servers: readonly Server[], graceMs: number): Promise<void> {
  await Promise.all(servers.map((server) => closeHttpServer(server, graceMs)));
}
