import { expect, test } from 'vitest';
import {
  parseLevelTags,
  settingTags,
  type TagKnowledge,
  type TagSettings,
} from '../../../src/go/build-tags.ts';
import { experimentsOn, parseExperiments } from '../../../src/go/experiments.ts';
import { parseGoflags } from '../../../src/go/goflags.ts';
import { type BuildTarget, constraintHolds, nameFits } from '../../../src/go/imports.ts';

interface Given {
  readonly process?: Readonly<Record<string, string>>;
  readonly goflags?: string;
  readonly known?: TagKnowledge;
}

function tagsOf({
  process = {},
  goflags = '',
  known = {},
  ...others
}: Given & Partial<Omit<TagSettings, 'process'>>): string[] {
  const settings: TagSettings = {
    os: 'linux',
    arch: 'amd64',
    hostArch: 'amd64',
    version: '1.27.4',
    flags: parseGoflags(goflags).flags,
    experiment: '',
    fips: 'off',
    ...others,
    process: (name) => process[name] ?? '',
  };
  return [...settingTags(settings, known)].sort();
}

test('architecture level tags follow the process environment', () => {
  expect(tagsOf({})).toEqual(['amd64.v1']);
  expect(tagsOf({ process: { GOAMD64: 'v3' } })).toEqual(['amd64.v1', 'amd64.v2', 'amd64.v3']);
  // GOARCH in GOENV does not count: internal/buildcfg is initialised before GOENV is read.
  expect(tagsOf({ arch: 'arm64' })).toEqual(['amd64.v1']);
  const arm64 = { process: { GOARCH: 'arm64', GOARM64: 'v9.1,lse' } };
  expect(tagsOf(arm64).slice(-3)).toEqual(['arm64.v8.6', 'arm64.v9.0', 'arm64.v9.1']);
  expect(tagsOf({ ...arm64, version: '1.21.13' })).toEqual([]);
  expect(tagsOf({ process: { GOARCH: 'arm', GOOS: 'android' } })).toEqual(['arm.5', 'arm.6', 'arm.7']);
  expect(tagsOf({ process: { GOARCH: 'wasm' } })).toEqual(['wasm.satconv', 'wasm.signext']);
  expect(tagsOf({ process: { GOARCH: 'riscv64', GORISCV64: 'rva22u64' } })).toEqual([
    'riscv64.rva20u64',
    'riscv64.rva22u64',
  ]);
  expect(tagsOf({ process: { GOARCH: 's390x' } })).toEqual([]);
});

test('GOFLAGS and GOFIPS140 add their tags', () => {
  expect(tagsOf({ goflags: '-race -tags=x,,y -asan=0' })).toEqual(['amd64.v1', 'race', 'x', 'y']);
  expect(tagsOf({ goflags: "'-tags=a b' -msan=T" })).toEqual(['a', 'amd64.v1', 'b', 'msan']);
  expect(tagsOf({ goflags: `"-tags='a"` })).toEqual(['amd64.v1']);
  expect(tagsOf({ fips: 'v1.0.0' })).toEqual(['amd64.v1', 'fips140v1.0']);
  const known = { fipsAliases: new Map([['inprocess', 'v1.26.0']]) };
  expect(tagsOf({ fips: 'inprocess', known })).toEqual(['amd64.v1', 'fips140v1.26']);
});

const exp = `	var regabiSupported, regabiAlwaysOn bool
	switch goarch {
	case "amd64", "arm64":
		regabiAlwaysOn = true
		regabiSupported = true
	case "s390x":
		regabiSupported = true
	}
	dwarf5Supported := (goos != "darwin" && goos != "aix")

	baseline := goexperiment.Flags{
		RegabiWrappers: regabiSupported,
		RegabiArgs:     regabiSupported,
		Dwarf5:         dwarf5Supported,
		JSONv2:         true,
	}
`;
const flags =
  'type Flags struct {\n\tRegabiWrappers bool\n\tRegabiArgs bool\n\tDwarf5 bool\n\tJSONv2 bool\n\tBoringCrypto bool\n}\n';

test('experimentsOn combines the baseline of the platform with GOEXPERIMENT', () => {
  const experiments = parseExperiments(flags, exp);
  const on = (value: string, os: string, arch: string) =>
    [...experimentsOn(value, experiments, { os, arch })].sort();
  const regabi = ['regabiargs', 'regabiwrappers'];
  expect(on('', 'linux', 'amd64')).toEqual(['dwarf5', 'jsonv2', ...regabi]);
  expect(on('', 'darwin', 'mips')).toEqual(['jsonv2']);
  expect(on('none', 'linux', 'amd64')).toEqual(regabi);
  expect(on('none,boringcrypto,nothing', 'linux', 's390x')).toEqual(['boringcrypto']);
  expect(on('noregabi,nojsonv2', 'linux', 's390x')).toEqual(['dwarf5']);
  expect(on('regabi', 'aix', 'mips')).toEqual(['jsonv2']);
  expect(tagsOf({ experiment: 'none,boringcrypto', known: { experiments } })).toEqual([
    'amd64.v1',
    ...['boringcrypto', ...regabi].map((name) => `goexperiment.${name}`),
  ]);
});

test('parseLevelTags reads which architectures have level tags', () => {
  const text =
    'func gogoarchTags() []string {\n\tswitch GOARCH {\n\tcase "386":\n\t\treturn nil\n\tcase "mips", "mipsle":\n\t\treturn nil\n\tcase "wasm":\n\t\tvar list []string\n\t\tlist = append(list, GOARCH+".satconv")\n\t\tif GOWASM.SignExt {\n\t\t\tlist = append(list, GOARCH+".signext")\n\t\t}\n\t}\n\treturn nil\n}\n';
  const levelTags = parseLevelTags(text);
  expect(levelTags).toEqual({
    architectures: new Set(['386', 'mips', 'mipsle', 'wasm']),
    wasmAlways: ['satconv'],
  });
  expect(parseLevelTags('package buildcfg\n')).toBeUndefined();
  if (levelTags !== undefined) expect(tagsOf({ known: { levelTags } })).toEqual([]);
});

test('constraintHolds knows unix, implied systems, the compiler, boringcrypto and releases', () => {
  const target: BuildTarget = {
    os: 'ios',
    arch: 'arm64',
    cgo: false,
    goMinor: 27,
    compiler: 'gccgo',
    tags: new Set(['goexperiment.boringcrypto']),
  };
  const holding = 'ios darwin unix gccgo boringcrypto goexperiment.boringcrypto go1.1 go1.27'.split(' ');
  for (const tag of holding) expect(constraintHolds(tag, target), tag).toBe(true);
  for (const tag of 'gc cgo linux go1.0 go1.01 go1.28'.split(' '))
    expect(constraintHolds(tag, target), tag).toBe(false);
  expect(constraintHolds('solaris', { ...target, os: 'illumos' })).toBe(true);
  // nameFits ignores the part of a name after its first dot.
  expect(nameFits('a_windows.pb.go', target)).toBe(false);
  expect(nameFits('a_darwin_test.go', target)).toBe(true);
});
