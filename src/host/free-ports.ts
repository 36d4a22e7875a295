/** Free TCP ports on the loopback address. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/**
 * Returns `count` different unused ports of 127.0.0.1. They are held together while being chosen and are free
 * on return, so another process may take one first: the caller retries with new ones.
 */
export async function freePorts(count: number): Promise<number[]> {
  const holders = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(holders.map((holder) => once(holder, 'listening')));
  const ports = holders.map((holder) => (holder.address() as AddressInfo).port);
  await Promise.all(holders.map((holder) => once(holder.close(), 'close')));
  return ports;
}

const attempts = 3;

/**
 * Calls `use` with `count` free ports, and retries with new ones if another process took one first,
 * recognized by the error text that every Go server prints.
 */
export async function withFreePorts<T>(
  count: number,
  use: (ports: readonly number[]) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await use(await freePorts(count));
    } catch (error) {
      const taken = error instanceof Error && error.message.includes('address already in use');
      if (!taken || attempt === attempts) throw error;
    }
  }
}
