import { expect, test } from 'vitest';
import { standardOutput } from '../../../src/host/standard-output.ts';

test.each([
  [{ isTTY: true, columns: 132 }, 132],
  [{ isTTY: true, columns: 0 }, 80],
  [{ columns: undefined }, undefined],
])('a stream like %j has %s columns', (stream, columns) => {
  expect(standardOutput({ on: () => {}, ...stream } as never).columns).toBe(columns);
});
