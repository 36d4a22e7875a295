/**
 * Extracts facts about a toolchain from the sources in its GOROOT. Every GOROOT that can build has `src`, so
 * godrift needs no tables that each Go release would outdate. Each function parses the text of one file
 * (named in its comment), never throws, and gives an empty result for an unexpected text.
 */
import { type Goflag, joinQuoted, splitQuoted } from './goflags.ts';

/** Paths relative to GOROOT of the files that these functions parse. */
export const gorootFiles = {
  version: 'VERSION',
  env: 'go.env',
  bootstrap: 'src/internal/buildcfg/zbootstrap.go',
  buildConfig: 'src/internal/buildcfg/cfg.go',
  experiments: 'src/internal/goexperiment/flags.go',
  experimentBaseline: 'src/internal/buildcfg/exp.go',
  platforms: 'src/internal/platform/zosarch.go',
  sanitizers: 'src/internal/platform/supported.go',
  godebugs: 'src/internal/godebugs/table.go',
  compilers: 'src/cmd/go/internal/cfg/zdefaultcc.go',
  settings: 'src/cmd/go/internal/cfg/cfg.go',
  knownEnv: 'src/internal/cfg/cfg.go',
  docs: 'src/cmd/go/alldocs.go',
  fips: 'lib/fips140',
  databaseKeys: 'src/cmd/go/internal/modfetch/key.go',
  databases: 'src/cmd/go/internal/modfetch/sumdb.go',
} as const;

/**
 * Parses `VERSION`: the version label of the tree (`go1.27.4`) and, since 1.21, the release time (RFC 3339).
 */
export function parseVersionFile(
  text: string,
): { readonly version: string; readonly time?: string } | undefined {
  const [first = '', ...rest] = text.split('\n', 8);
  const version = first.trim();
  if (!version) return undefined;
  const time = rest.map((line) => /^time (\S+)\s*$/.exec(line)?.[1]).find((found) => found !== undefined);
  return time === undefined ? { version } : { version, time };
}

/**
 * Parses `modfetch/key.go` and `modfetch/sumdb.go`: hosts of the checksum databases whose keys are built in,
 * and their aliases.
 */
export function parseDatabaseHosts(keys: string, aliases: string): readonly string[] {
  const hosts = [...keys.matchAll(/^\t"([^"+]+)":/gm), ...aliases.matchAll(/\bgosumdb == "([^"]*\.[^"]*)"/g)];
  return hosts.flatMap(([, host]) => host ?? []);
}

/**
 * Parses `cmd/go/internal/cfg/cfg.go` of a Go before 1.21, which has no go.env: the defaults of GOPROXY and
 * GOSUMDB.
 */
export function parseCompiledSettings(text: string): ReadonlyMap<string, string> {
  const found = [...text.matchAll(/^\s*(GOPROXY|GOSUMDB)\s*=\s*envOr\("\1", "([^"]*)"\)/gm)];
  return new Map(found.map(([, name = '', value = '']) => [name, value]));
}

/**
 * Parses KnownEnv in `internal/cfg/cfg.go`: the variables that this Go reads from the environment and GOENV,
 * in Go's order.
 */
export function parseKnownEnv(text: string): readonly string[] {
  const block = /const KnownEnv = `([^`]*)`/.exec(text)?.[1] ?? '';
  return block
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/**
 * Parses `internal/buildcfg/zbootstrap.go`: built-in defaults by variable name (`GOAMD64` → `v1`); only
 * string constants.
 */
export function parseBuildDefaults(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const match of text.matchAll(/^const [dD]efault([A-Z][A-Z0-9_]*) = (?:`([^`]*)`|"([^"]*)")/gm)) {
    if (match[1]) found.set(match[1], match[2] ?? match[3] ?? '');
  }
  return found;
}

/** Default C compilers of a toolchain: by `os/arch`, else by os, else `fallback`. */
export interface CompilerDefaults {
  readonly pairs: ReadonlyMap<string, string>;
  readonly systems: ReadonlyMap<string, string>;
  readonly fallback: string;
}

