/**
 * The build constraints that hold, compared with the real go: the tags of a build (`go list -f
 * {{context.ToolTags}}`), and the files that a build selects among files with every kind of name and
 * constraint, for several releases, platforms, architecture levels, flags and sources of settings.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nameFits, readSourceHead } from '../../src/go/imports.ts';
import { readMachine } from '../../src/host/machine.ts';
import { buildTarget } from '../../src/observe/collectors/modules/missing-modules.ts';
import { isTaken } from '../../src/observe/collectors/modules/source-imports.ts';
import { readSources } from '../../src/observe/environment/sources.ts';
import { ensureToolchain, runGo, scratch, type Toolchain, toolchainVersions } from '../lab/toolchains.ts';

const lab = scratch('build-tags');
const cache = join(lab, 'cache');

/** The settings of a world: process variables, and the lines of the GOENV file (`goenv`). */
interface World {
  readonly env?: Readonly<Record<string, string>>;
  readonly goenv?: Readonly<Record<string, string>>;
}

const env = (one: Readonly<Record<string, string>>): World => ({ env: one });
const worlds: readonly World[] = [
  {},
  ...['v1', 'v2', 'v3', 'v4', 'v9'].map((GOAMD64) => env({ GOAMD64 })),
  ...[
    'linux/arm',
    'android/arm',
    'linux/arm64',
    'linux/386',
    'linux/mips',
    'linux/mipsle',
    'linux/mips64',
  ].map((pair) => platform(pair)),
  ...['linux/mips64le', 'linux/ppc64', 'linux/ppc64le', 'linux/riscv64', 'linux/s390x', 'linux/loong64'].map(
    (pair) => platform(pair),
  ),
  ...['darwin/amd64', 'ios/arm64', 'illumos/amd64', 'solaris/amd64', 'windows/amd64', 'plan9/386'].map(
    (pair) => platform(pair),
  ),
  ...['aix/ppc64', 'js/wasm', 'wasip1/wasm', 'freebsd/arm', 'dragonfly/amd64'].map((pair) => platform(pair)),
  ...['5', '6', '7', '6,softfloat', '5,hardfloat'].map((GOARM) => platform('linux/arm', { GOARM })),
  ...['v8.0', 'v8.1', 'v8.9,crypto', 'v9.0', 'v9.5', 'v8.0,lse', 'v9.3,lse,crypto', 'v8'].map((GOARM64) =>
    platform('linux/arm64', { GOARM64 }),
  ),
  platform('linux/386', { GO386: 'softfloat' }),
  platform('linux/mips', { GOMIPS: 'softfloat' }),
  platform('linux/mips64', { GOMIPS64: 'softfloat' }),
  ...['power9', 'power10'].map((GOPPC64) => platform('linux/ppc64le', { GOPPC64 })),
  ...['rva22u64', 'rva23u64'].map((GORISCV64) => platform('linux/riscv64', { GORISCV64 })),
  ...['satconv', 'signext', 'satconv,signext'].map((GOWASM) => platform('js/wasm', { GOWASM })),
  ...[
    '-race',
    '-msan',
    '-asan',
    '-race=0',
    '-race=false -race=true',
    '-tags=x,y',
    '-tags=windows,a.b -tags=z',
  ].map((GOFLAGS) => env({ GOFLAGS, CGO_ENABLED: '1' })),
  ...["'-tags=a,b c'", '-tags=netgo,,x', '-compiler=gccgo', '-tags=gc,cgo,go1.99', '-tags=race'].map(
    (GOFLAGS) => env({ GOFLAGS }),
  ),
  ...[
    'none',
    'noregabi',
    'boringcrypto',
    'nocoverageredesign,fieldtrack',
    'jsonv2',
    'none,jsonv2',
    'nojsonv2',
  ].map((GOEXPERIMENT) => env({ GOEXPERIMENT })),
  ...['regabi', 'noregabi'].map((GOEXPERIMENT) => platform('linux/s390x', { GOEXPERIMENT })),
  platform('linux/mips', { GOEXPERIMENT: 'regabi' }),
  ...['latest', 'v1.0.0', 'inprocess', 'certified'].map((GOFIPS140) =>
    env({ GOFIPS140, GOFLAGS: '-tags=x' }),
  ),
  env({ CGO_ENABLED: '0' }),
  env({ CC: 'nonesuch' }),
  platform('linux/arm64', { CGO_ENABLED: '1' }),
  // go reads GOENV only after buildcfg has read its values from the process environment.
  { goenv: { GOAMD64: 'v3' } },
  { goenv: { GOARCH: 'arm64', GOARM64: 'v8.2' } },
  { env: { GOARCH: 'arm64' }, goenv: { GOARM64: 'v9.0' } },
  { goenv: { GOEXPERIMENT: 'boringcrypto', GOFLAGS: '-tags=q' } },
  { goenv: { GOOS: 'windows', CGO_ENABLED: '1' } },
];

