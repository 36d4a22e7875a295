/**
 * The starting point of tests of conflict rules: a healthy world of plain facts, and helpers that change
 * parts of it.
 */
import type { ConflictRule } from '../../../../src/catalog/rules.ts';
import { findConflicts } from '../../../../src/drift/conflicts/index.ts';
import type { World } from '../../../../src/drift/conflicts/rule.ts';
import type { ModulesFacts } from '../../../../src/drift/facets/modules.ts';
import type {
  GorootKnowledge,
  LocalToolchain,
  SwitchFacts,
  ToolchainFacts,
} from '../../../../src/drift/facets/toolchain.ts';
import type { EnvFacts, Origin, VariableFact } from '../../../../src/drift/model.ts';
import type { Selection } from '../../../../src/go/select.ts';

/** The tree of the healthy world. */
export const sdk = '/usr/local/go';
export const local: LocalToolchain = {
  path: `${sdk}/bin/go`,
  realPath: `${sdk}/bin/go`,
  version: '1.26.0',
  ownGoroot: sdk,
  goroot: sdk,
  gorootOrigin: { kind: 'default' },
  gorootParts: { exists: true, pkgTool: true, src: true },
  programs: ['go', 'gofmt', 'compile', 'link', 'asm', 'cgo'].map((name) => ({ name, version: '1.26.0' })),
  refused: [],
  label: '1.26.0',
};
const selection: Selection = {
  wanted: 'go1.26.0',
  effective: '1.26.0',
  outcome: 'local',
  reason: 'nothing asks for more',
  trace: [],
};
/** Only the local go: no other toolchain is on PATH or in the module cache. */
export const switches: SwitchFacts = {
  local: { version: '1.26.0', name: 'go1.26.0' },
  shipped: 'auto',
  platform: 'linux/amd64',
  hasGoMod: true,
  onPath: new Set(),
  cached: new Set(),
  broken: new Set(),
  settings: new Map([['local', new Map()]]),
};
const knowledge: GorootKnowledge = {
  databaseHosts: ['sum.example.com'],
  experiments: { names: ['jsonv2'], baseline: [], platformBaseline: {}, regabiAlways: [] },
  platforms: new Set(['linux/amd64', 'linux/arm64', 'linux/386']),
  godebugs: { known: [], removed: [{ name: 'tls3des', removed: 27, old: ['1'] }] },
  flags: new Set([
    'mod',
    'C',
    'p',
    'buildvcs',
    'count',
    'buildmode',
    'modfile',
    'race',
    'asan',
    'overlay',
    'ldflags',
    'gcflags',
    'asmflags',
    'vet',
    'short',
    'covermode',
    'tags',
  ]),
  levels: new Map([
    ['GOAMD64', { values: ['v1', 'v2', 'v3', 'v4'], options: [], list: false, refused: false }],
    ['GOARM64', { values: ['v8.0', 'v9.0'], options: [',lse'], list: false, refused: true }],
    ['GO386', { values: ['sse2', 'softfloat'], options: [], list: false, refused: false }],
  ]),
};
export const processOrigin: Origin = { kind: 'process' };
export const goenvOrigin: Origin = { kind: 'goenv', path: '/home/u/.config/go/env', line: 3 };

/** Facts about a module without requirements. */
export const noModules: ModulesFacts = {
  source: 'files',
  state: 'complete',
  list: [],
  overrides: [],
  problems: [],
  sums: [],
  unavailable: [],
  tools: [],
  chosenBy: { own: new Map(), others: new Map() },
};

export interface Parts {
  readonly local?: Partial<LocalToolchain>;
  readonly toolchain?: Partial<ToolchainFacts>;
  readonly env?: Partial<EnvFacts>;
  /** Variables of the process environment. */
  readonly process?: Readonly<Record<string, string>>;
  /** Variables of the GOENV file. */
  readonly goenv?: Readonly<Record<string, string>>;
}

/** Returns the healthy world with the given parts changed. */
export function worldOf(parts: Parts = {}): World {
  const variables = new Map<string, VariableFact>();
  const put = (values: Readonly<Record<string, string>>, origin: Origin) => {
    for (const [name, value] of Object.entries(values))
      variables.set(name, { name, value, origin, shadows: [] });
  };
  put(
    {
      GOOS: 'linux',
      GOARCH: 'amd64',
      GOHOSTOS: 'linux',
      GOHOSTARCH: 'amd64',
      GOPATH: '/home/u/go',
      CGO_ENABLED: '1',
      CC: 'gcc',
    },
    { kind: 'default' },
  );
  put(parts.goenv ?? {}, goenvOrigin);
  put(parts.process ?? {}, processOrigin);
  return {
    workspace: '/src/app',
    modules: noModules,
    toolchain: {
      candidates: [{ path: local.path, realPath: local.realPath, version: local.version }],
      relativeEntries: [],
      linkedOut: [],
      local: { ...local, ...parts.local },
      selection,
      project: { kind: 'go.mod', path: '/src/app/go.mod', go: '1.21', goLine: 3 },
      hasModule: true,
      knowledge,
      installed: [],
      switches,
      untrusted: new Map(),
      ...parts.toolchain,
    },
    env: {
      goenv: { path: goenvOrigin.path ?? '', state: 'read', lines: [], ignored: [] },
      variables,
      present: new Set(),
      compilerFound: true,
      ...parts.env,
    },
  };
}

/** Returns the rules with a finding in a world. */
export const rulesOf = (parts: Parts) => findConflicts(worldOf(parts)).map(({ rule }) => rule);

/** Returns the findings of one rule in a world. */
export const found = (rule: ConflictRule, parts: Parts) =>
  findConflicts(worldOf(parts)).filter((finding) => finding.rule === rule);

/** Parts of a world with this toolchain selection. Without `effective`, no toolchain is effective. */
export const select = (part: Partial<Selection>, project?: Partial<ToolchainFacts>): Parts => ({
  toolchain: { selection: { ...selection, effective: '', ...part }, ...project },
});
