/**
 * Computes the default value of each variable as Go 1.21 to 1.27 do: cmd/go/internal/cfg/cfg.go,
 * cmd/go/internal/envcmd/env.go, cmd/go/internal/cache/default.go, os/file.go (UserConfigDir, UserCacheDir),
 * go/build/build.go (defaultGOPATH).
 *
 * GOPROXY, GOSUMDB and GOTOOLCHAIN have no compiled-in default: `$GOROOT/go.env` sets them, and without that
 * file they are empty. Before 1.21 there was neither go.env nor GOTOOLCHAIN, and the other two were compiled
 * in.
 */

import { type DefaultCompilers, defaultCompiler, type Platform } from './goroot-source.ts';
import { trimSpace } from './space.ts';

/** A go command and its surroundings. Paths are absolute; '' means "not set". */
export interface GoFacts {
  /**
   * Version of the go binary without the `go` prefix: `1.26.8`. A development version has its language
   * version, `1.28`.
   */
  readonly version: string;
  /** `runtime.Version()` of the binary, as build information has it: `go1.26.8`. */
  readonly runtimeVersion?: string;
  /** GOOS and GOARCH that the binary was built for: `linux`, `amd64`. */
  readonly os: string;
  readonly arch: string;
  /** The GOROOT that the binary derives from its own path (`findGOROOT` while GOROOT is not set). */
  readonly goroot: string;
  /** `runtime.GOROOT()` compiled into the binary; '' in releases, which are built with -trimpath. */
  readonly bakedGoroot?: string;
  /** HOME, XDG_CONFIG_HOME and XDG_CACHE_HOME of the environment. */
  readonly home: string;
  readonly xdgConfigHome?: string;
  readonly xdgCacheHome?: string;
  /**
   * Returns the path of a command as exec.LookPath finds it on the PATH of the environment. Called for
   * compilers only.
   */
  readonly lookPath: (command: string) => string | undefined;
  /** Working directory of the go command; needed for GOBIN in GOPATH mode (1.27). */
  readonly cwd?: string;
  /**
   * The nearest go.mod upwards; `inTempRoot` if it is directly in the temporary directory, where go ignores
   * it.
   */
  readonly goMod?: { readonly path: string; readonly inTempRoot?: boolean };
  /** The nearest go.work upwards; the search does not go beyond GOROOT. */
  readonly goWork?: string;
  /** Returns the text of a telemetry mode file, undefined if it does not exist. */
  readonly telemetryMode?: (path: string) => string | undefined;
  /**
   * Facts from the sources of the toolchain (goroot-source.ts); without them the values of released
   * toolchains are used.
   */
  readonly sources?: {
    readonly buildDefaults?: ReadonlyMap<string, string>;
    readonly compilers?: DefaultCompilers;
    readonly platforms?: readonly Platform[];
    /** GOPROXY and GOSUMDB of a Go before 1.21. */
    readonly compiledSettings?: ReadonlyMap<string, string>;
  };
}

/** {@link GoFacts} plus access to other variables, which some defaults are derived from. */
export interface DefaultFacts extends GoFacts {
  /** Effective value of another variable, '' when it has none. */
  readonly effective: (name: string) => string;
  /** Value in the process environment, '' when it has none. */
  readonly process: (name: string) => string;
}

/** A default value, and in `from` the variable that it is derived from, if any. */
export interface Default {
  readonly value: string;
  /**
   * The default of a complete host, if `value` differs only because something is missing (CGO_ENABLED without
   * a C compiler).
   */
  readonly usual?: string;
  readonly from?: string;
}

/** Returns the minor number of a Go version (`'1.26.8'` → 26), or 0 if the text is no Go version. */
export function goMinor(version: string): number {
  return Number(/^1\.(\d{1,4})(?!\d)/.exec(version)?.[1] ?? 0);
}

/**
 * Reports whether a Go reads `$GOROOT/go.env` and can switch to another toolchain: both came with 1.21. An
 * unparsable version counts as new.
 */
export function knowsToolchains(version: string): boolean {
  const minor = goMinor(version);
  return minor === 0 || minor >= 21;
}

/** The variables that Go releases set in `$GOROOT/go.env`. */
export const shippedNames: ReadonlySet<string> = new Set(['GOPROXY', 'GOSUMDB', 'GOTOOLCHAIN']);
/**
 * Values of GOTOOLCHAIN in shipped go.env files: releases set `auto`, distributions and images often `local`.
 */
const shippedToolchains: ReadonlySet<string> = new Set(['auto', 'local']);

/**
 * Returns the value that a shipped `$GOROOT/go.env` would have for a variable: the given value if it may be a
 * shipped one, else the released one; undefined for variables that no release sets there.
 */
