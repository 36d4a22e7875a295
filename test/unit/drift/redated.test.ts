/**
 * A skipped pass updates the time of the last success, and claims nothing about collectors that did not run.
 */
import { expect, it } from 'vitest';
import type { CollectorState, TargetState } from '../../../src/drift/state.ts';
import { redated } from '../../../src/drift/step.ts';

it('redated updates lastSuccess of successful collectors only, and keeps durations', () => {
  const collectors: readonly CollectorState[] = [
    { collector: 'env', success: true, durationSeconds: 0.25, lastSuccess: 1_000 },
    { collector: 'tools', success: false, durationSeconds: 4, lastSuccess: 500, why: 'denied' },
  ];
  const before = { time: 1_000, collectors } as unknown as TargetState;
  expect(redated(before, 9_000)).toEqual({
    time: 9_000,
    collectors: [
      { collector: 'env', success: true, durationSeconds: 0.25, lastSuccess: 9_000 },
      { collector: 'tools', success: false, durationSeconds: 4, lastSuccess: 500, why: 'denied' },
    ],
  });
});
