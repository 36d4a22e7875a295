/** What `--set` takes. */
import { expect, test } from 'vitest';
import { parseChanges } from '../../../../src/explain/what-if/changes.ts';

test('a variable is taken by its bare name or as a key of a snapshot, and reported alike', () => {
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
])('%s is refused', (setting) => {
  expect(() => parseChanges([setting], undefined)).toThrow(/^cannot use /);
});
