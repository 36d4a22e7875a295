// Waiting in tests: for a condition, never for a fixed time.
import { setTimeout as delay } from 'node:timers/promises';

/**
 * The longest time that a test waits for anything, ms. Since it never slows down a passing test, it is many
 * times what the slowest machine needs (one core, shared with a build). It is shorter than the timeout in
 * vitest.config.ts, so that the error names what is missing.
 */
export const patienceMs = 300_000;

/**
 * Repeats `look` until it returns a value other than `undefined` and `false`. Throws after `patienceMs`, with
 * the last failure.
 */
export async function eventually<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    let last = '';
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = `: ${String(error)}`;
    }
    if (performance.now() > end) throw new Error(`${what} did not happen within ${patienceMs} ms${last}`);
    await delay(25);
  }
}
