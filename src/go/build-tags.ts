/**
 * Build tags that hold because of settings, beside system, architecture, cgo and release (imports.ts): those of -tags, and those that go sets by itself
 * for the level of the architecture, for experiments, sanitizers and a FIPS module (internal/buildcfg: ToolTags; cmd/go/internal/cfg: computeExperiment;
 * work: instrumentInit, tagsFlag; fips140: initDir).
 */
import { archLevelName, goMinor, releasedBuildDefaults } from './defaults.ts';
import { type Experiments, experimentsOn } from './experiments.ts';
import { flagValue, type Goflag, splitQuoted } from './goflags.ts';
import { type ArchLevel, functionBody, isArchLevelValid } from './goroot-source.ts';
import { sanitizers } from './sanitizer-platforms.ts';

/** What a Go says of the tags for levels (`gogoarchTags`). */
export interface LevelTags {
  /** Architectures that have any. */
  readonly architectures: ReadonlySet<string>;
  /** Tags of WebAssembly that hold whatever GOWASM is. */
  readonly wasmAlways: readonly string[];
}

/** `internal/buildcfg/cfg.go`; undefined when it has no such function. */
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

/** What the tags follow from. */
export interface TagSettings {
  /** GOOS and GOARCH in force, and what the go itself was built for. */
  readonly os: string;
  readonly arch: string;
  readonly hostArch: string;
  /** Of the go that builds, without `go`. */
  readonly version: string;
  readonly flags: readonly Goflag[];
  /** Value in force of GOEXPERIMENT and GOFIPS140. */
  readonly experiment: string;
  readonly fips: string;
  /** Value in the process environment alone, `''` without one. */
  readonly process: (name: string) => string;
}

/** What the go that builds says of itself; without sources the values of the released ones are taken. */
export interface TagKnowledge {
  readonly experiments?: Experiments;
  readonly levels?: ReadonlyMap<string, ArchLevel>;
  readonly levelTags?: LevelTags;
  readonly buildDefaults?: ReadonlyMap<string, string>;
  /** What `inprocess` and the like stand for in lib/fips140. */
  readonly fipsAliases?: ReadonlyMap<string, string>;
}

/** Of an invalid value goes what is built in. */
function levelOf(name: string, { process }: TagSettings, known: TagKnowledge, isAndroid: boolean): string {
  const builtIn = (known.buildDefaults ?? releasedBuildDefaults).get(name) ?? '';
  const usual = name === 'GOARM' && isAndroid ? '7' : builtIn;
  const value = process(name) || usual;
  const level = known.levels?.get(name);
  return level === undefined || isArchLevelValid(value, level) ? value : usual;
}

const upTo = (first: number, last: number, name: (at: number) => string) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => name(first + index));

/** Version 9 goes on from 8.5, so 9.1 has all that 8.6 has. */
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

/** GOARM64 and GORISCV64 came with Go 1.23; since 1.26 the features of GOWASM are always there. */
function releasedLevelTags(arch: string, minor: number): LevelTags {
  const late = arch === 'arm64' || arch === 'riscv64';
  return {
    architectures: new Set(late && minor < 23 ? [] : [arch]),
    wasmAlways: minor >= 26 ? ['satconv', 'signext'] : [],
  };
}

/**
 * Tags for the level of the architecture. buildcfg is set up before go reads GOENV and go.env: the environment of the process alone counts, for the
 * architecture as for its level (measured with 1.21, 1.24 and 1.27: with GOAMD64=v3 in GOENV `amd64.v3` does not hold).
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

/** strconv.ParseBool. */
const isTrue = (value: string | undefined) => /^(1|t|T|TRUE|true|True)$/.test(value ?? '');

/** Words of `-tags`: with blanks between them, as before Go 1.13, or with commas. */
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

/** All of them. */
export function settingTags(settings: TagSettings, known: TagKnowledge): ReadonlySet<string> {
  const { flags, experiment, os, arch } = settings;
  const experiments = known.experiments ?? {
    names: [],
    baseline: [],
    platformBaseline: {},
    regabiAlways: [],
  };
  // Of a go without sources nothing but what is asked for is known.
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