export function shippedSetting(name: string, value: string): string | undefined {
  if (!shippedNames.has(name)) return undefined;
  return name === 'GOTOOLCHAIN' && !shippedToolchains.has(value) ? 'auto' : value;
}

/** Cleans a path as filepath.Clean does on Unix. */
export function cleanPath(path: string): string {
  const rooted = path.startsWith('/');
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') out.push(part);
    else if (out.length > 0 && out.at(-1) !== '..') out.pop();
    else if (!rooted) out.push('..');
  }
  const clean = out.join('/');
  return rooted ? `/${clean}` : clean || '.';
}

/** Joins paths as filepath.Join does on Unix: empty elements are ignored. */
export function joinPath(...parts: readonly string[]): string {
  const given = parts.filter((part) => part !== '');
  return given.length === 0 ? '' : cleanPath(given.join('/'));
}

/** Returns os.UserConfigDir, undefined if that fails. A relative XDG_CONFIG_HOME is an error since 1.24. */
export function userConfigDir(facts: GoFacts): string | undefined {
  if (isApple(facts.os)) return facts.home === '' ? undefined : `${facts.home}/Library/Application Support`;
  return xdgDir(facts, facts.xdgConfigHome, '/.config');
}

/** Returns os.UserCacheDir, undefined if that fails. */
export function userCacheDir(facts: GoFacts): string | undefined {
  if (isApple(facts.os)) return facts.home === '' ? undefined : `${facts.home}/Library/Caches`;
  return xdgDir(facts, facts.xdgCacheHome, '/.cache');
}

function isApple(os: string): boolean {
  return os === 'darwin' || os === 'ios';
}

function xdgDir(facts: GoFacts, xdg: string | undefined, below: string): string | undefined {
  if (!xdg) return facts.home === '' ? undefined : facts.home + below;
  return xdg.startsWith('/') || goMinor(facts.version) < 24 ? xdg : undefined;
}

/**
 * Returns the name of the architecture level variable of a GOARCH (cfg.GetArchEnv): `'amd64'` → `'GOAMD64'`.
 * GOARM64 and GORISCV64 exist since 1.23.
 */
export function archLevelName(goarch: string): string | undefined {
  return archLevels[goarch];
}

const archLevels: Readonly<Record<string, string>> = {
  arm: 'GOARM',
  arm64: 'GOARM64',
  '386': 'GO386',
  amd64: 'GOAMD64',
  mips: 'GOMIPS',
  mipsle: 'GOMIPS',
  mips64: 'GOMIPS64',
  mips64le: 'GOMIPS64',
  ppc64: 'GOPPC64',
  ppc64le: 'GOPPC64',
  riscv64: 'GORISCV64',
  wasm: 'GOWASM',
};

/** The names of all architecture level variables. */
export const archLevelNames: ReadonlySet<string> = new Set(Object.values(archLevels));

/**
 * zbootstrap.go of the released toolchains 1.21–1.27 for linux/amd64; used only where a GOROOT has no
 * sources.
 */
export const releasedBuildDefaults: ReadonlyMap<string, string> = new Map([
  ['GO386', 'sse2'],
  ['GOAMD64', 'v1'],
  ['GOARM', '7'],
  ['GOARM64', 'v8.0'],
  ['GOMIPS', 'hardfloat'],
  ['GOMIPS64', 'hardfloat'],
  ['GOPPC64', 'power8'],
  ['GORISCV64', 'rva20u64'],
  ['GOFIPS140', 'off'],
]);

const clang = ['darwin', 'ios', 'freebsd', 'openbsd'];
/** The compilers that cmd/dist writes when none was configured (`defaultcc` in cmd/dist/buildgo.go). */
const releasedCompilers: DefaultCompilers = {
  cc: { pairs: new Map(), systems: new Map(clang.map((os) => [os, 'clang'])), fallback: 'gcc' },
  cxx: { pairs: new Map(), systems: new Map(clang.map((os) => [os, 'clang++'])), fallback: 'g++' },
  pkgConfig: 'pkg-config',
};

/**
 * Returns the default of a variable; undefined if this Go does not know the variable or computes no default
 * for it.
 */
export function defaultValue(name: string, facts: DefaultFacts): string | undefined {
  return defaultOf(name, facts)?.value;
}

/** Like {@link defaultValue}, but also returns the variable that the default is derived from. */
export function defaultOf(name: string, facts: DefaultFacts): Default | undefined {
  return (
    (byName[name] ?? levelDefaults[name])?.(facts, name) ??
    (emptyByDefault.has(name) ? { value: '' } : undefined)
  );
}

type Rule = (facts: DefaultFacts, name: string) => Default;

