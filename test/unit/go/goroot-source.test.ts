import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExperiments, unknownExperiments } from '../../../src/go/experiments.ts';
import { parseGoflags } from '../../../src/go/goflags.ts';
import {
  buildablePairs,
  defaultCompiler,
  isArchLevelValid,
  parseArchLevels,
  parseBuildDefaults,
  parseCompiledSettings,
  parseDatabaseHosts,
  parseDefaultCompilers,
  parseGodebugs,
  parseGoflagNames,
  parseKnownEnv,
  parsePlatforms,
  parseVersionFile,
  removedGodebugs,
  unknownGoflag,
} from '../../../src/go/goroot-source.ts';

test('parseVersionFile reads the version and the time of a VERSION file', () => {
  expect(parseVersionFile('go1.27.4\ntime 2026-11-02T20:36:20Z\n')).toEqual({
    version: 'go1.27.4',
    time: '2026-11-02T20:36:20Z',
  });
  expect(parseVersionFile('go1.19')).toEqual({ version: 'go1.19' });
  expect(parseVersionFile('\n')).toBeUndefined();
});

test('buildablePairs includes a broken pair if its architecture has a pair that is not broken', () => {
  const platform = (os: string, arch: string, broken: boolean) => ({ os, arch, cgo: false, broken });
  const platforms = [
    platform('linux', 'arm', false),
    platform('windows', 'arm', true),
    platform('linux', 'sparc64', true),
  ];
  expect([...buildablePairs(platforms)]).toEqual(['linux/arm', 'windows/arm']);
});

test('parseBuildDefaults reads both spellings of the constants in zbootstrap.go', () => {
  const text =
    'const DefaultGOAMD64 = `v2`\nconst defaultGO386 = `sse2`\nconst DefaultCGO_ENABLED = ""\nconst defaultGOOS = runtime.GOOS\n';
  expect([...parseBuildDefaults(text)]).toEqual([
    ['GOAMD64', 'v2'],
    ['GO386', 'sse2'],
    ['CGO_ENABLED', ''],
  ]);
});

test('parseDefaultCompilers reads the zdefaultcc.go of a distribution', () => {
  const compiler = (name: string, gcc: string, clang: string) => `func ${name}(goos, goarch string) string {
\tswitch goos+\`/\`+goarch {
\tcase "linux/amd64":
\t\treturn "x86_64-linux-gnu-${gcc}"
\t}
\tswitch goos {
\tcase "darwin", "ios":
\t\treturn "${clang}"
\t}
\treturn "${gcc}"
}
`;
  const parsed = parseDefaultCompilers(
    `package cfg\nconst DefaultPkgConfig = \`pkgconf\`\n${compiler('DefaultCC', 'gcc', 'clang')}${compiler('DefaultCXX', 'g++', 'clang++')}`,
  );
  if (!parsed) throw new Error('not read');
  const compilersOf = (os: string, arch: string) => [
    defaultCompiler(parsed.cc, os, arch),
    defaultCompiler(parsed.cxx, os, arch),
  ];
  expect(compilersOf('linux', 'amd64')).toEqual(['x86_64-linux-gnu-gcc', 'x86_64-linux-gnu-g++']);
  expect(compilersOf('ios', 'arm64')).toEqual(['clang', 'clang++']);
  expect(compilersOf('plan9', '386')).toEqual(['gcc', 'g++']);
  expect(parsed.pkgConfig).toBe('pkgconf');
  expect(parseDefaultCompilers('package cfg')).toBeUndefined();
});

test('parsePlatforms reads zosarch.go', () => {
  const text = `var List = []OSArch{
\t{"linux", "amd64"},
\t{"linux", "sparc64"},
\t{"js", "wasm"},
}

var distInfo = map[OSArch]osArchInfo{
\t{"linux", "amd64"}:   {CgoSupported: true, FirstClass: true},
\t{"linux", "sparc64"}: {CgoSupported: true, Broken: true},
\t{"js", "wasm"}:       {},
}
`;
  expect(parsePlatforms(text)).toEqual([
    { os: 'linux', arch: 'amd64', cgo: true, broken: false },
    { os: 'linux', arch: 'sparc64', cgo: true, broken: true },
    { os: 'js', arch: 'wasm', cgo: false, broken: false },
  ]);
});

describe('experiments', () => {
  const experiments = parseExperiments(
    'type Flags struct {\n\t// A comment.\n\tFieldTrack        bool\n\tRegabiArgs bool\n\n\tJSONv2 bool\n}\n',
    '\tbaseline := goexperiment.Flags{\n\t\tRegabiArgs: regabiSupported,\n\t\tJSONv2:     true,\n\t}\n',
  );
  test('parseExperiments reads the names and the defaults', () => {
    expect(experiments).toEqual({
      names: ['fieldtrack', 'regabiargs', 'jsonv2'],
      baseline: ['jsonv2'],
      platformBaseline: { regabiargs: {} },
      regabiAlways: [],
    });
  });
  test('unknownExperiments returns the names that the toolchain does not have', () => {
    expect(unknownExperiments('fieldtrack,nojsonv2,,none,regabi,noregabi', experiments)).toEqual([]);
    expect(unknownExperiments('rangefunc,JSONv2,nonone', experiments)).toEqual([
      'rangefunc',
      'JSONv2',
      'nonone',
    ]);
  });
});

test('parseDatabaseHosts reads modfetch/key.go and modfetch/sumdb.go', () => {
  const keys =
    'var knownGOSUMDB = map[string]string{\n\t"sum.example.org": "sum.example.org+01234567+AbC",\n}\n';
  const aliases = '\tif gosumdb == "sum.example.net" {\n\t}\n\tif gosumdb == "off" {\n\t}\n';
  expect(parseDatabaseHosts(keys, aliases)).toEqual(['sum.example.org', 'sum.example.net']);
  expect(parseDatabaseHosts('', '')).toEqual([]);
});