/** The default compilers that `make.bash` compiled in; distributions may set others. */
export interface DefaultCompilers {
  readonly cc: CompilerDefaults;
  readonly cxx: CompilerDefaults;
  readonly pkgConfig: string;
}

/** Parses `cmd/go/internal/cfg/zdefaultcc.go`; undefined if DefaultCC or DefaultCXX is missing. */
export function parseDefaultCompilers(text: string): DefaultCompilers | undefined {
  const cc = parseCompiler(functionBody(text, 'DefaultCC'));
  const cxx = parseCompiler(functionBody(text, 'DefaultCXX'));
  if (!cc || !cxx) return undefined;
  return { cc, cxx, pkgConfig: /const DefaultPkgConfig = `([^`]*)`/.exec(text)?.[1] ?? 'pkg-config' };
}

function parseCompiler(body: string | undefined): CompilerDefaults | undefined {
  if (body === undefined) return undefined;
  const pairs = new Map<string, string>();
  const systems = new Map<string, string>();
  for (const match of body.matchAll(/case ([^:\n]*):\s*return ("(?:[^"\\]|\\.)*"|`[^`]*`)/g)) {
    const command = unquoteLiteral(match[2] ?? '');
    for (const key of goStrings(match[1] ?? '')) (key.includes('/') ? pairs : systems).set(key, command);
  }
  const returns = [...body.matchAll(/^\treturn ("(?:[^"\\]|\\.)*"|`[^`]*`)/gm)];
  const fallback = returns.at(-1)?.[1];
  return fallback === undefined ? undefined : { pairs, systems, fallback: unquoteLiteral(fallback) };
}

/** Returns the default compiler for a GOOS and GOARCH. */
export function defaultCompiler(defaults: CompilerDefaults, goos: string, goarch: string): string {
  return defaults.pairs.get(`${goos}/${goarch}`) ?? defaults.systems.get(goos) ?? defaults.fallback;
}

/** A GOOS/GOARCH pair that the toolchain knows. */
export interface Platform {
  readonly os: string;
  readonly arch: string;
  readonly cgo: boolean;
  /** Listed, but not expected to build (`go tool dist list` leaves it out). */
  readonly broken: boolean;
}

/**
 * Parses `internal/platform/zosarch.go`: all known pairs, including broken ones. Go refuses any other pair as
 * unsupported.
 */
export function parsePlatforms(text: string): readonly Platform[] {
  const info = new Map<string, string>();
  for (const match of text.matchAll(/^\t\{"(\w+)", "(\w+)"\}:\s*\{([^}]*)\},/gm)) {
    info.set(`${match[1]}/${match[2]}`, match[3] ?? '');
  }
  return [...text.matchAll(/^\t\{"(\w+)", "(\w+)"\},/gm)].map(([, os = '', arch = '']) => {
    const flags = info.get(`${os}/${arch}`) ?? '';
    return { os, arch, cgo: /CgoSupported: *true/.test(flags), broken: /Broken: *true/.test(flags) };
  });
}

/**
 * Returns the pairs (`os/arch`) for which the toolchain builds. Broken pairs still build (windows/arm in
 * 1.24), unless all pairs of the architecture are broken: sparc64 is listed, but the compiler does not know
 * it.
 */
export function buildablePairs(platforms: readonly Platform[]): ReadonlySet<string> {
  const known = new Set(platforms.filter(({ broken }) => !broken).map(({ arch }) => arch));
  return new Set(platforms.filter(({ arch }) => known.has(arch)).map(({ os, arch }) => `${os}/${arch}`));
}

/** The GODEBUG settings of a toolchain. */
export interface Godebugs {
  /**
   * Settings in the table. Those of the runtime (gctrace …) are not in it, so an unknown name is not an
   * error.
   */
  readonly known: readonly { readonly name: string; readonly changed?: number; readonly old?: string }[];
  /** Removed settings: the values in `old` are refused since Go 1.`removed`. */
  readonly removed: readonly {
    readonly name: string;
    readonly removed: number;
    readonly old: readonly string[];
  }[];
}

