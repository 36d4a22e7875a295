/**
 * The facet `modules`: entries, weights of changes, levels of overrides, and comparing incomplete snapshots.
 */
import { describe, expect, it } from 'vitest';
import { type Facet, facets } from '../../../src/catalog/facets.ts';
import { comparable, diffFacets } from '../../../src/drift/compare.ts';
import { findConflicts } from '../../../src/drift/conflicts/index.ts';
import { weighChange } from '../../../src/drift/distance.ts';
import { unsettledKey } from '../../../src/drift/entries.ts';
import {
  type ModulesFacts,
  modulesEntries,
  modulesState,
  overrideLevel,
} from '../../../src/drift/facets/modules.ts';
import type { EnvFacts, Observation } from '../../../src/drift/model.ts';
import { local, worldOf } from './conflicts/world.ts';

const facts: ModulesFacts = {
  source: 'go',
  state: 'complete',
  list: [
    { path: 'example.com/a', version: 'v1.0.0', sum: 'h1:a=' },
    { path: 'example.com/b', version: 'v1.0.0', replacement: { path: '/src/app/b' } },
    {
      path: 'example.com/c',
      version: 'v1.0.0',
      sum: 'h1:f=',
      replacement: { path: 'example.com/fork', version: 'v1.2.0' },
    },
    { path: 'example.com/d', version: 'v1.0.0' },
    { path: 'example.com/e', version: 'v1.0.0', replacement: { path: '../e', digest: 'sha256:5' } },
  ],
  goMod: 'sha256:1',
  mainModule: 'example.com/app',
  vendor: { directory: '/src/app/vendor', present: true, problems: [], unlisted: [] },
  overrides: [],
  problems: [],
  sums: [],
  unavailable: [],
  tools: [],
  extracted: { verified: 1, plausible: 2, pending: 3, absent: 4, unverifiable: 5, edited: [] },
};

describe('entries', () => {
  it('are portable, with the checksum of the module that is built', () => {
    expect(modulesEntries(facts, { workspace: '/src/app' })).toEqual([
      ['modules.example.com/a', 'v1.0.0 h1:a='],
      ['modules.example.com/b', 'v1.0.0 => $WORKSPACE/b'],
      ['modules.example.com/c', 'v1.0.0 => example.com/fork v1.2.0 h1:f='],
      ['modules.example.com/d', 'v1.0.0'],
      ['modules.example.com/e', 'v1.0.0 => ../e sha256:5'],
      ['modules.go_mod', 'sha256:1'],
      ['modules.main_module', 'example.com/app'],
    ]);
    expect(modulesState(facts)).toMatchObject({
      modules: 5,
      extracted: { verified: 1, edited: 0, unverified: 10 },
    });
  });

  it.each([
    ['v1.0.0', 'v1.0.0 h1:a=', 'patch'],
    ['v1.0.0 => ../m sha256:1', 'v1.0.0 => ../m sha256:2', 'major'],
    ['v1.0.0 => ../m', 'v1.0.0 => ../m sha256:2', 'patch'],
    ['v1.0.0 h1:a=', 'v1.0.0', 'patch'],
    ['v1.0.0 h1:a=', 'v1.0.0 h1:b=', 'major'],
    ['v1.0.0 => x v1.0.0 h1:a=', 'v1.0.0 => x v1.0.1 h1:b=', 'patch'],
    ['v1.0.0 => x v1.0.0 h1:a=', 'v1.0.0 => x v1.1.0 h1:b=', 'minor'],
    ['v1.0.0 => x v1.0.0 h1:a=', 'v1.0.0 => y v1.0.0 h1:a=', 'major'],
    ['v1.0.0 => ../x', 'v1.1.0 => ../x', 'minor'],
    ['v1.0.0 => ../x', 'v1.0.0', 'major'],
  ])('%s to %s is %s', (old, value, level) => {
    expect(weighChange({ key: 'modules.example.com/a', old, new: value }, new Set()).level).toBe(level);
  });

  it('weigh nothing for a vendor tree that changes with go.mod', () => {
    const change = { key: 'modules.vendor', old: 'a', new: 'b' };
    expect(weighChange(change, new Set()).level).toBe('major');
    expect(weighChange(change, new Set(['modules.go_mod'])).level).toBe('none');
  });
});

