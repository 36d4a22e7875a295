/** The pure parts of discovery: patterns, names, and which of the found targets are observed. */
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../../src/host/digest.ts';
import {
  chooseTargets,
  compareTargets,
  type Expansion,
  type FoundPath,
  type TargetEntry,
  type TargetPrecedence,
} from '../../../../src/observe/discovery/entries.ts';
import { nameOfParts, partsOfGo } from '../../../../src/observe/discovery/names.ts';
import { matchesName, parsePattern } from '../../../../src/observe/discovery/pattern.ts';
import type { TargetSettings } from '../../../../src/observe/target.ts';

const name = (...parts: string[]) => nameOfParts(parts, sha256Hex);

describe('a pattern', () => {
  it.each([
    ['*', 'api', true],
    ['*', '.git', false],
    ['.*', '.git', true],
    ['a*c', 'abc', true],
    ['a*c', 'abcd', false],
    ['a*b*c', 'aXbXbXc', true],
    ['go1.?', 'go1.2', true],
    ['go1.?', 'go1.20', false],
    ['go?*', 'go', false],
    ['**', 'x', true],
  ])('%s matches %s: %s', (component, one, is) => {
    expect(matchesName(component, one)).toBe(is);
  });

  it('with many stars is matched against the longest name without backtracking explosion', () => {
    expect(matchesName(`${'a*'.repeat(40)}b`, 'a'.repeat(255))).toBe(false);
  });

  it('is parsed into a fixed directory and components, or into a reason for refusal', () => {
    expect(parsePattern('/src/*/backend')).toMatchObject({ fixed: '/src', rest: ['*', 'backend'] });
    expect(parsePattern('/*')).toMatchObject({ fixed: '/', rest: ['*'] });
    expect(parsePattern('/src/**/x/**')).toBe('has ** more than once');
    expect(parsePattern('/src/a**')).toContain('beside other characters');
    expect(parsePattern('/src/*/../x')).toBe('has ..');
  });
});

describe('a name', () => {
  it('is the path below the fixed part if that is a valid name', () => {
    expect(name('api')).toBe('api');
    expect(name('team', 'api.v2')).toBe('team--api.v2');
    expect(partsOfGo(['go1.26', 'bin', 'go'])).toEqual(['go1.26']);
    expect(partsOfGo(['usr', 'local', 'go', 'bin', 'go'])).toEqual(['usr', 'local', 'go']);
  });

  it('is unique for each path, and always a valid target name', () => {
    const paths = [
      ['a', 'b'],
      ['a--b'],
      ['a-', 'b'],
      ['a', '-b'],
      ['a---b'],
      ['a b'],
      ['a\nb'],
      ['a_b'],
      ['ä'],
      ['\\udcff'],
      ['.hidden'],
      ['x'.repeat(63)],
      ['x'.repeat(64)],
      ['x'.repeat(64), 'y'],
      ['-'],
    ];
    const names = paths.map((parts) => name(...parts));
    expect(new Set(names).size).toBe(paths.length);
    for (const one of names) expect(one).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
  });
});

const settings: TargetEntry['settings'] = {
  environment: { from: 'none' },
  pool: '',
  baseline: 'auto',
  pins: { goMod: 'floor', tools: {} },
  required: [],
  tools: [],
};
const entry = (label: string, go?: readonly string[]): TargetEntry => ({
  label,
  workspace: { text: '/src/*', fixed: '/src', rest: ['*'] },
  settings,
  ...(go === undefined ? {} : { go }),
});
const at = (path: string, below: readonly string[]): FoundPath => ({ path, real: path, below });
const found = (...names: string[]): Expansion => ({
  workspaces: names.map((one) => at(`/src/${one}`, [one])),
  gos: [],
  incomplete: [],
});
const choose = (
  entries: readonly (readonly [TargetEntry, Expansion])[],
  {
    named = [],
    limit = 9,
    now = [],
    stored = () => 0,
  }: { named?: TargetSettings[]; limit?: number } & Partial<TargetPrecedence> = {},
) => chooseTargets(named, entries, limit, { now, stored }, sha256Hex);
const names = (targets: readonly { readonly name: string }[]) => targets.map((one) => one.name);

