/**
 * What a variable is when nobody sets it, as each Go from 1.21 to 1.27 computes it: cmd/go/internal/cfg/cfg.go, cmd/go/internal/envcmd/env.go,
 * cmd/go/internal/cache/default.go, os/file.go (UserConfigDir, UserCacheDir), go/build/build.go (defaultGOPATH).
 * GOPROXY, GOSUMDB and GOTOOLCHAIN have no default in the program: they come from `$GOROOT/go.env`, without which they are empty. Before 1.21
 * there was neither that file nor GOTOOLCHAIN, and the other two were compiled in.
 */

import { type DefaultCompilers, defaultCompiler, type Platform } from './goroot-source.ts';
import { trimSpace } from './space.ts';

/** The go command in question and its surroundings. Paths are absolute, '' stands for "not set". */
export interface GoFacts {
  /** Version of the go binary without `go`: `1.26.8`; of a development version its language version, `1.28`. */
  readonly version: string;
  /** `runtime.Version()` of the binary, as build information has it: `go1.26.8`. */
  readonly runtimeVersion?: string;
  /** What the binary was built for, in Go's words: `linux`, `amd64`. */
  readonly os: string;
  readonly arch: string;
  /** The tree that the binary finds from its own place (`findGOROOT` without GOROOT). */
  readonly goroot: string;
  /** `runtime.GOROOT()` compiled into the binary; '' in releases, which are built with -trimpath. */
  readonly bakedGoroot?: string;
  /** HOME, XDG_CONFIG_HOME and XDG_CACHE_HOME of the environment in question. */
  readonly home: string;
  readonly xdgConfigHome?: string;
  readonly xdgCacheHome?: string;
  /** Path of a command as exec.LookPath finds it on the PATH in question, else undefined. Asked for compilers only. */
  readonly lookPath: (command: string) => string | undefined;
  /** Where a go command runs; needed for GOBIN in GOPATH mode (1.27). */
  readonly cwd?: string;
  /** Nearest go.mod upwards; `inTempRoot` when it lies directly in the temporary folder, where go ignores it. */
  readonly goMod?: { readonly path: string; readonly inTempRoot?: boolean };
  /** Nearest go.work upwards, not searched beyond GOROOT. */
  readonly goWork?: string;
  /** Text of a telemetry mode file by its path, undefined when there is none. */
  readonly telemetryMode?: (path: string) => string | undefined;
  /** What the toolchain's own sources say (goroot-source.ts); without them the values of the released toolchains are taken. */
  readonly sources?: {
    readonly buildDefaults?: ReadonlyMap<string, string>;
    readonly compilers?: DefaultCompilers;
    readonly platforms?: readonly Platform[];
    /** GOPROXY and GOSUMDB of a Go before 1.21. */
    readonly compiledSettings?: ReadonlyMap<string, string>;
  };
}

/** {@link GoFacts} with the other variables: some defaults follow from them. */
export interface DefaultFacts extends GoFacts {
  /** Effective value of another variable, '' when it has none. */
  readonly effective: (name: string) => string;
  /** Value in the process environment, '' when it has none. */
  readonly process: (name: string) => string;
}

/** A default, and the variable that it follows from where it does. */
export interface Default {
  readonly value: string;
  /** What it is where nothing is missing, if it is another value only because something is. */
  readonly usual?: string;
  readonly from?: string;
}

/** Minor number of a Go version, `1.26.8` → 26; 0 for what is none. */
export function goMinor(version: string): number {
  return Number(/^1\.(\d{1,4})(?!\d)/.exec(version)?.[1] ?? 0);
}

/** Whether this Go reads `$GOROOT/go.env` and may switch to another one: both came with 1.21. A version that is none counts as new. */
export function knowsToolchains(version: string): boolean {
  const minor = goMinor(version);
  return minor === 0 || minor >= 21;
}

/** The variables that Go's releases set in `$GOROOT/go.env`: the file itself says to what. */
export const shippedNames: ReadonlySet<string> = new Set(['GOPROXY', 'GOSUMDB', 'GOTOOLCHAIN']);
/** Releases say `auto`; distributions and images keep to the Go that they come with. */
const shippedToolchains: ReadonlySet<string> = new Set(['auto', 'local']);

