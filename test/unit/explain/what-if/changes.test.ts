/** The arguments of `--set`. */
import { expect, test } from 'vitest';
import { parseChanges } from '../../../../src/explain/what-if/changes.ts';

test('parseChanges accepts a variable by its name or by its snapshot key, with the same result', () => {
  const bare = parseChanges(['GOFLAGS=-mod=mod', 'GOPROXY='], undefined);
  expect(bare).toEqual(parseChanges(['env.GOFLAGS=-mod=mod', 'env.GOPROXY='], undefined));
  expect([...bare.variables]).toEqual([
    ['GOFLAGS', '-mod=mod'],
    ['GOPROXY', ''],
  ]);
  expect(bare.given).toEqual([
    { key: 'env.GOFLAGS', value: '-mod=mod' },
    { key: 'env.GOPROXY', value: '' },
  ]);
});

test.each([
  'GOENV=/x',
  'GOROOT=/x',
  'NOPE=1',
  'env.NOPE=1',
  'goflags=-v',
  'GOFLAGS',
  '=',
  'go=1.27',
  'constructor=1',
])('parseChanges refuses %s', (setting) => {
  expect(() => parseChanges([setting], undefined)).toThrow(/^cannot use /);
});
