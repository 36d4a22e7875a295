/** Facts that the exporter measures about its own process. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { measureSelf } from '../../../src/host/self.ts';

const stallMs = 300;

/** Blocks the thread, then lets due timers run. */
async function stall(): Promise<void> {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs);
  for (let turns = 0; turns < 3; turns++) await turn();
}

test('reports a stall of the event loop once', async () => {
  const facts = measureSelf();
  await stall();
  await stall();
  // A stall may be measured up to one interval (100 ms) too short.
  expect(facts().eventLoopDelayMaxSeconds).toBeGreaterThanOrEqual((stallMs - 100) / 1000);
  expect(facts().eventLoopDelayMaxSeconds).toBe(0);
});
