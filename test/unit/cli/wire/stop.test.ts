import { afterEach, describe, expect, it, vi } from 'vitest';
import { stopLimits, within } from '../../../../src/cli/wire/stop.ts';

afterEach(() => vi.useRealTimers());

describe('stopping', () => {
  it('takes less than three seconds, whichever part hangs', () => {
    const { loop, audits, outbox, exit } = stopLimits;
    expect(loop + audits + outbox).toBeLessThan(exit);
    expect(exit).toBeLessThan(3_000);
  });

  it('waits until the work succeeds or fails, and not longer than the limit', async () => {
    vi.useFakeTimers();
    await within(1_000, Promise.resolve());
    await within(1_000, Promise.reject(new Error('it failed')));
    expect(vi.getTimerCount()).toBe(0);
    let over = false;
    const waited = within(1_000, new Promise(() => {})).then(() => {
      over = true;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(over).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(over).toBe(true);
    await waited;
  });
});
