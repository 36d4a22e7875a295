/**
 * Computes the build tags that settings put into force: those of `-tags`, and those that go adds for the
 * architecture level, experiments, sanitizers and a FIPS module (internal/buildcfg: ToolTags;
 * cmd/go/internal/cfg: computeExperiment; work: instrumentInit, tagsFlag; fips140: initDir). The tags of
 * system, architecture, cgo and release are in imports.ts.
 */
import { archLevelName, goMinor, releasedBuildDefaults } from './defaults.ts';
import { type Experiments, experimentsOn } from './experiments.ts';
import { flagValue, type Goflag, splitQuoted } from './goflags.ts';
import { type ArchLevel, functionBody, isArchLevelValid } from './goroot-source.ts';
import { sanitizers } from './sanitizer-platforms.ts';

/** The tags for architecture levels, as a toolchain defines them in `gogoarchTags`. */
export interface LevelTags {
  /** Architectures that have such tags. */
  readonly architectures: ReadonlySet<string>;
  /** Tags of WebAssembly that are set for every value of GOWASM. */
  readonly wasmAlways: readonly string[];
}

/** Parses `gogoarchTags` in the text of `internal/buildcfg/cfg.go`; undefined if the function is missing. */
export function parseLevelTags(text: string): LevelTags | undefined {
  const body = functionBody(text, 'gogoarchTags');
  if (body === undefined) return undefined;
  const cases = [...body.matchAll(/^\tcase ([^:\n]*):/gm)];
  const wasm = /^\tcase "wasm":\n((?:\t\t.*\n)*)/m.exec(body)?.[1] ?? '';
  const always = [...wasm.matchAll(/^\t\tlist = append\(list, GOARCH\+"\.(\w+)"\)/gm)];
  return {
    architectures: new Set(
      cases.flatMap(([, names = '']) => [...names.matchAll(/"(\w+)"/g)].map(([, name = '']) => name)),
    ),
    wasmAlways: always.map(([, name = '']) => name),
  };
}

/** The settings that decide the tags. */
export interface TagSettings {
  /** `os` and `arch` are the effective GOOS and GOARCH; `hostArch` is what the go binary was built for. */
  readonly os: string;
  readonly arch: string;
  readonly hostArch: string;
  /** Version of the go that builds, without the `go` prefix. */
  readonly version: string;
  readonly flags: readonly Goflag[];
  /** Effective values of GOEXPERIMENT and GOFIPS140. */
  readonly experiment: string;
  readonly fips: string;
  /** Returns the value of a variable in the process environment alone, `''` if it is not set there. */
  readonly process: (name: string) => string;
}

/**
 * Facts from the sources of the toolchain; where a GOROOT has none, the values of released toolchains are
 * used.
 */
export interface TagKnowledge {
  readonly experiments?: Experiments;
  readonly levels?: ReadonlyMap<string, ArchLevel>;
  readonly levelTags?: LevelTags;
  readonly buildDefaults?: ReadonlyMap<string, string>;
  /** Versions that aliases such as `inprocess` stand for, from lib/fips140. */
  readonly fipsAliases?: ReadonlyMap<string, string>;
}

/** Returns the effective architecture level; an invalid value counts as the built-in default. */
function levelOf(name: string, { process }: TagSettings, known: TagKnowledge, isAndroid: boolean): string {
  const builtIn = (known.buildDefaults ?? releasedBuildDefaults).get(name) ?? '';
  const usual = name === 'GOARM' && isAndroid ? '7' : builtIn;
  const value = process(name) || usual;
  const level = known.levels?.get(name);
  return level === undefined || isArchLevelValid(value, level) ? value : usual;
}

const upTo = (first: number, last: number, name: (at: number) => string) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => name(first + index));

/**
 * Lists the levels that a GOARM64 value includes. Version 9.0 includes 8.5, so 9.1 includes all up to 8.6.
 */
function arm64Levels(value: string): readonly string[] {
  const [, major = '8', minor = '0'] = /^v([89])\.(\d)/.exec(value) ?? [];
  const own = upTo(0, Number(minor), (at) => `v${major}.${at}`);
  return major === '9' ? [...own, ...upTo(0, Math.min(9, Number(minor) + 5), (at) => `v8.${at}`)] : own;
}

