import { expect, test } from 'vitest';
import { durationOf } from '../../../src/cli/given-options.ts';

test('a bad duration is reported with its option name in kebab case', () => {
  expect(durationOf({ confirmWithin: '90s' }, 'confirmWithin')).toBe(90_000);
  for (const wrong of ['banana', '0s', ''])
    expect(() => durationOf({ confirmWithin: wrong }, 'confirmWithin')).toThrow(
      'cannot use --confirm-within: ',
    );
});
