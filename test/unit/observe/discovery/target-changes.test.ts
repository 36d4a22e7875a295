/**
 * Reports of targets that appear and vanish: each by name at first; a storm of changes becomes a few lines,
 * whoever causes it and however long.
 */
import { expect, test } from 'vitest';
import { createTargetChanges, type TargetChange } from '../../../../src/observe/discovery/target-changes.ts';

const minute = 60_000;
type Change = 'appeared' | 'vanished';
const one = (change: Change, target: string, facets?: readonly string[]) => ({
  change,
  target,
  workspace: `/src/${target}`,
  ...(facets === undefined ? {} : { facets }),
});
const many = (change: Change, parent: string, count: number) =>
  Array.from({ length: count }, (_, index) => one(change, `${parent}/d${index}`));

test('a few changes are reported one by one, at once', () => {
  const { note, due } = createTargetChanges();
  const changes = [one('vanished', 'api', ['modules']), one('appeared', 'web')];
  expect(note(changes, 0)).toEqual(changes.map((change) => ({ type: 'target', ...change })));
  expect(due()).toBeUndefined();
});

test('many changes below one directory become one line with their number and some names; others get their own line', () => {
  const { note } = createTargetChanges();
  const lines = note([...many('vanished', 'bob', 150), one('vanished', 'zoe/api', ['env'])], 0);
  expect(lines).toEqual([
    { type: 'target', ...one('vanished', 'zoe/api', ['env']) },
    {
      type: 'target',
      ...one('vanished', 'bob/d0'),
      others: { count: 149, names: ['bob/d1', 'bob/d2', 'bob/d3', 'bob/d4'] },
    },
  ]);
});

test('targets that come and go all day are reported a few times, then once an hour; others still get their lines', () => {
  const { note, due, settle } = createTargetChanges();
  let lines = 0;
  let toldOfZoe = 0;
  for (let now = 0; now < 24 * 60 * minute; now += minute) {
    lines += note(many('vanished', 'bob', 150), now).length;
    lines += note(many('appeared', 'bob', 150), now + 1000).length;
    if (now % (4 * 60 * minute) === 0) toldOfZoe += note([one('vanished', 'zoe/api')], now + 1500).length;
  }
  expect(toldOfZoe).toBe(6);
  // Eight lines per period for the directory, and one for all waiting changes.
  expect(lines).toBeLessThanOrEqual(25 * 9);
  expect(due()).toBeDefined();
  expect(settle(24 * 60 * minute)).toMatchObject([{ change: 'appeared', others: { count: 149 } }]);
  expect(due()).toBeUndefined();
});

test('changes in ever new directories are bounded too, and targets with an open drift are named first', () => {
  const { note, settle } = createTargetChanges();
  let lines = 0;
  for (let look = 0; look < 600; look++) lines += note(many('appeared', `x${look}`, 4), look * 1000).length;
  expect(lines).toBe(20);
  note([one('vanished', 'zoe/api', ['env'])], 599_998);
  const [appeared, vanished] = settle(600_000).toReversed();
  expect(vanished).toEqual({ type: 'target', ...one('vanished', 'zoe/api', ['env']) });
  expect(appeared).toMatchObject({ change: 'appeared', others: { count: 600 * 4 - 20 - 1 } });
  // The waiting changes are bounded, but all of them are counted.
  for (let look = 0; look < 60; look++) note(many('vanished', `y${look}`, 200), 600_001);
  const all = settle(601_000);
  expect(all).toMatchObject([{ others: { count: 60 * 200 - 20 * 200 - 1 } }]);
});

test('waiting changes are reported before a change that comes after their period', () => {
  const { note } = createTargetChanges();
  for (let turn = 0; turn < 9; turn++) note([one('appeared', 'bob/a')], turn);
  const lines = note([one('vanished', 'bob/a')], 10 * minute);
  expect(lines.map(({ change }) => change)).toEqual(['appeared', 'vanished']);
});

test('a user who fills many directories takes no lines from other owners', () => {
  const { note, waiting } = createTargetChanges();
  const of = (owner: number, name: string): TargetChange => ({
    change: 'appeared',
    target: name,
    workspace: `/src/${name}`,
    owner,
  });
  for (let index = 0; index < 30; index++) note([of(1001, `bob${index}/x`)], 1_000 + index);
  expect(waiting()).toHaveLength(10);
  expect(waiting()[0]).toEqual({ target: 'bob20/x', workspace: '/src/bob20/x' });
  const zoe = of(1002, 'zoe/api');
  const { owner: _owner, ...told } = zoe;
  expect(note([zoe], 2_000)).toEqual([{ type: 'target', ...told }]);
  expect(note([{ ...zoe, change: 'vanished' }], 2_001)).toEqual([
    { type: 'target', ...told, change: 'vanished' },
  ]);
  const before = waiting();
  note([{ ...of(1001, 'bob20/x'), change: 'vanished' }], 2_002);
  expect(waiting()).toBe(before);
});
