/** The rule of what a command may change, as a table: kinds of commands beside what is known of the world after each. */
import { describe, expect, it } from 'vitest';
import { findConflicts } from '../../../src/drift/conflicts/index.ts';
import type { World } from '../../../src/drift/conflicts/rule.ts';
import type { ModulesFacts } from '../../../src/drift/facets/modules.ts';
import type { Finding, Fix } from '../../../src/drift/model.ts';
import { settledFixes } from '../../../src/drift/settled-fixes.ts';
import { goenvOrigin, noModules, type Parts, worldOf } from './conflicts/world.ts';

const finding = (fix: Fix): Finding => ({
  kind: 'conflict',
  rule: 'x',
  facet: 'env',
  level: 'minor',
  key: 'x',
  summary: 's',
  repair: 'r',
  fix,
});

/** Why a command is none in a world, `''` where it is one. */
function why(world: World, fix: Fix): string {
  const [held] = settledFixes([finding(fix)], { world, conflictsOf: findConflicts });
  if (held?.fix !== undefined) return '';
  return /^r \(by hand: (.*)\)$/s.exec(held?.repair ?? '')?.[1] ?? 'no reason';
}

const sum = 'h1:x';
const here = { path: 'example.com/a', version: 'v1.0.0', sum };
const extracted = { verified: 1, plausible: 0, pending: 0, absent: 0, unverifiable: 0, edited: [] };
/** Every module is in the module cache and in go.sum. */
const whole: ModulesFacts = { ...noModules, list: [here], extracted };
/** The modules are in no cache, and go.sum has them. */
const away: ModulesFacts = { ...whole, extracted: { ...extracted, absent: 1, verified: 0 } };
const unrecorded: ModulesFacts = {
  ...whole,
  sums: [{ module: 'example.com/a@v1.0.0', kind: 'unrecorded', origin: { path: '/go.work.sum', line: 0 } }],
};

const worlds: Readonly<Record<string, (parts: Parts) => World>> = {
  nothing: (parts) => {
    const { modules: _, ...world } = worldOf(parts);
    return world;
  },
  unjudged: (parts) => ({ ...worldOf(parts), modules: whole, modulesUnjudged: 'a limit' }),
  incomplete: (parts) => ({ ...worldOf(parts), modules: { ...whole, state: 'incomplete' } }),
  unrecorded: (parts) => ({ ...worldOf(parts), modules: unrecorded }),
  away: (parts) => ({ ...worldOf(parts), modules: away }),
  whole: (parts) => ({ ...worldOf(parts), modules: whole }),
  'no modules': (parts) => worldOf(parts),
};
const all = Object.keys(worlds);

/** A variable, its value, and the worlds in which taking it away is a command. */
const table: readonly (readonly [name: string, value: string, known: readonly string[]])[] = [
  ['GO111MODULE', 'off', []],
  ['GOWORK', '/elsewhere/go.work', []],
  ['GOENV', '/elsewhere/env', []],
  ['GOCACHE', '/cache', []],
  ['GOTMPDIR', '/tmp', []],
  ['GOROOT', '/elsewhere', []],
  ['NOSUCHGO', '1', []],
  ['GOSUMDB', 'off', ['away', 'whole', 'no modules']],
  ['GONOSUMDB', 'corp.example', ['away', 'whole', 'no modules']],
  ['GOPRIVATE', 'corp.example', ['whole', 'no modules']],
  ['GONOPROXY', 'corp.example', ['whole', 'no modules']],
  ['GOINSECURE', 'corp.example', ['whole', 'no modules']],
  ['GOPROXY', 'http://127.0.0.1:1', ['whole', 'no modules']],
  ['GOPROXY', 'off', all],
  ['GOVCS', 'public:git', ['whole', 'no modules']],
  ['GOPATH', '/elsewhere', ['no modules']],
  ['GOMODCACHE', '/elsewhere', ['no modules']],
  ['GOEXPERIMENT', 'jsonv2', ['whole', 'no modules']],
  ['GOAMD64', 'v3', ['whole', 'no modules']],
  ['CGO_ENABLED', '1', ['whole', 'no modules']],
  ['CC', 'clang', []],
  ['CGO_CFLAGS', '-O1', []],
  ['GOFLAGS', '-modfile=alt.mod', []],
  ['GOFLAGS', '-mod=mod', all.filter((name) => !['nothing', 'unjudged'].includes(name))],
  ['GOFLAGS', '-tags=a', ['whole', 'no modules']],
  ['GOFLAGS', '-buildvcs=false', []],
  ['GOFLAGS', '-overlay=o.json', []],
  ['GOFLAGS', '-p=2 -ldflags=-s', all],
  ['GOFLAGS', "'-ldflags=-s -w' -gcflags=all=-N", all],
  ['GOFLAGS', '-ldflags=-checklinkname=0', []],
  ['GOFLAGS', '-gcflags=-lang=go1.24', []],
  ['GOFLAGS', '-asmflags=-D=FOO', []],
  ['GOFLAGS', '-vet=off', []],
  ['GOFLAGS', '-short', []],
  ['GODEBUG', 'embedfollowsymlinks=1', []],
  ['GOBIN', '/bin', all],
];