describe('imports that no module provides', () => {
  const missing = (name: string, switchedOff?: string) => ({
    package: name,
    neededBy: 'example.com/app',
    origin: { path: '/src/app/a.go', line: 0 },
    ...(switchedOff === undefined ? {} : { switchedOff }),
  });
  const unavailableFindings = (modules: Partial<ModulesFacts>, baselineHasWork = false) =>
    findConflicts({ workspace: '/src/app', modules: { ...facts, ...modules }, baselineHasWork })
      .filter(({ rule }) => rule === 'module-unavailable')
      .map(({ key, level, summary, repair }) => ({ key, level, summary, repair }));

  it('are reported once per cause, with the number of the others', () => {
    const unprovided = [
      missing('example.org/x'),
      missing('example.com/lib', '/src/go.work'),
      missing('example.org/y'),
    ];
    expect(unavailableFindings({ unprovided })).toEqual([
      {
        key: 'env.GOWORK',
        level: 'major',
        summary: expect.stringContaining('example.com/lib: /src/go.work uses the module that provides it'),
        repair: expect.any(String),
      },
      {
        key: 'modules.example.org/x',
        level: 'major',
        summary:
          'go cannot build example.com/app, which imports example.org/x (and 1 more): go.mod requires no module that provides it',
        repair: expect.stringContaining('go get example.org/x'),
      },
    ]);
  });

  it('without a dot are reported as missing from the standard library, or by toolchain-partial for an incomplete tree', () => {
    const unprovided = [missing('slices')];
    expect(unavailableFindings({ unprovided })).toMatchObject([
      {
        summary: expect.stringMatching(/imports slices: its standard library lacks it, and go\.mod/),
        repair: expect.stringMatching(/^build with a Go whose standard library has it, or restore/),
      },
    ]);
    const { toolchain } = worldOf({ toolchain: { local: { ...local, partial: 'no src/slices' } } });
    const found = findConflicts({
      workspace: '/src/app',
      modules: { ...facts, unprovided },
      ...(toolchain === undefined ? {} : { toolchain }),
    });
    expect(found.map(({ rule }) => rule)).toContain('toolchain-partial');
    expect(found.map(({ rule }) => rule)).not.toContain('module-unavailable');
  });

  it('are repaired by restoring the go.work that the baseline had', () => {
    const unprovided = [missing('example.org/x')];
    expect(unavailableFindings({ unprovided }, true)[0]?.repair).toMatch(/^restore go\.work/);
    const work = { path: '/src/go.work', named: false };
    expect(unavailableFindings({ unprovided, work }, true)[0]).toMatchObject({
      summary: expect.stringMatching(/: no go\.mod that go\.work uses requires a module that provides it$/),
      repair: expect.stringMatching(/^restore the line/),
    });
  });

  it.each(['modules.go_mod', 'modules.go_work'])(
    'a change of %s that follows GOWORK weighs nothing',
    (key) => {
      const change = { key, old: 'a', new: 'b' };
      expect(weighChange(change, new Set()).level).toBe('patch');
      expect(weighChange(change, new Set(['env.GOWORK'])).level).toBe('none');
    },
  );
});

describe('the level of an override', () => {
  it.each([
    ['v1.0.0', { version: 'v1.0.1' }, 'patch'],
    ['v1.0.0', { version: 'v1.1.0' }, 'minor'],
    ['v0.1.0', { version: 'v1.0.0' }, 'major'],
    ['v1.0.0', {}, 'major'],
    ['v1.0.0', { version: 'v1.0.0', replacement: { path: '../a' } }, 'patch'],
    ['v1.5.0', { version: 'v1.5.0', replacement: { path: 'example.com/fork', version: 'v0.0.1' } }, 'patch'],
    ['v1.5.0', { version: 'v1.5.0', replacement: { path: 'example.com/a', version: 'v1.4.0' } }, 'minor'],
  ] as const)('%s against %j is %s', (declared, built, level) => {
    expect(overrideLevel('example.com/a', declared, built)).toBe(level);
  });
});

describe('comparable', () => {
  const observation = (unsettled?: readonly string[]) =>
    ({
      ...Object.fromEntries(facets.map((facet) => [facet, { status: 'absent', why: '' }])),
      modules: { status: 'ok', facts, ...(unsettled === undefined ? {} : { unsettled }) },
    }) as unknown as Observation;
  const entriesOf = (
    rows: Readonly<Record<string, string>>,
  ): ReadonlyMap<Facet, ReadonlyMap<string, string>> => new Map([['modules', new Map(Object.entries(rows))]]);
  const mark = { [unsettledKey('modules')]: 'modules.*' };

  it.each([
    ['both complete', {}, undefined, ['modules.gone', 'modules.new']],
    ['only the current snapshot incomplete', {}, ['modules.*'], ['modules.new']],
    ['only the earlier snapshot incomplete', mark, undefined, ['modules.gone']],
    ['both incomplete', mark, ['modules.*'], []],
  ] as const)(
    'with %s keeps the additions and removals that are certain',
    (_, marks, unsettled, differing) => {
      const before = entriesOf({
        'modules.same': 'v1',
        'modules.gone': 'v1',
        'modules.moved': 'v1',
        ...marks,
      });
      const after = entriesOf({
        'modules.same': 'v1',
        'modules.new': 'v1',
        'modules.moved': 'v2',
        ...(unsettled ? mark : {}),
      });
      const compared = comparable(before, after, observation(unsettled));
      const diff = diffFacets(compared.before, compared.after).get('modules');
      const keys = [...(diff?.added ?? []), ...(diff?.removed ?? [])].map(({ key }) => key).sort();
      expect(keys).toEqual(differing);
      // Entries in both snapshots are always compared.
      expect(diff?.changed.map(({ key }) => key)).toEqual(['modules.moved']);
    },
  );
});