const numberIn = (value: string) => Number(/\d+/.exec(value)?.[0] ?? 0);

const levelsOf: Readonly<Record<string, (value: string) => readonly string[]>> = {
  GOAMD64: (value) => upTo(1, numberIn(value), (at) => `v${at}`),
  GOARM: (value) => upTo(5, numberIn(value), (at) => `${at}`),
  GOARM64: arm64Levels,
  GOPPC64: (value) => upTo(8, numberIn(value), (at) => `power${at}`),
  GORISCV64: (value) => [20, 22, 23].filter((year) => year <= numberIn(value)).map((year) => `rva${year}u64`),
  GOWASM: (value) => value.split(',').filter(Boolean),
};

/**
 * Returns the level tags of the released toolchains, for a GOROOT without sources. GOARM64 and GORISCV64
 * exist since Go 1.23; since 1.26 the GOWASM features are always on.
 */
function releasedLevelTags(arch: string, minor: number): LevelTags {
  const late = arch === 'arm64' || arch === 'riscv64';
  return {
    architectures: new Set(late && minor < 23 ? [] : [arch]),
    wasmAlways: minor >= 26 ? ['satconv', 'signext'] : [],
  };
}

/**
 * Returns the tags for the architecture level. Package buildcfg is initialized before go reads GOENV and
 * go.env, so only the process environment counts, for the architecture as well as for its level (measured
 * with 1.21, 1.24 and
 * 1.27: GOAMD64=v3 in GOENV does not set `amd64.v3`).
 */
function levelTags(settings: TagSettings, known: TagKnowledge): readonly string[] {
  const { process, hostArch, version } = settings;
  const arch = process('GOARCH') || hostArch;
  const name = archLevelName(arch);
  if (name === undefined) return [];
  const { architectures, wasmAlways } = known.levelTags ?? releasedLevelTags(arch, goMinor(version));
  if (!architectures.has(arch)) return [];
  const isAndroid = process('GOOS') === 'android' && process('GOARCH') === 'arm';
  const value = levelOf(name, settings, known, isAndroid);
  const levels = levelsOf[name]?.(value) ?? [value];
  return [...levels, ...(arch === 'wasm' ? wasmAlways : [])].map((level) => `${arch}.${level}`);
}

/** Reports whether strconv.ParseBool returns true for a value. */
const isTrue = (value: string | undefined) => /^(1|t|T|TRUE|true|True)$/.test(value ?? '');

/** Returns the tags that `-tags` names, separated by commas, or by blanks as before Go 1.13. */
export function namedTags(flags: readonly Goflag[]): readonly string[] {
  const value = flagValue(flags, 'tags') ?? '';
  if (!/[ ']/.test(value)) return value.split(',').filter(Boolean);
  const split = splitQuoted(value);
  return 'fields' in split ? split.fields : [];
}

function fipsTags({ fips }: TagSettings, { fipsAliases }: TagKnowledge): readonly string[] {
  const version = /^(v\d+\.\d+)\./.exec(fipsAliases?.get(fips) ?? fips)?.[1];
  return version === undefined ? [] : [`fips140${version}`];
}

/** Returns all build tags that the settings put into force, such as `amd64.v3` or `goexperiment.synctest`. */
export function settingTags(settings: TagSettings, known: TagKnowledge): ReadonlySet<string> {
  const { flags, experiment, os, arch } = settings;
  const experiments = known.experiments ?? {
    names: [],
    baseline: [],
    platformBaseline: {},
    regabiAlways: [],
  };
  // Without sources, only the experiments that GOEXPERIMENT names are known.
  const asked = known.experiments === undefined ? experiment.split(',').filter(Boolean) : [];
  return new Set([
    ...namedTags(flags),
    ...levelTags(settings, known),
    ...[...experimentsOn(experiment, experiments, { os, arch }), ...asked].map(
      (one) => `goexperiment.${one}`,
    ),
    ...sanitizers.filter((one) => isTrue(flagValue(flags, one))),
    ...fipsTags(settings, known),
  ]);
}
