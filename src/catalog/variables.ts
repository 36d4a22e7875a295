/**
 * The catalogue of the variables of Go's build environment: weight and level of a change, the kind of secret
 * that a value may hold, and where Go reads the variable from. Sources: `go help environment`,
 * src/internal/cfg/cfg.go (KnownEnv) and src/cmd/go/internal/envcmd/env.go of Go 1.21–1.27. Values and
 * defaults are computed in src/go/getenv.ts and src/go/defaults.ts.
 */

/** The part of a value that must not leave the collector; src/go/redact.ts removes it. */
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
  /** Contribution of a change to the semantic distance, 0 to 1. */
  readonly weight: number;
  readonly level: 'patch' | 'minor' | 'major';
  readonly secret: SecretClass;
  /**
   * True if values may be a label of `godrift_env_info`: they are few and short and tell nothing about hosts
   * or people.
   */
  readonly exported: boolean;
  /** Go reads the variable from the process environment alone: a line in GOENV has no effect. */
  readonly processOnly?: true;
  /** `go env -w` accepts the variable. */
  readonly goenvWritable: boolean;
  /** The value is an absolute path (with `list: 'path'` several), which snapshots write portably. */
  readonly path?: true;
  readonly list?: 'flags' | 'comma' | 'path';
  /** First Go that reads the variable, if later than 1.21. */
  readonly since?: string;
  /** First Go whose `go env` shows the variable, if later than the first that reads it. */
  readonly shownSince?: string;
  /** `go env` runs the C compiler to answer, so godrift never asks for it. */
  readonly costly?: true;
  /**
   * True if the variable is part of the snapshot. Values that only follow from toolchain and location are
   * not.
   */
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
  // Another platform: the results are not comparable.
  ...rows(1, 'major', { exported: true }, { GOOS: {}, GOARCH: {} }),

  // The same sources give another program, or are compiled by other rules.
  ...rows(
    0.5,
    'minor',
    {},
    {
      CGO_ENABLED: { exported: true },
      GOEXPERIMENT: { exported: true, list: 'comma' },
      // Values of -X may hold tokens. Values are long and arbitrary, so they are never a label.
      GOFLAGS: { secret: 'linker-values', list: 'flags' },
    },
  ),

  // Decide which toolchain runs, and whether go.mod counts.
  ...rows(
    0.4,
    'minor',
    {},
    {
      // `go env -w` refuses GOROOT, but go honours a line written by hand.
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

  // C toolchain: other compilers and flags give other objects, and the key of the build cache does not cover
  // all of it.
  ...rows(
    0.4,
    'minor',
    // Macros may hold keys of vendor SDKs.
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

  // Allow or forbid compiler flags in the #cgo lines of packages.
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

  // Change the behaviour of the built program and of the toolchain itself.
  ...rows(
    0.4,
    'minor',
    {},
    {
      GODEBUG: { exported: true, processOnly: true, goenvWritable: false, list: 'comma', shownSince: '1.23' },
      GOFIPS140: { exported: true, since: '1.24' },
    },
  ),

  // Supply chain: where modules come from, and whether they are verified.
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

  // A program that provides build results from its own cache.
  ...rows(0.4, 'minor', {}, { GOCACHEPROG: { secret: 'arguments' } }),

  // Authentication: decides whether a fetch succeeds, not what is fetched.
  ...rows(0.2, 'patch', {}, { GOAUTH: { secret: 'arguments', since: '1.24' } }),

  // Selects the GOENV file; the effect of its lines is weighed by variable.
  ...rows(0.1, 'patch', {}, { GOENV: { processOnly: true, goenvWritable: false, path: true } }),

  // Locations: the same files in other directories. Builds without -trimpath embed paths, nothing else
  // depends on them.
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

  // Affects editors, not builds.
  ...rows(
    0.1,
    'patch',
    {},
    {
      GOPACKAGESDRIVER: { processOnly: true, goenvWritable: false, secret: 'arguments', shownSince: '1.27' },
    },
  ),

  // Properties of the toolchain and its location: reported by other facets, or not at all.
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
      // Contains the name of a random temporary directory, so it differs each time.
      GOGCCFLAGS: { costly: true, list: 'flags' },
    },
  ),

  // Network access of the host. Go reads them (net/http), but they belong to the host and may hold passwords:
  // listed only so that they are hidden.
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

/** Returns the row of a variable; undefined for a name that Go does not know. */
export function variable(name: string): VariableRow | undefined {
  return byName.get(name);
}