describe('entries that come from files of the project', () => {
  it.each(['go_mod', 'go_work', 'main_module', 'vendor'])(
    'modules.%s is added and removed even if the module list is incomplete',
    (name) => {
      const observation = {
        ...Object.fromEntries(facets.map((facet) => [facet, { status: 'absent', why: '' }])),
        modules: { status: 'ok', facts, unsettled: ['modules.*'] },
      } as unknown as Observation;
      const mark = [unsettledKey('modules'), 'modules.*'] as const;
      const key = `modules.${name}`;
      const [without, having] = [new Map([mark]), new Map([mark, [key, 'sha256:1']])];
      const compared = (old: typeof having, now: typeof having) =>
        comparable(new Map([['modules', old]]), new Map([['modules', now]]), observation);
      const { before, after } = compared(without, having);
      expect(
        diffFacets(before, after)
          .get('modules')
          ?.added.map((one) => one.key),
      ).toEqual([key]);
      const back = compared(having, without);
      expect(
        diffFacets(back.before, back.after)
          .get('modules')
          ?.removed.map((one) => one.key),
      ).toEqual([key]);
    },
  );
});

describe('goflags-vendor', () => {
  const findingsFor = (vendor: Partial<NonNullable<ModulesFacts['vendor']>>) => {
    const whole = { directory: '/src/app/vendor', present: true, problems: [], unlisted: [], ...vendor };
    const world = { workspace: '/src/app', modules: { ...facts, overrides: [], vendor: whole } };
    return findConflicts(world).filter(({ rule }) => rule === 'goflags-vendor');
  };
  const lost = [
    { package: 'example.com/b', neededBy: 'example.com/a' },
    { package: 'example.com/c', neededBy: 'example.com/a' },
  ];

  it('names a package without Go files and its importer', () => {
    expect(findingsFor({ lost })[0]?.summary).toBe(
      'vendor/modules.txt lists example.com/b, and 1 more, and vendor/example.com/b holds no Go file: go cannot build example.com/a, which imports it',
    );
    expect(findingsFor({ lost: [] })).toEqual([]);
  });

  it('reports a problem that stops every command first', () => {
    const [finding, ...others] = findingsFor({ lost, problems: ['example.com/a: is explicitly required'] });
    expect(others).toEqual([]);
    expect(finding?.summary).toContain('inconsistent vendoring');
  });
});

describe('requirement-overridden', () => {
  const findingFor = (more: Partial<ModulesFacts['overrides'][number]>, GOFLAGS = '') => {
    const override = {
      path: 'example.com/low',
      declared: 'v1.0.0',
      selected: 'v1.0.1',
      cause: 'selection',
      level: 'patch',
      origin: { path: '/src/app/go.mod', line: 5 },
      ...more,
    } as const;
    const variables = new Map([
      ['GOFLAGS', { name: 'GOFLAGS', value: GOFLAGS, origin: { kind: 'process' as const }, shadows: [] }],
    ]);
    const world = {
      workspace: '/src/app',
      env: {
        variables,
        goenv: { path: '', state: 'absent' as const, lines: [], ignored: [] },
        present: new Set<string>(),
      } satisfies EnvFacts,
      modules: { ...facts, overrides: [override] },
    };
    return findConflicts(world).filter(({ rule }) => rule === 'requirement-overridden')[0];
  };

  it('reports whether builds fail', () => {
    expect(findingFor({ stops: true, level: 'major' })).toMatchObject({
      level: 'major',
      summary: expect.stringContaining('every build fails with "updates to go.mod needed"'),
    });
    expect(findingFor({})?.summary).toContain('builds pass');
    expect(findingFor({}, '-mod=mod')?.summary).toContain('go writes that into go.mod');
  });

  it('names the requirement that go.mod lost and its importer', () => {
    const finding = findingFor({ cause: 'lost', declared: '', stops: true, neededBy: 'example.com/top' });
    expect(finding).toMatchObject({
      expected: 'v1.0.1',
      repair: 'go mod edit -require=example.com/low@v1.0.1, or go mod tidy',
      summary: expect.stringContaining('which example.com/top imports from'),
    });
    expect(finding).not.toHaveProperty('actual');
  });
});
