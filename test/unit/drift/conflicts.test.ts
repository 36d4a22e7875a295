// The conflict rules on plain facts: what each needs to speak up, and when it must be quiet. What the real go does in such
// worlds is asked in test/e2e/conflicts.test.ts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConflictRule, conflictRules } from '../../../src/catalog/rules.ts';
import { variables as catalogue } from '../../../src/catalog/variables.ts';
import { findConflicts } from '../../../src/drift/conflicts/index.ts';
import type { World } from '../../../src/drift/conflicts/rule.ts';
import type {
  EnvFacts,
  GorootKnowledge,
  LocalToolchain,
  Origin,
  ToolchainFacts,
  VariableFact,
} from '../../../src/drift/model.ts';
import type { Selection } from '../../../src/go/select.ts';

const sdk = '/usr/local/go';
const local: LocalToolchain = {
  path: `${sdk}/bin/go`,
  realPath: `${sdk}/bin/go`,
  version: '1.26.0',
  ownGoroot: sdk,
  goroot: sdk,
  gorootOrigin: { kind: 'default' },
  gorootParts: { exists: true, pkgTool: true, src: true },
  programs: ['go', 'gofmt', 'compile', 'link', 'asm', 'cgo'].map((name) => ({ name, version: '1.26.0' })),
  label: '1.26.0',
};
const selection: Selection = {
  wanted: 'go1.26.0',
  effective: '1.26.0',
  outcome: 'local',
  reason: 'nothing asks for more',
  trace: [],
};
const knowledge: GorootKnowledge = {
  experiments: { names: ['jsonv2'], baseline: [], platformBaseline: [] },
  platforms: new Set(['linux/amd64', 'linux/arm64', 'linux/386']),
  godebugs: { known: [], removed: [{ name: 'tls3des', removed: 27, old: ['1'] }] },
  flags: new Set(['mod', 'tags', 'C']),
  levels: new Map([
    ['GOAMD64', { values: ['v1', 'v2', 'v3', 'v4'], options: [], list: false, refused: false }],
    ['GOARM64', { values: ['v8.0', 'v9.0'], options: [',lse'], list: false, refused: true }],
    ['GO386', { values: ['sse2', 'softfloat'], options: [], list: false, refused: false }],
  ]),
};
const process: Origin = { kind: 'process' };
const goenv: Origin = { kind: 'goenv', path: '/home/u/.config/go/env', line: 3 };

interface Parts {
  readonly local?: Partial<LocalToolchain>;
  readonly toolchain?: Partial<ToolchainFacts>;
  readonly env?: Partial<EnvFacts>;
  /** Set in the process environment. */
  readonly process?: Readonly<Record<string, string>>;
  /** Set in GOENV. */
  readonly goenv?: Readonly<Record<string, string>>;
}

/** A healthy world but for the given parts. */
function worldOf(parts: Parts = {}): World {
  const variables = new Map<string, VariableFact>();
  const put = (values: Readonly<Record<string, string>>, origin: Origin) => {
    for (const [name, value] of Object.entries(values))
      variables.set(name, { name, value, origin, shadows: [] });
  };
  put(
    { GOOS: 'linux', GOARCH: 'amd64', GOPATH: '/home/u/go', CGO_ENABLED: '1', CC: 'gcc' },
    { kind: 'default' },
  );
  put(parts.goenv ?? {}, goenv);
  put(parts.process ?? {}, process);
  return {
    workspace: '/src/app',
    toolchain: {
      candidates: [{ path: local.path, realPath: local.realPath, version: local.version }],
      local: { ...local, ...parts.local },
      selection,
      project: { kind: 'go.mod', path: '/src/app/go.mod', go: '1.21', goLine: 3 },
      hasModule: true,
      knowledge,
      installed: [],
      ...parts.toolchain,
    },
    env: {
      goenv: { path: goenv.path ?? '', state: 'read', lines: [], ignored: [] },
      variables,
      present: new Set(),
      compilerFound: true,
      ...parts.env,
    },
  };
}

const rulesOf = (parts: Parts) => findConflicts(worldOf(parts)).map(({ rule }) => rule);
const found = (rule: ConflictRule, parts: Parts) =>
  findConflicts(worldOf(parts)).filter((finding) => finding.rule === rule);
const select = (part: Partial<Selection>, project?: Partial<ToolchainFacts>): Parts => ({
  toolchain: { selection: { ...selection, effective: '', ...part }, ...project },
});

