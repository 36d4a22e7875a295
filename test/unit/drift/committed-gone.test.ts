/**
 * A committed baseline that was deleted: godrift reports it while a drift from it is open, and never replaces
 * it silently.
 */
import { expect, it } from 'vitest';
import { baselineInForce } from '../../../src/drift/baseline-in-force.ts';
import type { StoredSnapshot } from '../../../src/drift/choose-baseline.ts';
import { nothingRemembered, type Observed, type Remembered } from '../../../src/drift/step-data.ts';
import type { OpenDrift } from '../../../src/drift/transition.ts';

const entries = new Map([['env.GOOS', 'linux']]);
const committed: StoredSnapshot = { entries, time: 1 };
const seen = {
  baseline: 'auto',
  observation: { time: 5, runs: [], toolchain: { status: 'not_evaluated' } },
} as unknown as Observed;
const drift: OpenDrift = {
  since: 2,
  signature: 's',
  level: 'major',
  eventId: 'e',
  traceId: 't',
  spanId: 'p',
};
const step = (observed: Partial<Observed>, before: Remembered) =>
  baselineInForce({ ...seen, ...observed }, before, new Map([['env.GOOS', 'windows']]), (text) => text);
const drifted = (before: Remembered): Remembered => ({
  ...before,
  memory: { ...before.memory, open: { env: drift } },
});

it('a deleted committed baseline is reported as missing while a drift from it is open, and learning stops meanwhile', () => {
  const learned = { entries, time: 1 };
  const first = step({ committed }, { ...nothingRemembered, learned });
  expect(first.baseline).toMatchObject({ kind: 'pinned', committed: true });
  let { learnt } = first;
  for (let pass = 0; pass < 5; pass++) {
    const gone = step({}, drifted(learnt));
    expect(gone).toMatchObject({
      baseline: { kind: 'none' },
      findings: [
        {
          rule: 'baseline-missing',
          level: 'major',
          repair: expect.stringContaining('restore .godrift.snapshot'),
        },
      ],
    });
    expect(gone.learnt.learner).toEqual(learnt.learner);
    ({ learnt } = gone);
  }
  expect(step({ committed }, drifted(learnt))).toMatchObject({ baseline: { committed: true }, findings: [] });
});

it('a deleted committed baseline is not reported without an open drift, or if another baseline was accepted or is used', () => {
  const { learnt } = step({ committed }, nothingRemembered);
  expect(step({}, learnt)).toMatchObject({ baseline: { kind: 'none' }, findings: [] });
  const accepted = { entries, time: 3, fingerprint: 'f' };
  expect(step({ accepted }, drifted(learnt))).toMatchObject({
    baseline: { source: 'accepted' },
    findings: [],
  });
  // With baseline `learned`, the committed file is not used.
  expect(step({ baseline: 'learned' }, drifted(learnt)).findings).toEqual([]);
});