describe('the targets', () => {
  it('are each go with each workspace; of two gos with one short name the first keeps the short name', () => {
    const gos = [
      at('/opt/a/go1.26/bin/go', ['go1.26', 'bin', 'go']),
      at('/opt/b/go1.26/bin/go', ['go1.26', 'bin', 'go']),
    ];
    const { targets } = choose([[entry('', ['/opt/*']), { ...found('api', 'web'), gos }]]);
    expect(targets.map(({ go }) => go)).toEqual([...gos, ...gos].map(({ path }) => path));
    expect(names(targets)[0]).toBe('api--go1.26');
    expect(names(targets)[1]).toMatch(/^api--go1.26--_opt_b_go1.26_bin_go---[0-9a-f]{16}$/);
    expect(new Set(names(targets)).size).toBe(4);
  });

  it('of an unreadable go stay if their workspace exists', () => {
    const gos = [at('/opt/go1.26/bin/go', ['go1.26', 'bin', 'go'])];
    const both = entry('', ['/opt/*/bin/go']);
    const { targets: now } = choose([[both, { ...found('api', 'web'), gos }]]);
    const incomplete = [{ directory: '/opt', reason: 'unreadable' as const }];
    const hidden = { ...found('api'), incomplete, gone: ['/src/web'] };
    expect(choose([[both, hidden]], { now }).targets).toEqual(now.slice(0, 1));
  });

  it('that are unreadable keep their path, and those that were found missing are gone', () => {
    const [was, web] = choose([[entry(''), found('api', 'web')]]).targets;
    const now = [{ ...was, found: '/mnt/api' }, web] as TargetSettings[];
    const kept = found('api').workspaces.map((one) => ({ ...one, kept: true as const }));
    const incomplete = [{ directory: '/src', reason: 'unreadable' as const }];
    const hidden = { workspaces: kept, gos: [], incomplete, gone: ['/src/web'] };
    expect(choose([[entry(''), hidden]], { now }).targets).toEqual(now.slice(0, 1));
  });

  it('from the configuration are not found again, and keep their names', () => {
    const named = [
      { ...settings, name: 'mine', workspace: '/src/api' },
      { ...settings, name: 'web', workspace: '/elsewhere' },
    ];
    const { targets, skipped } = choose([[entry(''), found('api', 'web', 'x')]], { named });
    expect(names(targets)).toEqual(['mine', 'web', 'x']);
    expect(skipped).toEqual([{ name: 'web', workspace: '/src/web', reason: 'name' }]);
  });

  it('beyond the limit are the newest ones', () => {
    const first = choose([[entry(''), found('m', 'n')]], { limit: 2 });
    const then = choose([[entry(''), found('a', 'm', 'n')]], { limit: 2, now: [...first.targets] });
    expect(names(then.targets)).toEqual(['m', 'n']);
    expect(then.skipped).toEqual([{ name: 'a', workspace: '/src/a', reason: 'limit' }]);
  });

  it('with stored state come before new ones at start, and those observed last come first', () => {
    const stored = ({ name }: { readonly name: string }) => ({ gone: 1, last: 3 })[name] ?? 0;
    const left = (limit: number) =>
      names(choose([[entry(''), found('a', 'b', 'gone', 'last')]], { limit, stored }).targets);
    expect([left(1), left(2), left(3), left(4)]).toEqual([
      ['last'],
      ['gone', 'last'],
      ['a', 'gone', 'last'],
      ['a', 'b', 'gone', 'last'],
    ]);
    // A target that is observed now keeps its place.
    const { targets: now } = choose([[entry(''), found('b')]]);
    expect(names(choose([[entry(''), found('a', 'b', 'last')]], { limit: 1, now, stored }).targets)).toEqual([
      'b',
    ]);
  });

  it.each(['observed', 'stored'])(
    'keep a name that they hold (%s) if an earlier entry finds another target of that name',
    (how) => {
      const team: readonly [TargetEntry, Expansion] = [
        entry('team'),
        { ...found(), workspaces: [at('/team/api', ['api'])] },
      ];
      const stranger: readonly [TargetEntry, Expansion] = [
        entry(''),
        { ...found(), workspaces: [at('/src/team/api', ['team', 'api'])] },
      ];
      const { targets: before } = choose([team]);
      expect(names(before)).toEqual(['team--api']);
      const holders =
        how === 'observed'
          ? { now: before }
          : {
              stored: ({ workspace }: { readonly workspace: string }) => (workspace === '/team/api' ? 3 : 0),
            };
      const { targets, skipped } = choose([stranger, team], holders);
      expect(targets).toEqual(before);
      expect(skipped).toEqual([{ name: 'team--api', workspace: '/src/team/api', reason: 'name' }]);
      // Of two new targets, the one of the first entry gets the name.
      expect(choose([stranger, team]).targets.map(({ workspace }) => workspace)).toEqual(['/src/team/api']);
    },
  );

  it('below an unreadable directory stay, since they may still exist', () => {
    const { targets: now } = choose([[entry(''), found('api', 'web')]]);
    const unread = {
      workspaces: [],
      gos: [],
      incomplete: [{ directory: '/src/api', reason: 'unreadable' }],
    } as const;
    expect(names(choose([[entry(''), unread]], { now: [...now] }).targets)).toEqual(['api']);
    // Even if another target of that name is found meanwhile.
    const other = { ...found(), workspaces: [at('/other/api', ['api'])] };
    const { targets: still } = choose(
      [
        [entry(''), other],
        [entry(''), unread],
      ],
      { now },
    );
    expect(still.map(({ workspace }) => workspace)).toEqual(['/src/api']);
    expect(names(choose([[entry(''), { ...unread, incomplete: [] }]], { now: [...now] }).targets)).toEqual(
      [],
    );
  });

  it('that appeared and vanished are told apart from those that stay', () => {
    const before = choose([[entry(''), found('api', 'web')]]).targets;
    const after = choose([[entry(''), found('web', 'x')]]).targets;
    const { came, went } = compareTargets(before, after);
    expect([names(came), names(went)]).toEqual([['x'], ['api']]);
  });
});