describe('findConflicts', () => {
  it('is silent where all is well, and where nothing is known', () => {
    expect(rulesOf({})).toEqual([]);
    expect(findConflicts({ workspace: '' })).toEqual([]);
  });

  it('needs neither of its two halves', () => {
    const { env, toolchain } = worldOf({ process: { GOSUMDB: 'off' }, local: { label: '1.25.0' } });
    expect(findConflicts({ workspace: '', ...(env && { env }) }).map(({ rule }) => rule)).toEqual([
      'sumdb-disabled',
    ]);
    expect(findConflicts({ workspace: '', ...(toolchain && { toolchain }) }).map(({ rule }) => rule)).toEqual(
      ['goroot-label'],
    );
  });

  it('takes any value of any variable, and always says what to do', () => {
    const words = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('off', '*', 'junk', '/', '~', '-', "'", ',', 'v9', 'go1.27'),
    );
    const values = fc.dictionary(fc.constantFrom(...catalogue.map(({ name }) => name)), words);
    fc.assert(
      fc.property(values, values, (first, second) => {
        for (const finding of findConflicts(worldOf({ process: first, goenv: second }))) {
          expect(conflictRules.map(({ rule }) => rule)).toContain(finding.rule);
          expect(finding.summary).not.toBe('');
          expect(finding.repair).not.toBe('');
          expect(finding.summary + finding.repair + (finding.actual ?? '')).not.toMatch(/\p{Cc}/u);
          expect(['patch', 'minor', 'major']).toContain(finding.level);
        }
      }),
    );
  });
});

describe('a toolchain that is wanted', () => {
  const absent = { outcome: 'not-found', wanted: 'go1.27.9', reason: 'downloads are off' } as const;

  it('is not exchanged for GOTOOLCHAIN=local where the go line wants it too', () => {
    const [byLine] = found('toolchain-not-installed', select(absent));
    expect(byLine?.repair).toBe('put go1.27.9 first on PATH, or run with GOTOOLCHAIN=local');
    const project = { kind: 'go.mod', path: '/src/app/go.mod', go: '1.27.9', goLine: 3 } as const;
    expect(found('toolchain-not-installed', select(absent, { project }))[0]?.repair).toBe(
      'put go1.27.9 first on PATH',
    );
    const pending = select({ outcome: 'download', wanted: 'go1.27.9', effective: '1.27.9' }, { project });
    expect(found('toolchain-download-pending', pending)[0]?.repair).toBe('put go1.27.9 first on PATH');
  });

  it('is named with the place of one that is new enough', () => {
    const installed = [
      { version: '1.24.0', bin: '/sdk/go1.24.0/bin' },
      { version: '1.27.9', bin: '/sdk/go1.27.9/bin' },
    ];
    expect(found('toolchain-not-installed', select(absent, { installed }))[0]?.repair).toContain(
      '(found: /sdk/go1.27.9/bin with go1.27.9)',
    );
  });

  it('that does not exist is told once, by the file that names it', () => {
    const junk = { outcome: 'invalid', error: 'go: invalid GOTOOLCHAIN "junk"' } as const;
    expect(rulesOf({ ...select(junk), process: { GOTOOLCHAIN: 'junk' } })).toEqual([
      'toolchain-not-installed',
    ]);
    expect(rulesOf({ ...select(junk), goenv: { GOTOOLCHAIN: 'junk' } })).toEqual(['goenv-invalid']);
    // provide() names a cause where mere grammar does not.
    const language = { ...junk, cause: 'GOTOOLCHAIN' } as const;
    expect(rulesOf({ ...select(language), goenv: { GOTOOLCHAIN: 'go1.27' } })).toEqual(['goenv-invalid']);
    const cause = { file: '/src/app/go.mod', line: 5 };
    const byLine = { ...select({ ...junk, cause }), goenv: { GOTOOLCHAIN: 'auto' } };
    expect(findConflicts(worldOf(byLine))).toMatchObject([
      {
        rule: 'toolchain-not-installed',
        origin: { kind: 'file', path: cause.file, line: 5 },
        repair: 'correct the toolchain line in /src/app/go.mod:5',
      },
    ]);
  });
});