const emptyByDefault: ReadonlySet<string> = new Set([
  'GO111MODULE',
  'GOCACHEPROG',
  'GODEBUG',
  'GOFLAGS',
  'GOINSECURE',
  'GOPACKAGESDRIVER',
  'GOPRIVATE',
  'GOTMPDIR',
  'GOTOOLCHAIN',
  'GOVCS',
  'GO_EXTLINK_ENABLED',
  'FC',
  ...['CFLAGS', 'CPPFLAGS', 'CXXFLAGS', 'FFLAGS', 'LDFLAGS'].flatMap((each) => [
    `CGO_${each}_ALLOW`,
    `CGO_${each}_DISALLOW`,
  ]),
]);

const cDefault: Rule = () => ({ value: '-O2 -g' });
const followPrivate: Rule = ({ effective }) => {
  const value = effective('GOPRIVATE');
  return value === '' ? { value } : { value, from: 'GOPRIVATE' };
};

const compiledIn: Rule = ({ version, sources }, name) => ({
  value: knowsToolchains(version) ? '' : (sources?.compiledSettings?.get(name) ?? ''),
});

const byName: Readonly<Record<string, Rule>> = {
  AR: () => ({ value: 'ar' }),
  CC: (facts) => ({ value: compiler(facts, 'cc') }),
  CXX: (facts) => ({ value: compiler(facts, 'cxx') }),
  CGO_CFLAGS: cDefault,
  CGO_CPPFLAGS: () => ({ value: '' }),
  CGO_CXXFLAGS: cDefault,
  CGO_FFLAGS: cDefault,
  CGO_LDFLAGS: cDefault,
  CGO_ENABLED: cgoEnabled,
  GCCGO: ({ lookPath }) => ({ value: lookPath('gccgo') ?? 'gccgo' }),
  GOARCH: ({ arch }) => ({ value: arch }),
  GOAUTH: () => ({ value: 'netrc' }),
  GOBIN: gobin,
  GOCACHE: (facts) => {
    const dir = userCacheDir(facts);
    return { value: dir === undefined ? 'off' : joinPath(dir, 'go-build') };
  },
  GOENV: (facts) => {
    const dir = userConfigDir(facts);
    return { value: dir === undefined ? '' : joinPath(dir, 'go/env') };
  },
  GOEXE: ({ effective }) =>
    effective('GOOS') === 'windows' ? { value: '.exe', from: 'GOOS' } : { value: '' },
  GOEXPERIMENT: (facts) => ({ value: built(facts, 'GOEXPERIMENT') }),
  GOFIPS140: (facts) => ({ value: built(facts, 'GOFIPS140') }),
  GOHOSTARCH: ({ arch }) => ({ value: arch }),
  GOHOSTOS: ({ os }) => ({ value: os }),
  GOMOD: gomod,
  GOMODCACHE: (facts) => {
    const [first = ''] = (facts.effective('GOPATH') || rawGopath(facts)).split(':');
    return { value: first === '' ? '' : joinPath(first, 'pkg/mod'), from: 'GOPATH' };
  },
  GONOPROXY: followPrivate,
  GONOSUMDB: followPrivate,
  GOOS: ({ os }) => ({ value: os }),
  GOPATH: (facts) => {
    // Go drops a GOPATH that it inferred from a relative HOME (cmd/go/main.go).
    const path = rawGopath(facts);
    return { value: path.startsWith('/') ? path : '' };
  },
  GOPROXY: compiledIn,
  GOROOT: ({ goroot }) => ({ value: goroot }),
  GOSUMDB: compiledIn,
  GOTELEMETRY: telemetry,
  GOTELEMETRYDIR: (facts) => ({ value: telemetryDir(facts) ?? '' }),
  GOTOOLDIR: (facts) => {
    const root = facts.effective('GOROOT');
    return {
      value: root === '' ? '' : joinPath(root, 'pkg', 'tool', `${facts.os}_${facts.arch}`),
      from: 'GOROOT',
    };
  },
  GOVERSION: (facts) => ({ value: facts.runtimeVersion ?? `go${facts.version}` }),
  GOWORK: ({ goWork }) => ({ value: goWork ?? '' }),
  PKG_CONFIG: ({ sources }) => ({ value: (sources?.compilers ?? releasedCompilers).pkgConfig }),
};

const levelDefaults: Readonly<Record<string, Rule>> = Object.fromEntries(
  Object.values(archLevels).map((name) => [name, archLevelDefault]),
);

function built(facts: DefaultFacts, name: string): string {
  return (facts.sources?.buildDefaults ?? releasedBuildDefaults).get(name) ?? '';
}

