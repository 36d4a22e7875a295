/** Waiting that ends: for something to happen, for the limit, or for Ctrl-C. */
import { setTimeout as delay } from 'node:timers/promises';

const pollMs = 40;

/** What the demo promised and did not come, or not in time: the story ends with exit code 1. */
export class NotSeen extends Error {
  override readonly name = 'NotSeen';
}

/** Repeats `look` until it gives something; throws NotSeen at the limit, and an AbortError when `signal` fires. */
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

/** The body of a 2xx answer, or undefined; asks once, for two seconds at most. */
export async function get(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}