/** Parses `internal/godebugs/table.go`. */
export function parseGodebugs(text: string): Godebugs {
  const known: { name: string; changed?: number; old?: string }[] = [];
  const removed: { name: string; removed: number; old: readonly string[] }[] = [];
  for (const [, name = '', rest = ''] of text.matchAll(/^\t\{Name: "([^"]+)",?(.*)$/gm)) {
    const gone = /Removed: (\d+)/.exec(rest)?.[1];
    const changed = /Changed: (\d+)/.exec(rest)?.[1];
    const old = /Old: "([^"]*)"/.exec(rest)?.[1];
    if (gone !== undefined) removed.push({ name, removed: Number(gone), old: removedOldValues(rest) });
    else
      known.push({ name, ...(changed && { changed: Number(changed) }), ...(old !== undefined && { old }) });
  }
  return { known, removed };
}

function removedOldValues(rest: string): readonly string[] {
  const code = rest.replace(/\/\/.*$/, '');
  if (/Old: *one\b/.test(code)) return ['1'];
  if (/Old: *zero\b/.test(code)) return ['0'];
  return [...code.matchAll(/s == "([^"]*)"/g)].map((match) => match[1] ?? '');
}

/**
 * Returns the removed settings whose old behaviour a GODEBUG value requests. Every element counts, even if a
 * later one overrides it (measured with go1.27: `asynctimerchan=1,asynctimerchan=0` ends every command with
 * exit code 2; internal/godebug, parse).
 */
export function removedGodebugs(
  value: string,
  godebugs: Godebugs,
): readonly { readonly name: string; readonly removed: number }[] {
  const settings = value.split(',').map((pair) => {
    const cut = pair.indexOf('=');
    return cut > 0 ? { name: pair.slice(0, cut), value: pair.slice(cut + 1) } : undefined;
  });
  return godebugs.removed
    .filter(({ name, old }) => settings.some((one) => one?.name === name && old.includes(one.value)))
    .map(({ name, removed }) => ({ name, removed }));
}

/**
 * Flags that are registered but not documented (cmd/go/internal/work/build.go, base/flag.go, modget/get.go).
 */
const undocumentedFlags = [
  'C',
  'debug-actiongraph',
  'debug-runtime-trace',
  'debug-trace',
  'insecure',
  'f',
  't',
  'fix',
];

/**
 * Parses `cmd/go/alldocs.go`: the names of all flags that some go command has and GOFLAGS may therefore hold.
 * The result may include a few extra words (flags of other programs in examples) but misses none, since a
 * missing name would be reported as refused.
 */
