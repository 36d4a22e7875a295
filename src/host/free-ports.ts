/** Free TCP ports on the loopback address. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/**
 * `count` different ports of 127.0.0.1 that nobody listens on. They are held together while they are chosen and free when this
 * returns, so another process may still be faster: who starts a server there tries again with new ones.
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
 * Calls `use` with `count` free ports, again with new ones when another process was faster and took one (what the error says
 * then is the same for every Go server).
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