describe('a tree', () => {
  const without = (name: string) => ({ programs: local.programs.filter((program) => program.name !== name) });

  it.each(['compile', 'link', 'asm'])('without %s is incomplete', (tool) => {
    expect(found('toolchain-partial', { local: without(tool) })[0]?.summary).toContain(
      `pkg/tool has no ${tool}`,
    );
  });

  it.each([
    ['without cgo', without('cgo')],
    ['of before go1.21', { ...without('asm'), version: '1.20.14', label: '1.20.14', programs: [] }],
  ])('%s is not', (_, part) => {
    expect(rulesOf({ local: part })).toEqual([]);
  });

  it('is left to other rules where GOROOT is set or has no tools', () => {
    const empty = {
      goroot: '/empty',
      gorootOrigin: process,
      programs: [],
      gorootParts: { exists: true, pkgTool: false, src: false },
    };
    expect(rulesOf({ local: empty })).toEqual(['goroot-mismatch', 'goroot-not-sdk']);
    expect(found('goroot-mismatch', { local: empty })[0]?.summary).toContain('finds none');
  });

  it('that a switch overrides is not compared with the GOROOT that was set', () => {
    const other = { goroot: '/old', programs: [{ name: 'compile', version: '1.24.0' }] };
    const rules = (outcome: 'cached' | 'path', gorootOrigin: Origin) =>
      rulesOf({ ...select({ outcome, effective: '1.26.0' }), local: { ...other, gorootOrigin } });
    expect(rules('cached', process)).toEqual([]);
    expect(rules('cached', goenv)).toEqual([]);
    expect(rules('path', process)).toEqual([]);
    expect(rules('path', goenv)).toEqual(['goroot-mismatch']);
  });

  it.each([
    ['truncated', 1],
    ['not executable', 1],
    ['no build info', 0],
    ['cannot be read', 0],
  ])('with a compiler that is %s', (problem, count) => {
    const programs = local.programs.map((one) =>
      one.name === 'compile' ? { name: 'compile', problem } : one,
    );
    expect(found('toolchain-partial', { local: { programs } })).toHaveLength(count);
  });

  it('of another place but the same version is no mismatch', () => {
    expect(rulesOf({ local: { goroot: '/copy', gorootOrigin: process } })).toEqual([]);
  });
});

describe('PATH', () => {
  const candidate = (directory: string, version?: string) => ({
    path: `${directory}/go`,
    realPath: `${directory}/go`,
    ...(version === undefined ? { problem: 'is a script' } : { version }),
  });
  it.each([
    ['an older go first', [candidate('/a', '1.26.0'), candidate('/b', '1.27.4')], 1],
    ['a newer go first', [candidate('/a', '1.27.4'), candidate('/b', '1.26.0')], 0],
    ['the same version twice', [candidate('/a', '1.26.0'), candidate('/b', '1.26.0')], 0],
    ['no go behind', [candidate('/a', '1.26.0'), candidate('/b')], 0],
    [
      'a link to the same',
      [candidate('/a', '1.26.0'), { ...candidate('/b', '1.27.4'), realPath: '/a/go' }],
      0,
    ],
  ] as const)('with %s', (_, candidates, count) => {
    expect(found('go-shadowed', { toolchain: { candidates } })).toHaveLength(count);
  });
});

describe('levels of architectures', () => {
  it.each([
    ['process', { GOARM64: 'v99' }, ['major']],
    ['goenv', { GOARM64: 'v99' }, []],
    ['goenv', { GOARCH: 'arm64', GOARM64: 'v99' }, ['major']],
    ['process', { GOARCH: 'arm64', GOARM64: 'v9.0,lse' }, []],
    ['process', { GOAMD64: 'v9' }, ['minor']],
    ['process', { GOARCH: 'arm64', GOAMD64: 'v9' }, []],
    ['process', { GO386: '387' }, []],
    ['goenv', { GOARCH: '386', GO386: '387' }, ['major']],
    ['process', { GOARM: '99' }, []],
  ] as const)('%s %j', (where, values, levels) => {
    expect(found('goarch-level-invalid', { [where]: values }).map(({ level }) => level)).toEqual(levels);
  });
});

