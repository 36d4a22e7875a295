/**
 * The variables of Go's build environment: how much a change of each means, what in it is secret, where it may come from.
 * Names and meaning: `go help environment`, src/internal/cfg/cfg.go (KnownEnv) and src/cmd/go/internal/envcmd/env.go of Go 1.21–1.27.
 * How a value and its default come about is Go's business: src/go/getenv.ts and src/go/defaults.ts.
 */

/** What in a value must not leave the collector; src/go/redact.ts knows how. */
export type SecretClass =
  | 'none'
  | 'url-userinfo'
  | 'linker-values'
  | 'compiler-flags'
  | 'arguments'
  | 'whole';

/** One variable. */
export interface VariableRow {
  readonly name: string;
  /** Part of the semantic distance that a change of it makes, 0…1. */
  readonly weight: number;
  readonly level: 'patch' | 'minor' | 'major';
  readonly secret: SecretClass;
  /** May be a label of `godrift_env_info`: few, short values that say nothing about hosts or people. */
  readonly exported: boolean;
  /** Read from the process environment alone: a line in GOENV has no effect. */
  readonly processOnly?: true;
  /** `go env -w` takes it. */
  readonly goenvWritable: boolean;
  /** The value is an absolute path (or, with `list: 'path'`, several): written portably. */
  readonly path?: true;
  readonly list?: 'flags' | 'comma' | 'path';
  /** First Go that reads it (1.21 is the oldest that counts here). */
  readonly since?: string;
  /** First Go whose `go env` knows the name, where that is later than its effect. */
  readonly shownSince?: string;
  /** `go env` starts the C compiler to answer: never ask for it. */
  readonly costly?: true;
  /** Enters the snapshot. Read-only identities follow from the toolchain and the place, and do not. */
  readonly entry: boolean;
}

type Traits = Partial<Omit<VariableRow, 'name' | 'weight' | 'level'>>;

function rows(
  weight: number,
  level: VariableRow['level'],
  shared: Traits,
  names: Readonly<Record<string, Traits>>,
): VariableRow[] {
  const usual = { secret: 'none', exported: false, goenvWritable: true, entry: true } as const;
  return Object.entries(names).map(([name, own]) => ({ name, weight, level, ...usual, ...shared, ...own }));
}

