/**
 * What the sources inside a GOROOT say about the Go that was built from them. Every GOROOT that can build carries `src`, so that
 * nothing of this needs a table of ours that ages with each release. Each function takes the text of one file (its path in the
 * comment), never throws, and gives an empty answer for a text that it does not understand.
 */
import { type Goflag, joinQuoted, splitQuoted } from './goflags.ts';

/** Paths below GOROOT of the files that the functions here read. */
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

/** `VERSION`: the label of the tree (`go1.27.4`), and since 1.21 the time of the release (RFC 3339). */
export function parseVersionFile(
  text: string,
): { readonly version: string; readonly time?: string } | undefined {
  const [first = '', ...rest] = text.split('\n', 8);
  const version = first.trim();
  if (!version) return undefined;
  const time = rest.map((line) => /^time (\S+)\s*$/.exec(line)?.[1]).find((found) => found !== undefined);
  return time === undefined ? { version } : { version, time };
}

/** `modfetch/key.go` and `modfetch/sumdb.go`: hosts of checksum databases whose keys this Go has built in, and their aliases. */
export function parseDatabaseHosts(keys: string, aliases: string): readonly string[] {
  const hosts = [...keys.matchAll(/^\t"([^"+]+)":/gm), ...aliases.matchAll(/\bgosumdb == "([^"]*\.[^"]*)"/g)];
  return hosts.flatMap(([, host]) => host ?? []);
}

/** `cmd/go/internal/cfg/cfg.go` of a Go before 1.21, which has no go.env: what GOPROXY and GOSUMDB are when nobody sets them. */
export function parseCompiledSettings(text: string): ReadonlyMap<string, string> {
  const found = [...text.matchAll(/^\s*(GOPROXY|GOSUMDB)\s*=\s*envOr\("\1", "([^"]*)"\)/gm)];
  return new Map(found.map(([, name = '', value = '']) => [name, value]));
}

/** `internal/cfg/cfg.go`: the variables that this Go takes from its environment and GOENV, in Go's order. */
export function parseKnownEnv(text: string): readonly string[] {
  const block = /const KnownEnv = `([^`]*)`/.exec(text)?.[1] ?? '';
  return block
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** `internal/buildcfg/zbootstrap.go`: built-in defaults by variable name (`GOAMD64` → `v1`), without the constants that are no string. */
export function parseBuildDefaults(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const match of text.matchAll(/^const [dD]efault([A-Z][A-Z0-9_]*) = (?:`([^`]*)`|"([^"]*)")/gm)) {
    if (match[1]) found.set(match[1], match[2] ?? match[3] ?? '');
  }
  return found;
}

/** Default C compilers of a toolchain: by `os/arch`, else by os, else one for all. */
export interface CompilerDefaults {
  readonly pairs: ReadonlyMap<string, string>;
  readonly systems: ReadonlyMap<string, string>;
  readonly fallback: string;
}

/** What `make.bash` baked in: distributions set other compilers here. */
export interface DefaultCompilers {
  readonly cc: CompilerDefaults;
  readonly cxx: CompilerDefaults;
  readonly pkgConfig: string;
}

/** `cmd/go/internal/cfg/zdefaultcc.go`. undefined when it holds no DefaultCC. */
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

/** The compiler that these defaults name for a target. */
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

/** `internal/platform/zosarch.go`: every pair, broken ones marked. Any pair outside it is refused as unsupported. */
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
 * `os/arch` of what the toolchain builds. A broken pair still does (windows/arm in 1.24), unless its architecture has none that
 * is not: sparc64 is listed, and the compiler does not know it.
 */
export function buildablePairs(platforms: readonly Platform[]): ReadonlySet<string> {
  const known = new Set(platforms.filter(({ broken }) => !broken).map(({ arch }) => arch));
  return new Set(platforms.filter(({ arch }) => known.has(arch)).map(({ os, arch }) => `${os}/${arch}`));
}

/** GODEBUG settings of a toolchain. */
export interface Godebugs {
  /** Settings with a table entry; the runtime's own (gctrace …) have none, so an unknown name is no error. */
  readonly known: readonly { readonly name: string; readonly changed?: number; readonly old?: string }[];
  /** Removed ones: setting them to one of `old` is refused since Go 1.`removed`. */
  readonly removed: readonly {
    readonly name: string;
    readonly removed: number;
    readonly old: readonly string[];
  }[];
}

/** `internal/godebugs/table.go`. */
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
 * Settings in a GODEBUG value that this toolchain has removed and of which any element asks for the removed behaviour: each one is looked at, whatever
 * follows it (measured with go1.27: `asynctimerchan=1,asynctimerchan=0` ends every command with exit code 2; internal/godebug, parse).
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

/** Flags that commands register without a line of their own in the documentation (cmd/go/internal/work/build.go, base/flag.go, modget/get.go). */
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
 * `cmd/go/alldocs.go`: names of flags that some go command has, and that GOFLAGS may therefore hold. A few words too many (flags of other
 * programs in examples), none too few: what is not in it is refused.
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
  // Flags of the test binary are also taken with the prefix that it gives them.
  const start = text.indexOf('// # Testing flags');
  const section = start < 0 ? '' : text.slice(start, text.indexOf('\n// # ', start + 5));
  for (const match of section.matchAll(/^\/\/\t-([a-z][a-z0-9]*)/gm))
    if (match[1]) names.add(`test.${match[1]}`);
  return names;
}

/** The first flag that no go command has: `go: parsing $GOFLAGS: unknown flag -name`, for every command but `go env` and `go bug`. */
export function unknownGoflag(flags: readonly Goflag[], known: ReadonlySet<string>): Goflag | undefined {
  return flags.find((flag) => !known.has(flag.name));
}

/** What values an architecture's feature level may have. */
export interface ArchLevel {
  readonly values: readonly string[];
  /** Suffixes such as `,softfloat`, or the features of a comma list where `list` is set. */
  readonly options: readonly string[];
  /** The value is a comma list of `options` (GOWASM). */
  readonly list: boolean;
  /** This toolchain stops at a bad value in its process environment; else it goes on and records it. */
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

/** `internal/buildcfg/cfg.go`: the levels that each variable takes. GO386 is not checked there but by the compiler alone. */
export function parseArchLevels(text: string): ReadonlyMap<string, ArchLevel> {
  const found = new Map<string, ArchLevel>();
  // `g, Error = ParseGoarm64(…)` runs after GOAMD64 and GOARM were read and wipes out what they reported (1.23–1.27).
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

/** Whether this toolchain knows the level. */
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

/** The text between the braces of a top-level function of a gofmt-ed file; undefined when it has none of that name. */
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

/** A command line as Go keeps it in CC and the like: quoted fields, spaces normalized; the text itself when it cannot be split. */
export function normalizeCommand(value: string): string {
  const split = splitQuoted(value);
  return 'problem' in split ? value : (joinQuoted(split.fields) ?? split.fields.join(' '));
}
