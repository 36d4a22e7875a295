/** Bounded waiting: until something happens, the limit passes or Ctrl-C is pressed. */
import { setTimeout as delay } from 'node:timers/promises';

const pollMs = 40;

/** Something expected did not happen in time: the demo ends with exit code 1. */
export class NotSeen extends Error {
  override readonly name = 'NotSeen';
}

/**
 * Repeats `look` until it returns a value. Throws NotSeen after `limitMs`, and an AbortError when `signal`
 * fires.
 */
export async function until<T>(
  what: string,
  limitMs: number,
  signal: AbortSignal,
  look: () => Promise<T | undefined | false>,
): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    signal.throwIfAborted();
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new NotSeen(`${what} did not come within ${limitMs / 1000} s`);
    await delay(pollMs, undefined, { signal });
  }
}

/** Returns the body of a 2xx response, or undefined. Makes one request with a timeout of two seconds. */
export async function get(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}