const env = { compilerFound: true };

describe.each([
  [
    'unset',
    (name: string, value: string): [Parts, Fix] => [
      { env, process: { [name]: value } },
      { action: 'unset', name },
    ],
  ],
  [
    'remove-line',
    (name: string, value: string): [Parts, Fix] => [
      { env, goenv: { [name]: value } },
      { action: 'remove-line', name, path: goenvOrigin.path ?? '', line: 3 },
    ],
  ],
])('%s', (_, made) => {
  it.each(table)('%s=%s', (name, value, known) => {
    const [parts, fix] = made(name, value);
    expect(all.filter((one) => why(worlds[one]?.(parts) ?? worldOf(), fix) === '')).toEqual(known);
  });

  it('of a value with which nothing passes is a command, whatever comes then', () => {
    for (const [name, value] of [
      ['GO111MODULE', 'maybe'],
      ['GOFLAGS', '-nosuch'],
      ['GOPROXY', 'xx'],
      ['GOEXPERIMENT', 'nosuch'],
    ] as const) {
      const [parts, fix] = made(name, value);
      for (const one of all) expect(why(worlds[one]?.(parts) ?? worldOf(), fix), `${name} ${one}`).toBe('');
    }
  });
});

describe('prepend-path', () => {
  const bin = '/sdk/bin';
  const fix: Fix = { action: 'prepend-path', directory: bin };
  const goroot = { GOPROXY: 'file:///mirror' };
  const withTree = (part: object, one = 'away', more: Parts = {}): World => {
    const installed = [{ version: '1.26.8', bin, shipped: 'auto', ...part }];
    const world = (worlds[one] ?? worldOf)({ ...more, toolchain: { installed, ...more.toolchain } });
    const variables = new Map(world.env?.variables);
    for (const [name, value] of Object.entries(goroot))
      variables.set(name, {
        name,
        value,
        origin: { kind: 'goroot', path: '/usr/local/go/go.env' },
        shadows: [],
      });
    return { ...world, env: { ...world.env, variables } } as World;
  };

  it('of a tree with other settings is one where nothing has to be had by them', () => {
    const settings = (lines: Record<string, string>) => ({ settings: new Map(Object.entries(lines)) });
    expect(why(withTree(settings(goroot)), fix)).toBe('');
    expect(why(withTree({}), fix)).toBe('the go.env of go1.26.8 was not read');
    expect(why(withTree(settings({ GOPROXY: 'off' })), fix)).toMatch(
      /^\/sdk\/go.env has GOPROXY=off, and not every module/,
    );
    expect(why(withTree(settings({ GOPROXY: 'off' }), 'whole'), fix)).toBe('');
    expect(why(withTree(settings({ ...goroot, GOFLAGS: '-modfile=a.mod' })), fix)).toContain(
      'another go.mod',
    );
    expect(why(withTree(settings({ ...goroot, GO111MODULE: 'off' })), fix)).not.toBe('');
    // What is set elsewhere hides the line.
    const hidden = withTree(settings({ ...goroot, GOFLAGS: '-modfile=a.mod' }), 'away', {
      goenv: { GOFLAGS: '-p=2' },
    });
    expect(why(hidden, fix)).toBe('');
  });

  it('of a directory with other programs, of an unknown go or with a setting that it may not know is none', () => {
    const settings = new Map(Object.entries(goroot));
    expect(why(withTree({ settings, displaces: 'gcc' }), fix)).toBe(
      'gcc of /sdk/bin would answer in place of another one, too',
    );
    expect(why(withTree({ settings }), { ...fix, directory: '/other/bin' })).toContain('is not known');
    const process = { GOEXPERIMENT: 'jsonv2' };
    expect(why(withTree({ settings }, 'away', { process }), fix)).toContain('GOEXPERIMENT=jsonv2');
  });
});