test('parseCompiledSettings reads GOPROXY and GOSUMDB from a cfg.go before Go 1.21, and nothing from a later one', () => {
  const old =
    '\tGOPROXY    = envOr("GOPROXY", "https://proxy.example.com,direct")\n\tGOSUMDB    = envOr("GOSUMDB", "sum.example.com")\n\tGONOSUMDB  = envOr("GONOSUMDB", GOPRIVATE)\n';
  expect([...parseCompiledSettings(old)]).toEqual([
    ['GOPROXY', 'https://proxy.example.com,direct'],
    ['GOSUMDB', 'sum.example.com'],
  ]);
  const now =
    '\tGOPROXY, GOPROXYChanged = EnvOrAndChanged("GOPROXY", "")\n\tGOSUMDB, _ = EnvOr("GOSUMDB", "")\n';
  expect(parseCompiledSettings(now).size).toBe(0);
});

test('parseGodebugs reads godebugs/table.go, and removedGodebugs finds removed settings with their old value', () => {
  const text = `\t{Name: "panicnil", Package: "runtime", Changed: 21, Old: "1"},
\t//{Name: "multipartfiles", Package: "mime/multipart"},
\t{Name: "http2debug", Package: "net/http", Opaque: true},
\t{Name: "x509sha1", Removed: 24, Old: one},   // Old: "1"
\t{Name: "asynctimerchan", Removed: 27, Old: func(s string) bool { return s == "1" || s == "2" }}, // Old: "1" or "2"
`;
  const godebugs = parseGodebugs(text);
  expect(godebugs.known).toEqual([{ name: 'panicnil', changed: 21, old: '1' }, { name: 'http2debug' }]);
  expect(removedGodebugs('asynctimerchan=2,gctrace=1,x509sha1=0', godebugs)).toEqual([
    { name: 'asynctimerchan', removed: 27 },
  ]);
  // Every element counts, even if a later one overrides it; a bisect suffix (`#y`) makes it a different
  // value.
  expect(removedGodebugs('x509sha1=1,x509sha1=0', godebugs)).toHaveLength(1);
  expect(removedGodebugs('x509sha1=0,x509sha1=1', godebugs)).toHaveLength(1);
  expect(removedGodebugs('x509sha1=1#y,asynctimerchan=2#,x509sha1==1,x509sha1', godebugs)).toEqual([]);
});

test('parseArchLevels reads the valid feature levels and whether the toolchain refuses others', () => {
  const text = `func goamd64() int {
\tswitch v := envOr("GOAMD64", DefaultGOAMD64); v {
\tcase "v1":
\t\treturn 1
\tcase "v2":
\t\treturn 2
\t}
}

func goarm() (g GoarmFeatures) {
\tconst (
\t\tsoftFloatOpt = ",softfloat"
\t)
\tswitch v {
\tcase "5":
\t}
}

func gowasm() (f gowasmFeatures) {
\t\tswitch opt {
\t\tcase "satconv":
\t\tcase "":
\t\t}
}
`;
  const levels = parseArchLevels(text);
  const valid = (name: string, value: string) =>
    isArchLevelValid(value, levels.get(name) ?? { values: [], options: [], list: false, refused: true });
  expect([
    valid('GOAMD64', 'v2'),
    valid('GOAMD64', 'v9'),
    valid('GOARM', '5,softfloat'),
    valid('GOARM', 'softfloat'),
  ]).toEqual([true, false, true, false]);
  expect([valid('GOWASM', 'satconv,'), valid('GOWASM', 'threads')]).toEqual([true, false]);
  expect(levels.get('GOAMD64')?.refused).toBe(true);
  const later = parseArchLevels(
    `${text}\nfunc goarm64() (g Goarm64Features) {\n\tg, Error = ParseGoarm64(x)\n}\n`,
  );
  expect(later.get('GOAMD64')?.refused).toBe(false);
});

test('parseGoflagNames reads the flags in the documentation of the go command', () => {
  const text =
    '// Usage:\n//\n//\tgo build [-o output] [build flags]\n//\n//\t-race\n//\t\tenable\n//\n// # Testing flags\n//\n//\t-bench regexp\n//\n// # Other\n';
  const names = parseGoflagNames(text);
  expect(['o', 'race', 'bench', 'test.bench'].every((name) => names.has(name))).toBe(true);
  expect(unknownGoflag(parseGoflags('-race -nosuchflag=1').flags, names)?.name).toBe('nosuchflag');
  expect(unknownGoflag(parseGoflags('--race').flags, names)).toBeUndefined();
});

test('parseKnownEnv reads the variables that the go command knows', () => {
  expect(parseKnownEnv('const KnownEnv = `\n\tAR\n\tGOOS\n`\n')).toEqual(['AR', 'GOOS']);
});

test('no reader throws, whatever the text', () => {
  const readers = [
    parseVersionFile,
    parseKnownEnv,
    parseBuildDefaults,
    parseDefaultCompilers,
    parsePlatforms,
    parseGodebugs,
    parseGoflagNames,
    parseArchLevels,
  ];
  const code = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'func DefaultCC(',
      'func goarm(',
      'const KnownEnv = `',
      '\n}',
      '\t{Name: "',
      'type Flags struct {',
    ),
  );
  fc.assert(
    fc.property(fc.array(code), (parts) => {
      for (const read of readers) read(parts.join(''));
      parseExperiments(parts.join(''), parts.join('\n'));
    }),
  );
});