/** What a release would have in `$GOROOT/go.env` instead of this value: the value itself where it may be a release's; undefined for names that none has there. */
export function shippedSetting(name: string, value: string): string | undefined {
  if (!shippedNames.has(name)) return undefined;
  return name === 'GOTOOLCHAIN' && !shippedToolchains.has(value) ? 'auto' : value;
}

/** filepath.Clean on Unix. */
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

/** filepath.Join on Unix: empty elements do not count. */
export function joinPath(...parts: readonly string[]): string {
  const given = parts.filter((part) => part !== '');
  return given.length === 0 ? '' : cleanPath(given.join('/'));
}

/** os.UserConfigDir; undefined where it fails. A relative XDG_CONFIG_HOME is an error since 1.24. */
export function userConfigDir(facts: GoFacts): string | undefined {
  if (isApple(facts.os)) return facts.home === '' ? undefined : `${facts.home}/Library/Application Support`;
  return xdgDir(facts, facts.xdgConfigHome, '/.config');
}

/** os.UserCacheDir; undefined where it fails. */
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

/** The feature level variable of an architecture (cfg.GetArchEnv); GOARM64 and GORISCV64 exist since 1.23. */
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

/** All of them. */
export const archLevelNames: ReadonlySet<string> = new Set(Object.values(archLevels));

/** zbootstrap.go of the released toolchains 1.21–1.27 for linux/amd64; used only where a GOROOT has no sources. */
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
/** What cmd/dist writes when nobody chose a compiler (`defaultcc` in cmd/dist/buildgo.go). */
const releasedCompilers: DefaultCompilers = {
  cc: { pairs: new Map(), systems: new Map(clang.map((os) => [os, 'clang'])), fallback: 'gcc' },
  cxx: { pairs: new Map(), systems: new Map(clang.map((os) => [os, 'clang++'])), fallback: 'g++' },
  pkgConfig: 'pkg-config',
};

/** The default of a variable; undefined for one that this Go does not compute a default for, or does not know. */
export function defaultValue(name: string, facts: DefaultFacts): string | undefined {
  return defaultOf(name, facts)?.value;
}

/** As {@link defaultValue}, with the variable that the default follows from. */
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
    // Inferred from a relative HOME it is dropped again (cmd/go/main.go).
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

/** Only the level of the target's own architecture has a default; `go env` leaves the others out. */
function archLevelDefault(facts: DefaultFacts, name: string): Default {
  const arch = facts.effective('GOARCH');
  if (archLevelName(arch) !== name) return { value: '' };
  const from = arch === facts.arch ? {} : { from: 'GOARCH' };
  const minor = goMinor(facts.version);
  const value = built(facts, name);
  if (name !== 'GOARM' || minor >= 24) return { value, ...from };
  // Until 1.23 the value went through buildcfg: Android has 7 always, and 1.22 and 1.23 spelled out the floating point.
  const level = facts.process('GOOS') === 'android' && facts.process('GOARCH') === 'arm' ? '7' : value;
  if (minor < 22 || level.includes(',')) return { value: level, ...from };
  return { value: `${level},${level === '5' ? 'softfloat' : 'hardfloat'}`, ...from };
}

/**
 * On for a build for the host itself where the platform has cgo and a C compiler is there. The compiler is looked for only while CC is not in
 * the process environment; a CC in GOENV does not count (defaultContext in cfg.go).
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

/** `go` below HOME, unless that is the GOROOT that the binary knows before it has looked for one. */
function rawGopath(facts: DefaultFacts): string {
  if (facts.home === '') return '';
  const path = joinPath(facts.home, 'go');
  const known = facts.process('GOROOT') || facts.bakedGoroot || '';
  return known !== '' && cleanPath(known) === path ? '' : path;
}

/** Since 1.27 the answer is where `go install` would put a binary; empty before. */
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

/** TEST_TELEMETRY_DIR moves the folder (cmd/internal/telemetry; undocumented). */
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
