/**
 * The effects that a repair command may have, as a table: kinds of commands against the known facts of the
 * world.
 */
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

/** Returns why a command is withheld in a world, or `''` if it is offered. */
function why(world: World, fix: Fix): string {
  const [held] = settledFixes([finding(fix)], { world, conflictsOf: findConflicts });
  if (held?.fix !== undefined) return '';
  return /^r \(by hand: (.*)\)$/s.exec(held?.repair ?? '')?.[1] ?? 'no reason';
}

const sum = 'h1:x';
const here = { path: 'example.com/a', version: 'v1.0.0', sum };
const extracted = { verified: 1, plausible: 0, pending: 0, absent: 0, unverifiable: 0, edited: [] };
/** The tags that choose the files of a build are unknown. */
const { chosenBy: _, ...withoutChoice } = noModules;
/** Every module is in the module cache and in go.sum. */
const whole: ModulesFacts = { ...withoutChoice, list: [here], extracted };
/** go.sum has every module, and the module cache has none. */
const away: ModulesFacts = { ...whole, extracted: { ...extracted, absent: 1, verified: 0 } };
/** No file of the build depends on the settings that these tests remove. */
const sameFiles: ModulesFacts = {
  ...whole,
  chosenBy: { own: new Map([['go1.21', 'example.com/p']]), others: new Map([['b', 'example.com/a']]) },
};
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
  'same files': (parts) => ({ ...worldOf(parts), modules: sameFiles }),
  'no modules': (parts) => worldOf(parts),
};
const all = Object.keys(worlds);