describe('GOENV', () => {
  it.each([
    ['GOPATH', '/a:/b', 0],
    ['GOPATH', '/a::/b', 0],
    ['GOPATH', '/a:b', 1],
    ['GOPATH', '~/go', 1],
    ['GOMODCACHE', 'mod', 1],
    ['GOCACHE', 'off', 1],
    ['GOCACHE', '/c', 0],
    ['GO111MODULE', 'auto', 0],
    ['GO111MODULE', 'yes', 1],
    ['GOWORK', 'off', 0],
    ['GOWORK', '/src/go.work', 0],
    ['GOWORK', 'go.work', 1],
    ['GOROOT', '/usr/local/go\r', 1],
    ['GOPROXY', 'junk', 0],
  ])('%s=%s', (name, value, count) => {
    const findings = found('goenv-invalid', { goenv: { [name]: value } });
    expect(findings).toHaveLength(count);
    // Of the process environment it is another rule's affair.
    expect(found('goenv-invalid', { process: { [name]: value } })).toEqual([]);
    for (const finding of findings) {
      expect(finding.origin).toEqual(goenv);
      expect(finding.repair).toContain(`remove line 3 (${name}=…) from /home/u/.config/go/env`);
      expect(finding.actual).not.toContain('\r');
    }
  });

  it('lines count as ignored only where they change nothing', () => {
    const lines = [
      { line: 1, name: 'GOPRIVATE', value: 'a.example.com' },
      { line: 2, name: 'CGO_WHATEVER', value: 'x' },
      { line: 3, name: 'GOFLAG', value: 'x' },
      { line: 4, name: 'GODEBUG', value: 'x=1' },
    ];
    const file = {
      path: '/env',
      state: 'read',
      lines,
      ignored: [{ line: 5, why: 'no equals sign' }],
    } as const;
    const told = (values: Readonly<Record<string, string>>) =>
      found('goenv-ignored', {
        env: { goenv: file, variables: worldOf({ process: values }).env?.variables ?? new Map() },
      });
    expect(told({ GOPRIVATE: 'a.example.com' }).map(({ origin }) => origin?.line)).toEqual([5, 3, 4]);
    expect(told({ GOPRIVATE: 'b.example.com' }).map(({ origin }) => origin?.line)).toEqual([5, 1, 3, 4]);
  });
});

describe('the other variables', () => {
  it.each([
    ['goflags-unknown', { GOFLAGS: '-mod=vendor -tags=a' }, 0],
    ['goflags-unknown', { GOFLAGS: '-nosuch' }, 1],
    ['goflags-unknown', { GOFLAGS: 'tags' }, 1],
    ['goflags-unknown', { GOFLAGS: "'-tags" }, 1],
    ['goflags-unknown', { GOFLAGS: '-C=/tmp' }, 1],
    ['goflags-unknown', { GOFLAGS: '-mod=mod' }, 0],
    ['goflags-unknown', { GOFLAGS: '-mod=junk' }, 1],
    ['goflags-rewrites-gomod', { GOFLAGS: '-mod=mod' }, 1],
    ['goflags-rewrites-gomod', { GOFLAGS: '-mod=mod -mod=readonly' }, 0],
    ['godebug-removed', { GODEBUG: 'tls3des=1' }, 1],
    ['godebug-removed', { GODEBUG: 'tls3des=1,tls3des=0' }, 0],
    ['godebug-removed', { GODEBUG: 'gctrace=1' }, 0],
    ['goexperiment-invalid', { GOEXPERIMENT: 'nojsonv2,none' }, 0],
    ['goexperiment-invalid', { GOEXPERIMENT: 'jsonv2,rangefunc' }, 1],
    ['goos-goarch-unsupported', { GOARCH: 'arm' }, 1],
    ['modules-off', { GO111MODULE: 'off' }, 1],
    ['modules-off', { GO111MODULE: 'auto' }, 0],
    ['gopath-is-goroot', { GOPATH: `/a:${sdk}/` }, 1],
    ['gopath-is-goroot', { GOPATH: `${sdk}-work` }, 0],
    ['sumdb-disabled', { GOPRIVATE: 'github.com/corp/*,gitlab.com/corp' }, 0],
    ['sumdb-disabled', { GONOSUMDB: 'corp.example.com, github.com' }, 1],
    ['sumdb-disabled', { GOSUMDB: 'sum.example.org https://sum.example.com' }, 0],
  ] as const)('%s %j', (rule, values, count) => {
    expect(found(rule, { process: values })).toHaveLength(count);
  });

  it('GOPRIVATE that fills in for GONOSUMDB is one finding', () => {
    const variables = new Map(worldOf({ process: { GOPRIVATE: '*' } }).env?.variables);
    variables.set('GONOSUMDB', { name: 'GONOSUMDB', value: '*', origin: { kind: 'default' }, shadows: [] });
    expect(found('sumdb-disabled', { env: { variables } }).map(({ key }) => key)).toEqual(['env.GOPRIVATE']);
  });

  it('a C compiler that is not there is taken back where it was chosen', () => {
    const repair = (values: Readonly<Record<string, string>>) =>
      found('cgo-no-compiler', {
        process: values,
        env: { ...worldOf({ process: values }).env, compilerFound: false },
      })[0]?.repair;
    expect(repair({ CC: 'nosuch' })).toBe('install nosuch, or unset CC');
    expect(repair({ CGO_ENABLED: '1' })).toBe('install gcc, or unset CGO_ENABLED');
    expect(repair({ CGO_ENABLED: '0' })).toBeUndefined();
  });
});