/** Every variable, grouped by what a change of it means. */
export const variables: readonly VariableRow[] = [
  // Another target: nothing of the result is comparable.
  ...rows(1, 'major', { exported: true }, { GOOS: {}, GOARCH: {} }),

  // The same sources become another program, or are compiled by other rules.
  ...rows(
    0.5,
    'minor',
    {},
    {
      CGO_ENABLED: { exported: true },
      GOEXPERIMENT: { exported: true, list: 'comma' },
      // The values of -X are where people put tokens; long and free, so never a label.
      GOFLAGS: { secret: 'linker-values', list: 'flags' },
    },
  ),

  // Which toolchain runs, and whether go.mod counts.
  ...rows(
    0.4,
    'minor',
    {},
    {
      // No `go env -w GOROOT`, yet a line written by hand is honoured.
      GOROOT: { path: true, goenvWritable: false },
      GOTOOLCHAIN: { exported: true },
      GO111MODULE: { exported: true },
      GOWORK: { path: true, goenvWritable: false },
    },
  ),

  // Instruction set: a binary may stop with an illegal instruction on an older machine, or lose speed.
  ...rows(
    0.4,
    'minor',
    { exported: true },
    {
      GO386: {},
      GOAMD64: {},
      GOARM: {},
      GOARM64: { since: '1.23', list: 'comma' },
      GOMIPS: {},
      GOMIPS64: {},
      GOPPC64: {},
      GORISCV64: { since: '1.23' },
      GOWASM: { list: 'comma' },
    },
  ),

  // The C side: other compilers and flags make other objects, and the build cache does not see all of it.
  ...rows(
    0.4,
    'minor',
    // Macros are where people put keys of vendors' SDKs.
    { list: 'flags', secret: 'compiler-flags' },
    {
      CC: {},
      CXX: {},
      FC: {},
      AR: {},
      GCCGO: {},
      PKG_CONFIG: { costly: true },
      CGO_CFLAGS: { costly: true },
      CGO_CPPFLAGS: { costly: true },
      CGO_CXXFLAGS: { costly: true },
      CGO_FFLAGS: { costly: true },
      CGO_LDFLAGS: { costly: true },
    },
  ),
  ...rows(0.4, 'minor', {}, { GO_EXTLINK_ENABLED: { exported: true } }),

  // Widen or narrow what a package's own #cgo lines may ask of the compiler.
  ...rows(
    0.3,
    'minor',
    { secret: 'compiler-flags' },
    {
      CGO_CFLAGS_ALLOW: {},
      CGO_CFLAGS_DISALLOW: {},
      CGO_CPPFLAGS_ALLOW: {},
      CGO_CPPFLAGS_DISALLOW: {},
      CGO_CXXFLAGS_ALLOW: {},
      CGO_CXXFLAGS_DISALLOW: {},
      CGO_FFLAGS_ALLOW: {},
      CGO_FFLAGS_DISALLOW: {},
      CGO_LDFLAGS_ALLOW: {},
      CGO_LDFLAGS_DISALLOW: {},
    },
  ),

  // Behaviour of the produced program and of the toolchain itself.
  ...rows(
    0.4,
    'minor',
    {},
    {
      GODEBUG: { exported: true, processOnly: true, goenvWritable: false, list: 'comma', shownSince: '1.23' },
      GOFIPS140: { exported: true, since: '1.24' },
    },
  ),

  // Where modules come from and whether anybody checks them: the supply chain.
  ...rows(
    0.4,
    'minor',
    { list: 'comma', secret: 'url-userinfo' },
    {
      GOPROXY: {},
      GOPRIVATE: {},
      GONOPROXY: {},
      GONOSUMDB: {},
      GOINSECURE: {},
      GOVCS: {},
    },
  ),
  ...rows(0.4, 'minor', {}, { GOSUMDB: { secret: 'url-userinfo' } }),

  // A program that hands out, or answers for, build results.
  ...rows(0.4, 'minor', {}, { GOCACHEPROG: { secret: 'arguments' } }),

  // How to log in: decides whether a fetch works, not what it brings.
  ...rows(0.2, 'patch', {}, { GOAUTH: { secret: 'arguments', since: '1.24' } }),

  // Which GOENV file counts; the effect of its lines is weighed where they land.
  ...rows(0.1, 'patch', {}, { GOENV: { processOnly: true, goenvWritable: false, path: true } }),

  // Places: the same files elsewhere. Paths get into binaries without -trimpath, nothing else does.
  ...rows(
    0.1,
    'patch',
    { path: true },
    {
      GOPATH: { list: 'path' },
      GOBIN: {},
      GOCACHE: {},
      GOMODCACHE: {},
      GOTMPDIR: {},
    },
  ),

  // Answers for editors, not for builds.
  ...rows(
    0.1,
    'patch',
    {},
    {
      GOPACKAGESDRIVER: { processOnly: true, goenvWritable: false, secret: 'arguments', shownSince: '1.27' },
    },
  ),

  // What the toolchain says about itself and where it stands: reported by other facets, or not at all.
  ...rows(
    0,
    'patch',
    { goenvWritable: false, entry: false },
    {
      GOEXE: {},
      GOHOSTARCH: {},
      GOHOSTOS: {},
      GOVERSION: {},
      GOTOOLDIR: { path: true },
      GOMOD: { path: true },
      GOTELEMETRY: { since: '1.23' },
      GOTELEMETRYDIR: { since: '1.23', path: true },
      // Holds the name of a random temporary directory: differs each time.
      GOGCCFLAGS: { costly: true, list: 'flags' },
    },
  ),

  // The way out of the host. Go reads them (net/http), they hold passwords, and they belong to the host: known only to be hidden.
  ...rows(
    0,
    'patch',
    { secret: 'whole', processOnly: true, goenvWritable: false, entry: false },
    {
      HTTP_PROXY: {},
      HTTPS_PROXY: {},
      NO_PROXY: {},
      http_proxy: {},
      https_proxy: {},
      no_proxy: {},
      NETRC: {},
    },
  ),
];

const byName: ReadonlyMap<string, VariableRow> = new Map(variables.map((row) => [row.name, row]));

/** The row of a variable; undefined for a name that Go does not know. */
export function variable(name: string): VariableRow | undefined {
  return byName.get(name);
}