/** A variable, its value, and the worlds in which the command that removes it is offered. */
const table: readonly (readonly [name: string, value: string, known: readonly string[]])[] = [
  ['GO111MODULE', 'off', []],
  ['GOWORK', '/elsewhere/go.work', []],
  ['GOENV', '/elsewhere/env', []],
  ['GOCACHE', '/cache', []],
  ['GOTMPDIR', '/tmp', []],
  ['GOROOT', '/elsewhere', []],
  ['NOSUCHGO', '1', []],
  ['GOSUMDB', 'off', ['away', 'whole', 'same files', 'no modules']],
  ['GONOSUMDB', 'corp.example', ['away', 'whole', 'same files', 'no modules']],
  ['GOPRIVATE', 'corp.example', ['whole', 'same files', 'no modules']],
  ['GONOPROXY', 'corp.example', ['whole', 'same files', 'no modules']],
  ['GOINSECURE', 'corp.example', ['whole', 'same files', 'no modules']],
  ['GOPROXY', 'http://127.0.0.1:1', ['whole', 'same files', 'no modules']],
  ['GOPROXY', 'off', all],
  ['GOVCS', 'public:git', ['whole', 'same files', 'no modules']],
  ['GOPATH', '/elsewhere', ['no modules']],
  ['GOMODCACHE', '/elsewhere', ['no modules']],
  ['GOEXPERIMENT', 'jsonv2', []],
  ['GOAMD64', 'v3', ['same files', 'no modules']],
  ['CGO_ENABLED', '1', ['same files', 'no modules']],
  ['CC', 'clang', []],
  ['CGO_CFLAGS', '-O1', []],
  ['GOFLAGS', '-modfile=alt.mod', []],
  ['GOFLAGS', '-mod=mod', all.filter((name) => !['nothing', 'unjudged'].includes(name))],
  ['GOFLAGS', '-tags=a', ['same files', 'no modules']],
  ['GOFLAGS', '-buildvcs=false', []],
  ['GOFLAGS', '-overlay=o.json', []],
  ['GOFLAGS', '-race', ['same files', 'no modules']],
  ['GOFLAGS', '-v -ldflags=-s', all],
  ['GOFLAGS', "'-ldflags=-s -w' -gcflags=all=-m", all],
  ['GOFLAGS', '-p=1', []],
  ['GOFLAGS', '-gcflags=all=-l', []],
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
  it.each(table)('of %s=%s is offered in: %j', (name, value, known) => {
    const [parts, fix] = made(name, value);
    expect(all.filter((one) => why(worlds[one]?.(parts) ?? worldOf(), fix) === '')).toEqual(known);
  });

  it('of a value with which every build fails is always offered', () => {
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

  it('to a tree with a different go.env is offered only if no module needs the differing settings', () => {
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
    // A setting of GOENV hides the line of go.env.
    const hidden = withTree(settings({ ...goroot, GOFLAGS: '-modfile=a.mod' }), 'away', {
      goenv: { GOFLAGS: '-p=2' },
    });
    expect(why(hidden, fix)).toBe('');
  });

  it('is withheld for a directory with other programs, for an unknown go, or with a setting that the other go may not know', () => {
    const settings = new Map(Object.entries(goroot));
    expect(why(withTree({ settings, displaces: 'gcc' }), fix)).toBe(
      'gcc of /sdk/bin would answer in place of another one, too',
    );
    expect(why(withTree({ settings }), { ...fix, directory: '/other/bin' })).toContain('is not known');
    const process = { GOEXPERIMENT: 'jsonv2' };
    expect(why(withTree({ settings }, 'away', { process }), fix)).toContain('GOEXPERIMENT=jsonv2');
  });
});

describe('settings that choose files', () => {
  const platforms = new Set(['linux/amd64', 'linux/arm64', 'windows/amd64']);
  const world = (name: string, value: string, ...tags: readonly string[]): World => ({
    ...worldOf({
      env,
      process: { GOOS: 'linux', GOARCH: 'amd64', CGO_ENABLED: name === 'GOFLAGS' ? '1' : '0', [name]: value },
      toolchain: { knowledge: { platforms } },
    }),
    modules: {
      ...sameFiles,
      chosenBy: { own: new Map(tags.map((tag) => [tag, 'example.com/p'])), others: new Map() },
    },
  });

  it.each([
    ['GOOS', 'linux', ['amd64', 'a', 'go1.26'], ['unix', 'linux', 'cgo']],
    ['GOARCH', 'amd64', ['linux', 'a', 'race'], ['amd64', 'arm64.v8.1', 'cgo']],
    ['CGO_ENABLED', '1', ['linux', 'amd64'], ['cgo']],
    ['GOAMD64', 'v3', ['amd64', 'linux'], ['amd64.v3']],
    ['GOFIPS140', 'latest', ['cgo'], ['fips140v1.0']],
    ['GOFLAGS', '-tags=a,b', ['linux', 'c'], ['a', 'b']],
    ['GOFLAGS', '-race', ['linux', 'cgo'], ['race']],
  ] as const)(
    '%s=%s is removed by a command unless one of its tags chooses a file',
    (name, value, others, own) => {
      // GOOS and GOARCH always have a value, so they are changed instead of removed.
      const other = new Map<string, string>([
        ['GOOS', 'windows'],
        ['GOARCH', 'arm64'],
      ]).get(name);
      const fix: Fix =
        other === undefined ? { action: 'unset', name } : { action: 'export', name, value: other };
      expect(why(world(name, value, ...others), fix)).toBe('');
      for (const tag of own)
        expect(why(world(name, value, tag), fix)).toBe(
          `other files of example.com/p would be built, which the tag ${tag} selects`,
        );
    },
  );

  it('are not removed if the search for tags ended early', () => {
    const chosenBy = { own: new Map(), others: new Map(), unread: 'a limit' };
    const early = { ...world('CGO_ENABLED', '1'), modules: { ...whole, chosenBy } };
    expect(why(early, { action: 'unset', name: 'CGO_ENABLED' })).toMatch(/is not known: a limit$/);
  });
});

describe('a switch to another release', () => {
  const bin = '/sdk/bin';
  const fix: Fix = { action: 'prepend-path', directory: bin };
  const installed = [{ version: '1.27.4', bin, shipped: 'auto', settings: new Map() }];
  const by = (own: readonly string[], others: readonly string[] = [], more: object = {}): World => {
    const named = (tags: readonly string[]) => new Map(tags.map((tag) => [tag, 'example.com/p']));
    const chosenBy = { own: named(own), others: named(others), ...more };
    return { ...worldOf({ toolchain: { installed } }), modules: { ...whole, chosenBy } };
  };

  it('is offered if no release tag between the two versions chooses a file', () => {
    expect(why(by(['go1.26', 'linux', 'go1.28', 'go1'], ['go1.26', 'windows']), fix)).toBe('');
    const chosen = 'go1.27.4 is of another release, and the tag go1.27 selects files of example.com/p';
    expect(why(by(['go1.27']), fix)).toBe(chosen);
    expect(why(by([], ['go1.27']), fix)).toBe(chosen);
    expect(why(by([], [], { unread: 'a limit' }), fix)).toMatch(/is not known: a limit$/);
    expect(why({ ...by([]), modules: whole }, fix)).toMatch(/whether it builds other files was not checked$/);
  });

  it('is offered if a dependency is too new for the current go, and withheld if the current go is unclear', () => {
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
    expect(why(unclear, fix)).toContain('the tag go1.27 selects');
  });
});

describe('export', () => {
  it('of a value that causes a conflict is withheld', () => {
    const world = worldOf({ process: { GOFLAGS: '-ldflags=-s', GOOS: 'linux', GOARCH: 'amd64' } });
    expect(why(world, { action: 'export', name: 'GOFLAGS', value: '-ldflags=-w' })).toBe('');
    expect(why(world, { action: 'export', name: 'GOARCH', value: 'amd46' })).toMatch(
      /^it leads to goos-goarch-unsupported/,
    );
  });

  it('of a toolchain whose go.env was not read is withheld', () => {
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