function platform(pair: string, others: Readonly<Record<string, string>> = {}): World {
  const [GOOS = '', GOARCH = ''] = pair.split('/');
  return env({ GOOS, GOARCH, ...others });
}

const fileNames = [
  'linux',
  'windows',
  'android',
  'darwin',
  'solaris',
  'amd64',
  'arm64',
  'wasm',
  'linux_amd64',
  'unix',
]
  .flatMap((end) => [`a_${end}.go`, `b_${end}.pb.go`, `${end}.go`])
  .concat(
    'linux_windows.go',
    'c_windows_linux.go',
    'd_amd64_linux.go',
    'e_hurd.go',
    'f_sparc64.go',
    'g.x_windows.go',
  );
const tags = [
  ...'linux windows android darwin ios illumos solaris unix cgo gc gccgo race msan asan boringcrypto x y z a.b b c q'.split(
    ' ',
  ),
  ...'go1.0 go1.1 go1.01 go1.20 go1.21 go1.24 go1.26 go1.27 go1.28 go1.99 amd64.v1 amd64.v2 arm.7 arm64.v8.0'.split(
    ' ',
  ),
  ...'goexperiment.jsonv2 goexperiment.regabiargs goexperiment.dwarf5 fips140v1.0 ignore netgo'.split(' '),
];
const files: Readonly<Record<string, string>> = {
  'package.go': 'package p\n',
  'cgo.go': 'package p\n\nimport "C"\n',
  ...Object.fromEntries(fileNames.map((name) => [name, 'package p\n'])),
  ...Object.fromEntries(
    tags.map((tag, index) => [`tag${index}.go`, `//go:build ${tag} && !(never || !${tag})\n\npackage p\n`]),
  ),
};

function workspace(): string {
  const directory = join(lab, 'w');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'go.mod'), 'module example.com/p\n\ngo 1.20\n');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

async function ours(toolchain: Toolchain, directory: string, variables: Readonly<Record<string, string>>) {
  const file = join(lab, 'environ');
  writeFileSync(
    file,
    Object.entries(variables)
      .map(([name, value]) => `${name}=${value}\0`)
      .join(''),
  );
  const sources = await readSources(
    {
      name: 'p',
      workspace: directory,
      go: toolchain.go,
      environment: { from: 'file', path: file },
      pool: '',
      baseline: 'learned',
      pins: { goMod: 'floor', tools: {} },
      required: [],
      tools: [],
    },
    readMachine(),
  );
  return buildTarget(sources);
}

const format =
  '{{join context.BuildTags " "}} {{join context.ToolTags " "}}\n{{join .GoFiles " "}} {{join .CgoFiles " "}}';
const words = (line = '') => line.split(' ').filter(Boolean).sort();

describe.each(toolchainVersions)('go%s', (version) => {
  it('selects the predicted tags and files', async () => {
    const toolchain = await ensureToolchain(version);
    const directory = workspace();
    let compared = 0;
    for (const { env: set = {}, goenv = {} } of worlds) {
      const settings = join(lab, 'env');
      writeFileSync(
        settings,
        Object.entries(goenv)
          .map(([name, value]) => `${name}=${value}\n`)
          .join(''),
      );
      const variables = { ...set, GOENV: settings, GOCACHE: cache, GOTOOLCHAIN: 'local', HOME: lab };
      const PATH = `${toolchain.goroot}/bin:/usr/bin:/bin`;
      const { stdout, exitCode } = await runGo(toolchain, ['list', '-e', '-f', format, '.'], {
        cwd: directory,
        env: { ...variables, PATH },
      });
      // Settings that this release rejects build nothing.
      if (exitCode !== 0) continue;
      compared++;
      const [holding, taken] = stdout.split('\n');
      const target = await ours(toolchain, directory, { ...variables, PATH });
      const built = Object.entries(files).filter(
        ([name, text]) => nameFits(name, target) && isTaken(readSourceHead(text), target),
      );
      const why = JSON.stringify({ set, goenv });
      expect.soft([...target.tags].sort(), why).toEqual([...new Set(words(holding))]);
      expect.soft(built.map(([name]) => name).sort(), why).toEqual(words(taken));
    }
    expect(compared).toBeGreaterThan((worlds.length * 2) / 3);
  });
});
