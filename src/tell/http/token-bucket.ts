/**
 * A token bucket (`rate_limit` of a web configuration): allows `burst` requests at once and one more each
 * interval.
 */
import type { RateLimit } from './web-settings.ts';

/** Reports whether a request at `now` (ms) may pass, and takes a token if so. */
export type Bucket = (now: number) => boolean;

/** Returns a full bucket. */
export function tokenBucket({ intervalMs, burst }: RateLimit): Bucket {
  let tokens = burst;
  let filledAt: number | undefined;
  return (now) => {
    tokens = Math.min(burst, tokens + (now - (filledAt ?? now)) / intervalMs);
    filledAt = now;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}
