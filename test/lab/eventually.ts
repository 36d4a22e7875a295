// Waiting in tests: for a condition, never for a time.
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Longest time for anything that a test waits for, in milliseconds. It never makes a test slower that passes, so it is many times what the
 * slowest machine needs: one core, shared with a build. Shorter than what vitest.config.ts gives a test, so that the wait says what is missing.
 */
export const patienceMs = 300_000;

/** Repeats until the answer is there; the last failure is the error. `undefined` and `false` are no answer. */
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
