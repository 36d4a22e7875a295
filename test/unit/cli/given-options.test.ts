import { expect, test } from 'vitest';
import { durationOf } from '../../../src/cli/given-options.ts';

test('a duration is told by the name of its option as people write it', () => {
  expect(durationOf({ confirmWithin: '90s' }, 'confirmWithin')).toBe(90_000);
  for (const wrong of ['banana', '0s', ''])
    expect(() => durationOf({ confirmWithin: wrong }, 'confirmWithin')).toThrow(
      'cannot use --confirm-within: ',
    );
});
