import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '../../../../src/tell/http/retry-after.ts';

describe('retryAfterMs', () => {
  const now = Date.UTC(2026, 10, 22, 8);
  it.each([
    [null, undefined],
    [undefined, undefined],
    ['3', 3_000],
    [' 3 ', 3_000],
    ['0', 0],
    ['0.5', 500],
    ['-5', undefined],
    ['Sun, 22 Nov 2026 08:00:05 GMT', 5_000],
    ['Sunday, 22-Nov-26 08:00:05 GMT', 5_000],
    ['Sun, 22 Nov 2026 07:00:00 GMT', 0],
    ['soon', undefined],
    // Date.parse makes a year of these.
    ['in 5', undefined],
    ['2030', 2_030_000],
    ['1e3', undefined],
    ['', undefined],
  ])('%s', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });
});