export function parseGoflagNames(text: string): ReadonlySet<string> {
  const names = new Set(undocumentedFlags);
  const add = (pattern: RegExp, prefix = '') => {
    for (const match of text.matchAll(pattern)) if (match[1]) names.add(prefix + match[1]);
  };
  add(/^\/\/\t[ \t]*-([a-z][a-z0-9]*(?:[.-][a-z0-9]+)*)/gm);
  add(/\[-([a-z][a-z0-9]*(?:[.-][a-z0-9]+)*)/g);
  add(/[Tt]he -([a-z][a-z0-9]*(?:[.-][a-z0-9]+)*)/g);
  add(/(?:, |and |or |, and )-([a-z][a-z0-9]*(?:[.-][a-z0-9]+)*)/g);
  // Go also accepts the flags of test binaries with the prefix "test.".
  const start = text.indexOf('// # Testing flags');
  const section = start < 0 ? '' : text.slice(start, text.indexOf('\n// # ', start + 5));
  for (const match of section.matchAll(/^\/\/\t-([a-z][a-z0-9]*)/gm))
    if (match[1]) names.add(`test.${match[1]}`);
  return names;
}

/**
 * Returns the first flag that no go command has. Every command except `go env` and `go bug` fails with
 * `go: parsing $GOFLAGS: unknown flag -name`.
 */
export function unknownGoflag(flags: readonly Goflag[], known: ReadonlySet<string>): Goflag | undefined {
  return flags.find((flag) => !known.has(flag.name));
}

/** The values that an architecture level variable may have. */
export interface ArchLevel {
  readonly values: readonly string[];
  /** Suffixes such as `,softfloat`; with `list`, the elements of the comma-separated list. */
  readonly options: readonly string[];
  /** True if the value is a comma-separated list of `options` (GOWASM). */
  readonly list: boolean;
  /**
   * True if this toolchain stops at an invalid value in its process environment; otherwise it continues and
   * records it.
   */
  readonly refused: boolean;
}

const levelFunctions: Readonly<Record<string, readonly string[]>> = {
  GOAMD64: ['goamd64'],
  GOARM: ['goarm'],
  GOARM64: ['ParseGoarm64', 'goarm64'],
  GOMIPS: ['gomips'],
  GOMIPS64: ['gomips64'],
  GOPPC64: ['goppc64'],
  GORISCV64: ['goriscv64'],
  GOWASM: ['gowasm'],
};

/**
 * Parses `internal/buildcfg/cfg.go`: the valid levels of each variable. GO386 is checked by the compiler
 * instead, so its values are fixed here.
 */
export function parseArchLevels(text: string): ReadonlyMap<string, ArchLevel> {
  const found = new Map<string, ArchLevel>();
  // `g, Error = ParseGoarm64(…)` runs after GOAMD64 and GOARM were parsed and overwrites their errors
  // (1.23–1.27).
  const wiped = /\bg, Error = /.test(text) ? new Set(['GOAMD64', 'GOARM']) : new Set<string>();
  for (const [name, functions] of Object.entries(levelFunctions)) {
    const body = functions.map((each) => functionBody(text, each)).find((each) => each !== undefined);
    if (body === undefined) continue;
    const list = name === 'GOWASM';
    const words = [...body.matchAll(/case ("[^:\n]*(?:\n\s*"[^:\n]*)*):/g)].flatMap((match) =>
      goStrings(match[1] ?? ''),
    );
    const suffixes = [...body.matchAll(/= "(,[a-z0-9]+)"/g)].map((match) => match[1] ?? '');
    const real = words.filter((word) => word !== '');
    found.set(name, {
      values: list ? [] : real,
      options: list ? real : suffixes,
      list,
      refused: !wiped.has(name),
    });
  }
  if (/\bGO386\b/.test(text))
    found.set('GO386', { values: ['sse2', 'softfloat'], options: [], list: false, refused: false });
  return found;
}

/** Reports whether a value is valid for an architecture level. */
export function isArchLevelValid(value: string, level: ArchLevel): boolean {
  if (level.list) return value.split(',').every((word) => word === '' || level.options.includes(word));
  let rest = value;
  for (let cut = true; cut; ) {
    const option = level.options.find((each) => rest.endsWith(each));
    cut = option !== undefined;
    if (option) rest = rest.slice(0, -option.length);
  }
  return level.values.includes(rest);
}

/**
 * Returns the body of a top-level function in a gofmt-formatted file; undefined if there is no such function.
 */
export function functionBody(text: string, name: string): string | undefined {
  const start = text.search(new RegExp(`^func ${name}\\(`, 'm'));
  if (start < 0) return undefined;
  const end = text.indexOf('\n}', start);
  return text.slice(text.indexOf('{', start) + 1, end < 0 ? undefined : end + 1);
}

function goStrings(code: string): string[] {
  return [...code.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? '');
}

function unquoteLiteral(literal: string): string {
  const inner = literal.slice(1, -1);
  return literal.startsWith('`') ? inner : inner.replace(/\\(.)/g, '$1');
}

/**
 * Normalizes quotes and spaces of a command line as Go does for CC and the like; a text that cannot be split
 * is returned as is.
 */
export function normalizeCommand(value: string): string {
  const split = splitQuoted(value);
  return 'problem' in split ? value : (joinQuoted(split.fields) ?? split.fields.join(' '));
}