describe('another release', () => {
  const bin = '/sdk/bin';
  const fix: Fix = { action: 'prepend-path', directory: bin };
  const installed = [{ version: '1.27.4', bin, shipped: 'auto', settings: new Map() }];
  const by = (own: readonly string[], others: readonly string[] = [], more: object = {}): World => {
    const named = (tags: readonly string[]) => new Map(tags.map((tag) => [tag, 'example.com/p']));
    const chosenBy = { own: named(own), others: named(others), ...more };
    return { ...worldOf({ toolchain: { installed } }), modules: { ...whole, chosenBy } };
  };

  it('is a command where no file is chosen by a release between the two', () => {
    expect(why(by(['go1.26', 'linux', 'go1.28', 'go1'], ['go1.26', 'windows']), fix)).toBe('');
    const chosen = 'go1.27.4 is of another release, and files of example.com/p are chosen by go1.27';
    expect(why(by(['go1.27']), fix)).toBe(chosen);
    expect(why(by([], ['go1.27']), fix)).toBe(chosen);
    expect(why(by([], [], { unread: 'a limit' }), fix)).toMatch(/cannot be told: a limit$/);
    const { chosenBy: _, ...modules } = whole;
    expect(why({ ...by([]), modules }, fix)).toMatch(/nobody has looked whether it takes other files$/);
  });

  it('can be no worse than a dependency that is too new, and may be than a go that is not understood', () => {
    const newer = { name: 'a', go: '1.27', neededBy: 'x', mainGo: '', origin: { path: '', line: 0 } };
    const world = by(['go1.27']);
    expect(why({ ...world, modules: { ...whole, newer: [newer] } }, fix)).toBe('');
    const unclear: World = {
      ...world,
      toolchain: {
        ...worldOf({ toolchain: { installed } }).toolchain,
        candidates: [{ path: '/shims/go', realPath: '/shims/go', unclear: true }],
        local: undefined,
        selection: undefined,
      } as unknown as World['toolchain'],
    };
    expect(why(unclear, fix)).toContain('chosen by go1.27');
  });
});

describe('export', () => {
  it('of a value that brings a conflict is none', () => {
    const world = worldOf({ process: { GOFLAGS: '-p=2' } });
    expect(why(world, { action: 'export', name: 'GOFLAGS', value: '-p=3' })).toBe('');
    expect(why(world, { action: 'export', name: 'GOFLAGS', value: '-p=0' })).toMatch(
      /^it leads to goflags-unknown/,
    );
  });

  it('of a toolchain whose go.env was not read is none', () => {
    const base = worldOf({ process: { GOTOOLCHAIN: 'local' } });
    const { toolchain } = base;
    const switches = toolchain?.switches;
    const at = (settings: ReadonlyMap<string, ReadonlyMap<string, string>>): World =>
      ({
        ...base,
        env: {
          ...base.env,
          variables: new Map(base.env?.variables).set('GOSUMDB', {
            name: 'GOSUMDB',
            value: 'sum.example.com',
            origin: { kind: 'goenv' },
            shadows: [],
          }),
        },
        toolchain: { ...toolchain, switches: { ...switches, cached: new Set(['go1.27.4']), settings } },
      }) as World;
    const fix: Fix = { action: 'export', name: 'GOTOOLCHAIN', value: 'go1.27.4' };
    expect(why(at(new Map([['go1.27.4', new Map()]])), fix)).toBe('');
    expect(why(at(new Map()), fix)).toBe('the go.env of go1.27.4 was not read');
  });
});
