/** When outputs of a build cache are read again, although the clock may be set between two readings. */
import { expect, it } from 'vitest';
import {
  emptyLedger,
  type Ledger,
  outputBytes,
  outputNumbers,
  verdicts,
} from '../../../../../src/observe/collectors/cache/ledger.ts';
import { settlingMs, toRead } from '../../../../../src/observe/collectors/cache/verify.ts';

const hour = 3_600_000;
const now = Date.UTC(2026, 10, 22, 8);
const led = new Uint8Array([1]);

/** Returns a ledger with one output that was last read at `time`. */
function readAt(time: number, verdict: number): Ledger {
  const ledger = emptyLedger('1:2');
  const { outputs } = ledger;
  const output = outputs.add(new Uint8Array(32), 0);
  outputs.bytes[outputs.columns.bytes * output + outputBytes.verdict] = verdict;
  outputs.numbers[outputs.columns.numbers * output + outputNumbers.verifiedAt] = time;
  if (verdict === verdicts.suspect)
    outputs.numbers[outputs.columns.numbers * output + outputNumbers.suspectAt] = time;
  return ledger;
}

it.each([
  ['an hour ago', -1, []],
  ['half a day ago', -13, [0]],
  ['by a clock that was an hour ahead', 1, []],
  ['by a clock that was a year ahead', 8_760, [0]],
] as const)('reads an output again only when it is due: last read %s', (_, hours, list) => {
  expect(toRead(readAt(now + hours * hour, verdicts.good), led, now, false)).toEqual(list);
});

it.each([-5 * hour, -500, 0, 5 * hour])(
  'waits at most a second for a suspect output, although it was read %i ms from now',
  (ms) => {
    expect(settlingMs(readAt(now + ms, verdicts.suspect), led, now)).toBeLessThanOrEqual(1_000);
  },
);