function compiler(facts: DefaultFacts, which: 'cc' | 'cxx'): string {
  const compilers = facts.sources?.compilers ?? releasedCompilers;
  return defaultCompiler(compilers[which], facts.effective('GOOS'), facts.effective('GOARCH'));
}

/**
 * Returns the default of a level variable. Only that of the effective GOARCH has one; `go env` omits the
 * others.
 */
function archLevelDefault(facts: DefaultFacts, name: string): Default {
  const arch = facts.effective('GOARCH');
  if (archLevelName(arch) !== name) return { value: '' };
  const from = arch === facts.arch ? {} : { from: 'GOARCH' };
  const minor = goMinor(facts.version);
  const value = built(facts, name);
  if (name !== 'GOARM' || minor >= 24) return { value, ...from };
  // Until 1.23 buildcfg computed the value: always 7 on Android, and 1.22 and 1.23 appended the
  // floating-point mode.
  const level = facts.process('GOOS') === 'android' && facts.process('GOARCH') === 'arm' ? '7' : value;
  if (minor < 22 || level.includes(',')) return { value: level, ...from };
  return { value: `${level},${level === '5' ? 'softfloat' : 'hardfloat'}`, ...from };
}

/**
 * Returns the default of CGO_ENABLED: 1 if the build is for the host itself, the platform supports cgo and a
 * C compiler is found. Go searches for the compiler only if CC is not in the process environment; a CC in
 * GOENV does not count (defaultContext in cfg.go).
 */
function cgoEnabled(facts: DefaultFacts): Default {
  const fixed = goMinor(facts.version) >= 25 ? built(facts, 'CGO_ENABLED') : '';
  if (fixed === '0' || fixed === '1') return { value: fixed };
  const [os, arch] = [facts.effective('GOOS'), facts.effective('GOARCH')];
  if (os !== facts.os) return { value: '0', from: 'GOOS' };
  if (arch !== facts.arch) return { value: '0', from: 'GOARCH' };
  const platform = facts.sources?.platforms?.find((each) => each.os === os && each.arch === arch);
  if (platform && !platform.cgo) return { value: '0' };
  if (facts.process('CC') !== '' || facts.lookPath(compiler(facts, 'cc')) !== undefined)
    return { value: '1' };
  return { value: '0', usual: '1', from: 'CC' };
}

/** Returns `$HOME/go`, or '' if that is the GOROOT which the binary knows before it searches for one. */
function rawGopath(facts: DefaultFacts): string {
  if (facts.home === '') return '';
  const path = joinPath(facts.home, 'go');
  const known = facts.process('GOROOT') || facts.bakedGoroot || '';
  return known !== '' && cleanPath(known) === path ? '' : path;
}

/**
 * Returns the default of GOBIN: empty before 1.27; since then the directory where `go install` puts binaries.
 */
function gobin(facts: DefaultFacts): Default {
  if (goMinor(facts.version) < 27) return { value: '' };
  const list = facts.effective('GOPATH').split(':');
  const [first = ''] = list;
  if (moduleMode(facts)) return { value: first === '' ? '' : joinPath(first, 'bin'), from: 'GOPATH' };
  if (facts.cwd === undefined || facts.effective('GOPATH') === '') return { value: '' };
  const inside = list.find((each) => facts.cwd?.startsWith(each));
  return { value: joinPath(inside ?? first, 'bin'), from: 'GOPATH' };
}

function moduleMode(facts: DefaultFacts): boolean {
  const mode = facts.effective('GO111MODULE');
  if (mode === 'off') return false;
  return mode !== 'auto' || (facts.goMod !== undefined && !facts.goMod.inTempRoot);
}

function gomod(facts: DefaultFacts): Default {
  if (!moduleMode(facts)) return { value: '', from: 'GO111MODULE' };
  return { value: facts.goMod && !facts.goMod.inTempRoot ? facts.goMod.path : '/dev/null' };
}

/**
 * Returns the telemetry directory; the undocumented TEST_TELEMETRY_DIR overrides it (cmd/internal/telemetry).
 */
function telemetryDir(facts: DefaultFacts): string | undefined {
  const own = facts.process('TEST_TELEMETRY_DIR');
  if (own !== '') return own;
  const dir = userConfigDir(facts);
  return dir === undefined ? undefined : joinPath(dir, 'go', 'telemetry');
}

function telemetry(facts: DefaultFacts): Default {
  const dir = telemetryDir(facts);
  if (dir === undefined) return { value: 'off' };
  const text = facts.telemetryMode?.(joinPath(dir, 'mode'));
  if (text === undefined) return { value: 'local' };
  return { value: trimSpace(text).split(' ', 1)[0] ?? '' };
}
