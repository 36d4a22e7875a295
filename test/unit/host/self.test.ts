/** What the exporter says of its own process, against what the test does to it. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { measureSelf } from '../../../src/host/self.ts';

const stallMs = 300;

/** Holds the thread, and lets the timers that are due have their turn. */
async function stall(): Promise<void> {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs);
  for (let turns = 0; turns < 3; turns++) await turn();
}

test('tells a stall of the event loop, once', async () => {
  const facts = measureSelf();
  await stall();
  await stall();
  // Up to one interval between two measurements (100 ms) of a stall is taken for no stall.
  expect(facts().eventLoopDelayMaxSeconds).toBeGreaterThanOrEqual((stallMs - 100) / 1000);
  expect(facts().eventLoopDelayMaxSeconds).toBe(0);
});
