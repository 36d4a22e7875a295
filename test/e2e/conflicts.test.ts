// Every conflict rule on real toolchains: a world in which it holds, what the real go does there, what `godrift check` names and
// advises, and the same world after the repair, where go works again and the finding is gone. Then healthy worlds without any.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { type ConflictRule, conflictRules, ruleRow } from '../../src/catalog/rules.ts';
import { godrift, makeWorld, type World } from '../lab/godrift.ts';
import { type HandMade, sumLines, writeProxy } from '../lab/module-proxy.ts';
import {
  cloneToolchain,
  ensureToolchain,
  scratch,
  type Toolchain,
  toolchainVersions,
} from '../lab/toolchains.ts';

type Version = (typeof toolchainVersions)[number];

const toolchains = new Map(
  await Promise.all(
    toolchainVersions.map(async (version) => [version, await ensureToolchain(version)] as const),
  ),
);
const sdk = (version: Version) => toolchains.get(version) as Toolchain;
const bin = (version: Version) => join(sdk(version).goroot, 'bin');

/** A world while a test edits it. */
interface Site {
  readonly world: World;
  /** Environment over the world's; undefined is not set. */
  readonly env: Record<string, string | undefined>;
  /** The tree whose go is first on PATH. */
  readonly goroot: string;
  write(name: string, text: string): void;
  goenv(text: string): void;
  /** Puts directories before the PATH. */
  first(...directories: string[]): void;
}

function siteOf(
  toolchain: Toolchain | undefined,
  files: Readonly<Record<string, string>>,
  home?: World,
): Site {
  const world = home ?? makeWorld(toolchain);
  const env: Record<string, string | undefined> = {};
  const write = (name: string, text: string) => {
    const file = join(world.workspace, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  for (const [name, text] of Object.entries({ 'app.go': 'package app\n', ...files })) write(name, text);
  const path = [...(toolchain === undefined ? [] : [join(toolchain.goroot, 'bin')]), '/usr/bin', '/bin'].join(
    ':',
  );
  env.PATH = path;
  return {
    world,
    env,
    goroot: toolchain?.goroot ?? '',
    write,
    goenv: (text) => {
      mkdirSync(join(world.home, '.config/go'), { recursive: true });
      writeFileSync(join(world.home, '.config/go/env'), text);
    },
    first: (...directories) => {
      env.PATH = [...directories, env.PATH].join(':');
    },
  };
}

const set = (env: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined));

interface Finding {
  readonly kind: string;
  readonly rule: string;
  readonly level: string;
  readonly summary: string;
  readonly repair: string;
}

/** What `godrift check --json` says. */
async function check(
  site: Site,
): Promise<{ readonly exitCode: number; readonly findings: readonly Finding[] }> {
  const run = await godrift(site.world, ['check', '--json'], set(site.env));
  expect(run.stdout, run.stderr).not.toBe('');
  return { exitCode: run.exitCode, findings: JSON.parse(run.stdout).findings };
}

/** A proxy or database at which nobody listens: go wants the network, and gets none. */
const nobody = 'http://127.0.0.1:1';

const telemetry = scratch('telemetry');
// The date only says since when the mode holds (golang.org/x/telemetry, internal/telemetry/dir.go).
writeFileSync(join(telemetry, 'mode'), 'off 2026-01-01');
// Shared, so that a build compiles one empty package and not the same one again for each world.
const buildCache = scratch('gocache');

/** What the go of the world answers: offline, without telemetry, through the shell's PATH as a person's would. */
async function realGo(
  site: Site,
  args: readonly string[],
): Promise<{ readonly exitCode: number; readonly text: string }> {
  const { all, exitCode } = await execa('/bin/sh', ['-c', 'exec go "$@"', 'sh', ...args], {
    cwd: site.world.workspace,
    env: {
      GOPROXY: 'off',
      GOCACHE: buildCache,
      ...site.world.env,
      ...set(site.env),
      TEST_TELEMETRY_DIR: telemetry,
    },
    extendEnv: false,
    reject: false,
    all: true,
    stdin: 'ignore',
    timeout: 60_000,
  });
  return { text: all ?? '', exitCode: exitCode ?? -1 };
}

/** A world in which a rule holds. */
interface Case {
  readonly rule: ConflictRule;
  readonly what: string;
  /** First on PATH. */
  readonly go?: Version | ((home: World) => Promise<Toolchain>);
  /** Files of the workspace; a go.mod with `go 1.21` unless given. */
  readonly files?: Readonly<Record<string, string>>;
  readonly make: (site: Site) => void | Promise<void>;
  /** Arguments for the real go, its exit code there, its words. */
  readonly real: readonly [args: readonly string[], exitCode: number, words: RegExp];
  readonly level?: 'patch' | 'minor' | 'major';
  /** Words of the advice, and the advice carried out. */
  readonly repair: RegExp;
  readonly heal: (site: Site) => void;
  /** What the real go answers afterwards; exit 0 unless given. */
  readonly healed?: readonly [exitCode: number, words: RegExp];
}

const module = (...lines: string[]) => ({
  'go.mod': ['module example.com/app', '', ...lines, ''].join('\n'),
});
const build = ['build', './...'];

const sets = (env: Readonly<Record<string, string>>) => (site: Site) => void Object.assign(site.env, env);
const unsets =
  (...names: string[]) =>
  (site: Site) => {
    for (const name of names) delete site.env[name];
  };
const goenv = (text: string) => (site: Site) => site.goenv(text);

/** Puts a toolchain into the world's module cache by a link; go takes it for complete when its `.ziphash` is there. */
function cacheToolchain(site: Site, version: Version): void {
  const cache = join(site.world.home, 'go/pkg/mod');
  const name = `toolchain@v0.0.1-go${version}.linux-amd64`;
  const download = 'cache/download/golang.org/toolchain/@v';
  mkdirSync(join(cache, 'golang.org'), { recursive: true });
  mkdirSync(join(cache, download), { recursive: true });
  symlinkSync(sdk(version).goroot, join(cache, 'golang.org', name));
  const own = dirname(dirname(sdk(version).goroot));
  for (const end of ['ziphash', 'lock']) {
    const file = `${download}/v0.0.1-go${version}.linux-amd64.${end}`;
    if (existsSync(join(own, file))) copyFileSync(join(own, file), join(cache, file));
  }
}

/** Puts a go of another name, `go1.27.0`, on PATH. */
function linkOnPath(site: Site, version: Version): void {
  mkdirSync(join(site.world.home, 'bin'));
  symlinkSync(sdk(version).go, join(site.world.home, `bin/go${version}`));
  site.first(join(site.world.home, 'bin'));
}

/** A clone in the world's home, so that the test may break it. */
const clone =
  (version: Version, own: readonly string[] = [], at = 'sdk/broken') =>
  (home: World) =>
    cloneToolchain(version, join(home.home, at), { own });

/** Replaces a file of a clone by that of another version: never written in place, it is a link. */
function replace(site: Site, file: string, by: Version): void {
  unlinkSync(join(site.goroot, file));
  copyFileSync(join(sdk(by).goroot, file), join(site.goroot, file));
}

/** A proxy of files with one module, and a workspace that needs it. */
function needModule(site: Site, path: string): void {
  const versions = join(site.world.home, 'proxy', path, '@v');
  mkdirSync(versions, { recursive: true });
  writeFileSync(join(versions, 'v1.0.0.info'), '{"Version":"v1.0.0"}');
  writeFileSync(join(versions, 'v1.0.0.mod'), `module ${path}\n`);
  site.env.GOPROXY = `file://${join(site.world.home, 'proxy')}`;
  site.write('go.mod', `module example.com/app\n\ngo 1.21\n\nrequire ${path} v1.0.0\n`);
}
const listAll = ['list', '-mod=mod', '-m', 'all'];

const dep = (name: string, version = 'v1.0.0', requires: readonly string[] = []): HandMade => ({
  path: `example.com/${name}`,
  version,
  requires,
});
/** `a` needs `b`; both in two versions. */
const depModules = [
  {
    ...dep('a', 'v1.0.0', ['example.com/b v1.0.0']),
    files: { 'a.go': 'package a\n\nimport _ "example.com/b"\n' },
  },
  {
    ...dep('a', 'v1.1.0', ['example.com/b v1.1.0']),
    files: { 'a.go': 'package a\n\nimport _ "example.com/b"\n' },
  },
  dep('b'),
  dep('b', 'v1.1.0'),
];
const requiring = (...lines: readonly string[]) =>
  ['module example.com/app', '', 'go 1.21', '', ...lines, ''].join('\n');
const requiresBoth = ['require example.com/a v1.0.0', 'require example.com/b v1.0.0 // indirect'];
const appOfModules = {
  'go.mod': requiring(...requiresBoth),
  'go.sum': sumLines(depModules),
  'app.go': 'package app\n\nimport _ "example.com/a"\n',
};

/** Everything downloaded from a proxy of files, which is not named afterwards. */
async function download(site: Site, modules: readonly HandMade[] = depModules): Promise<void> {
  const proxy = join(site.world.home, 'proxy');
  writeProxy(proxy, modules);
  const env = { GOPROXY: `file://${proxy}`, GOSUMDB: 'off', GOFLAGS: '-modcacherw', GOWORK: 'off' };
  const before = { ...site.env };
  Object.assign(site.env, env);
  const run = await realGo(site, ['mod', 'download', ...modules.map((one) => `${one.path}@${one.version}`)]);
  expect(run.exitCode, run.text).toBe(0);
  for (const name of Object.keys(env)) delete site.env[name];
  Object.assign(site.env, before, { GOPROXY: 'off' });
}

const modCache = (site: Site, name: string) => join(site.world.home, 'go/pkg/mod', name);

const moduleCases: readonly Case[] = [
  {
    rule: 'goflags-vendor',
    what: 'GOFLAGS=-mod=vendor left behind, no vendor directory',
    go: '1.27.4',
    files: appOfModules,
    make: async (site) => {
      await download(site);
      site.env.GOFLAGS = '-mod=vendor';
    },
    real: [build, 1, /inconsistent vendoring/],
    repair: /^unset GOFLAGS$/,
    heal: unsets('GOFLAGS'),
  },
  {
    rule: 'goflags-vendor',
    what: 'a vendor directory that go.mod has outgrown',
    go: '1.21.13',
    files: appOfModules,
    make: async (site) => {
      await download(site);
      expect((await realGo(site, ['mod', 'vendor'])).exitCode).toBe(0);
      site.write(
        'go.mod',
        requiring('require example.com/a v1.1.0', 'require example.com/b v1.1.0 // indirect'),
      );
    },
    real: [build, 1, /inconsistent vendoring/],
    repair: /go mod vendor with GOFLAGS=-mod=mod/,
    heal: sets({ GOFLAGS: '-mod=mod' }),
  },
  {
    rule: 'goflags-vendor',
    what: 'a modules.txt cut in two',
    go: '1.26.0',
    files: appOfModules,
    make: async (site) => {
      await download(site);
      expect((await realGo(site, ['mod', 'vendor'])).exitCode).toBe(0);
      const file = join(site.world.workspace, 'vendor/modules.txt');
      writeFileSync(file, readFileSync(file, 'utf8').slice(0, 30));
    },
    real: [build, 1, /inconsistent vendoring/],
    repair: /GOFLAGS=-mod=readonly/,
    heal: sets({ GOFLAGS: '-mod=readonly' }),
  },
  {
    rule: 'gowork-stray',
    what: 'a go.work above that does not use the module',
    go: '1.27.4',
    make: (site) => {
      mkdirSync(join(site.world.home, 'src/other'));
      writeFileSync(join(site.world.home, 'src/other/go.mod'), 'module example.com/other\n\ngo 1.21\n');
      writeFileSync(join(site.world.home, 'src/go.work'), 'go 1.21\n\nuse ./other\n');
    },
    real: [build, 1, /does not contain modules listed in go.work/],
    repair: /GOWORK=off/,
    heal: sets({ GOWORK: 'off' }),
  },
  {
    rule: 'gowork-stray',
    what: 'a go.work outside of the repository',
    go: '1.26.0',
    make: (site) => {
      mkdirSync(join(site.world.workspace, '.git'));
      writeFileSync(join(site.world.home, 'src/go.work'), 'go 1.21\n\nuse ./app\n');
    },
    real: [['env', 'GOWORK'], 0, /src\/go\.work/],
    repair: /GOWORK=off/,
    heal: sets({ GOWORK: 'off' }),
  },
  {
    rule: 'gomod-invalid',
    what: 'conflict markers in go.mod',
    go: '1.27.4',
    make: (site) =>
      site.write('go.mod', 'module example.com/app\n<<<<<<< HEAD\ngo 1.21\n=======\ngo 1.22\n>>>>>>> x\n'),
    real: [build, 1, /errors parsing go.mod/],
    repair: /^correct .*go\.mod:2$/,
    heal: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.21\n'),
  },
  {
    rule: 'gomod-invalid',
    what: 'a tool line and a go that does not know it',
    go: '1.21.13',
    make: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.21\n\ntool example.com/app/cmd\n'),
    real: [build, 1, /unknown directive: tool/],
    repair: /put a newer go first on PATH/,
    heal: (site) => site.first(bin('1.27.4')),
  },
  {
    rule: 'gomod-invalid',
    what: 'a go.work that uses a directory without go.mod',
    go: '1.26.0',
    files: { 'go.work': 'go 1.21\n\nuse .\nuse ./gone\n' },
    make: () => {},
    real: [build, 1, /cannot load module .*gone listed in go.work/],
    repair: /^correct .*go\.work:4$/,
    heal: (site) => site.write('go.work', 'go 1.21\n\nuse .\n'),
  },
  {
    rule: 'gosum-mismatch',
    what: 'a sum missing from go.sum',
    go: '1.27.4',
    files: appOfModules,
    make: async (site) => {
      await download(site);
      site.write('go.sum', sumLines(depModules).replace(/^example\.com\/b v1\.0\.0 .*\n/m, ''));
    },
    real: [build, 1, /missing go.sum entry/],
    repair: /go mod download example\.com\/b/,
    heal: (site) => site.write('go.sum', sumLines(depModules)),
  },
  {
    rule: 'gosum-mismatch',
    what: 'a sum of go.sum that is not that of the module cache',
    go: '1.24.13',
    files: appOfModules,
    make: async (site) => {
      await download(site);
      const [other = ''] =
        sumLines([dep('b', 'v1.1.0')])
          .split('\n')[0]
          ?.split(' ')
          .slice(2) ?? [];
      site.write('go.sum', sumLines(depModules).replace(/^(example\.com\/b v1\.0\.0) .*$/m, `$1 ${other}`));
    },
    real: [build, 1, /checksum mismatch/],
    repair: /restore .*go\.sum from version control/,
    heal: (site) => site.write('go.sum', sumLines(depModules)),
  },
  {
    rule: 'gosum-mismatch',
    what: 'a line of go.sum that is none',
    go: '1.26.0',
    files: appOfModules,
    make: async (site) => {
      await download(site);
      site.write('go.sum', `<<<<<<< HEAD\n${sumLines(depModules)}`);
    },
    real: [build, 1, /malformed go.sum/],
    repair: /^remove line 1 of/,
    heal: (site) => site.write('go.sum', sumLines(depModules)),
  },
  {
    rule: 'module-unavailable',
    what: 'a module that is imported, not downloaded, and GOPROXY=off',
    go: '1.27.4',
    files: appOfModules,
    make: async (site) => {
      await download(site);
      rmSync(modCache(site, 'example.com/b@v1.0.0'), { recursive: true });
      for (const end of ['zip', 'ziphash'])
        rmSync(modCache(site, `cache/download/example.com/b/@v/v1.0.0.${end}`));
    },
    real: [build, 1, /module lookup disabled by GOPROXY=off/],
    repair: /unset GOPROXY where there is a network, and run go mod download example\.com\/b@v1\.0\.0/,
    heal: (site) => sets({ GOPROXY: `file://${join(site.world.home, 'proxy')}`, GOSUMDB: 'off' })(site),
  },
  {
    rule: 'requirement-overridden',
    what: 'a requirement that another one raises',
    go: '1.26.0',
    level: 'minor',
    files: {
      ...appOfModules,
      'go.mod': requiring('require example.com/a v1.1.0', 'require example.com/b v1.0.0 // indirect'),
    },
    make: (site) => download(site),
    real: [['list', '-m', 'all'], 1, /updates to go.mod needed/],
    repair: /go get example\.com\/b@v1\.1\.0, or go mod tidy/,
    heal: (site) =>
      site.write(
        'go.mod',
        requiring('require example.com/a v1.1.0', 'require example.com/b v1.1.0 // indirect'),
      ),
  },
  {
    rule: 'requirement-overridden',
    what: 'a go.work in which another module needs more',
    go: '1.27.4',
    level: 'minor',
    files: {
      ...appOfModules,
      'go.work': 'go 1.21\n\nuse .\nuse ./other\n',
      'go.mod': requiring('require example.com/b v1.0.0'),
      'app.go': 'package app\n\nimport _ "example.com/b"\n',
      'other/go.mod': 'module example.com/other\n\ngo 1.21\n\nrequire example.com/b v1.1.0\n',
      'go.work.sum': sumLines(depModules),
    },
    make: (site) => download(site),
    real: [['list', '-m', 'example.com/b'], 0, /v1\.1\.0/],
    repair: /go work sync/,
    heal: (site) => site.write('go.mod', requiring('require example.com/b v1.1.0')),
  },
  {
    rule: 'requirement-overridden',
    what: 'a replacement by a folder',
    go: '1.24.13',
    level: 'patch',
    files: {
      ...appOfModules,
      'go.mod': requiring(...requiresBoth, 'replace example.com/b => ./b'),
      'b/go.mod': 'module example.com/b\n',
      'b/b.go': 'package b\n',
    },
    make: (site) => download(site),
    real: [['list', '-m', 'example.com/b'], 0, /=> \.\/b/],
    repair: /none is needed/,
    heal: (site) => site.write('go.mod', requiring(...requiresBoth)),
  },
  {
    rule: 'modcache-edited',
    what: 'an extracted module that was edited',
    go: '1.27.4',
    files: appOfModules,
    make: async (site) => {
      await download(site);
      writeFileSync(modCache(site, 'example.com/b@v1.0.0/a.go'), 'package b\n\nconst Evil = true\n');
    },
    real: [['mod', 'verify'], 1, /dir has been modified/],
    repair: /go mod download example\.com\/b@v1\.0\.0/,
    heal: (site) =>
      writeFileSync(modCache(site, 'example.com/b@v1.0.0/a.go'), 'package b\n\nconst V = "v1.0.0"\n'),
  },
  {
    rule: 'modcache-edited',
    what: 'a file added to an extracted module',
    go: '1.21.13',
    files: appOfModules,
    make: async (site) => {
      await download(site);
      writeFileSync(modCache(site, 'example.com/a@v1.0.0/z.go'), 'package a\n');
    },
    real: [['mod', 'verify'], 1, /dir has been modified/],
    repair: /go mod download example\.com\/a@v1\.0\.0/,
    heal: (site) => rmSync(modCache(site, 'example.com/a@v1.0.0/z.go')),
  },
];

const cases: readonly Case[] = [
  ...moduleCases,
  {
    rule: 'go-missing',
    what: 'no go on PATH',
    make: (site) => sets({ PATH: join(site.world.home, 'empty') })(site),
    real: [['version'], 127, /not found/],
    repair: /install Go|on PATH/,
    heal: (site) => site.first(bin('1.27.4')),
  },
  {
    rule: 'go-missing',
    what: 'a go on PATH that is another program, an SDK in HOME',
    make: (site) => {
      mkdirSync(join(site.world.home, 'bin'));
      mkdirSync(join(site.world.home, 'sdk'));
      symlinkSync(join(sdk('1.26.0').goroot, 'bin/gofmt'), join(site.world.home, 'bin/go'));
      symlinkSync(sdk('1.27.4').goroot, join(site.world.home, 'sdk/go1.27.4'));
      site.first(join(site.world.home, 'bin'));
    },
    real: [['build'], 2, /build/],
    repair: /sdk\/go1\.27\.4\/bin on PATH/,
    heal: (site) => site.first(join(site.world.home, 'sdk/go1.27.4/bin')),
  },
  {
    rule: 'toolchain-too-old',
    what: 'the go line of go.mod and GOTOOLCHAIN=local',
    go: '1.26.0',
    files: module('go 1.27.0'),
    make: sets({ GOTOOLCHAIN: 'local' }),
    real: [build, 1, /requires go >= 1\.27\.0 \(running go 1\.26\.0; GOTOOLCHAIN=local\)/],
    repair: /put a go >= 1\.27\.0 first on PATH/,
    heal: (site) => site.first(bin('1.27.4')),
  },
  {
    rule: 'toolchain-too-old',
    what: 'the go line of go.work and GOTOOLCHAIN=local in GOENV',
    go: '1.24.13',
    files: { ...module('go 1.21'), 'go.work': 'go 1.26.0\n\nuse .\n' },
    make: goenv('GOTOOLCHAIN=local\n'),
    real: [build, 1, /go\.work requires go >= 1\.26\.0/],
    repair: /put a go >= 1\.26\.0 first on PATH/,
    heal: (site) => site.first(bin('1.26.0')),
  },
  {
    rule: 'toolchain-too-old',
    what: 'GOTOOLCHAIN names the old one that is there',
    go: '1.26.0',
    files: module('go 1.27.0'),
    make: sets({ GOTOOLCHAIN: 'go1.26.0' }),
    real: [build, 1, /requires go >= 1\.27\.0/],
    repair: /put a go >= 1\.27\.0 first on PATH/,
    heal: (site) => {
      delete site.env.GOTOOLCHAIN;
      site.first(bin('1.27.0'));
    },
  },
  {
    rule: 'toolchain-not-installed',
    what: 'the go line wants a newer one and GOPROXY=off',
    go: '1.26.0',
    files: module('go 1.27.3'),
    make: sets({ GOPROXY: 'off' }),
    real: [build, 1, /download go1\.27\.3 for linux\/amd64: toolchain not available/],
    repair: /^put go1\.27\.3 first on PATH(?!.*GOTOOLCHAIN=local)/,
    heal: (site) => site.first(bin('1.27.4')),
  },
  {
    rule: 'toolchain-not-installed',
    what: 'the toolchain line wants a newer one and GOPROXY=off',
    go: '1.26.0',
    files: module('go 1.26', '', 'toolchain go1.27.9'),
    make: sets({ GOPROXY: 'off' }),
    real: [build, 1, /toolchain not available/],
    repair: /GOTOOLCHAIN=local/,
    heal: sets({ GOTOOLCHAIN: 'local' }),
  },
  {
    rule: 'toolchain-not-installed',
    what: 'GOTOOLCHAIN=path and nothing of that name on PATH',
    go: '1.26.0',
    files: module('go 1.26', '', 'toolchain go1.27.0'),
    make: sets({ GOTOOLCHAIN: 'path' }),
    real: [build, 1, /cannot find "go1\.27\.0" in PATH/],
    repair: /GOTOOLCHAIN=local/,
    heal: sets({ GOTOOLCHAIN: 'local' }),
  },
  {
    rule: 'toolchain-not-installed',
    what: 'GOTOOLCHAIN of the process is no toolchain',
    go: '1.26.0',
    make: sets({ GOTOOLCHAIN: 'junk' }),
    real: [['version'], 1, /invalid GOTOOLCHAIN "junk"/],
    repair: /unset GOTOOLCHAIN/,
    heal: unsets('GOTOOLCHAIN'),
  },
  {
    rule: 'toolchain-not-installed',
    what: 'GOTOOLCHAIN of the process is a language version',
    go: '1.26.0',
    make: sets({ GOTOOLCHAIN: 'go1.27' }),
    real: [['version'], 1, /language version but not a toolchain version/],
    repair: /unset GOTOOLCHAIN/,
    heal: unsets('GOTOOLCHAIN'),
  },
  {
    rule: 'toolchain-not-installed',
    what: 'a toolchain line that is no toolchain for this go',
    go: '1.26.0',
    files: module('go 1.26', '', 'toolchain go1.27'),
    make: () => {},
    real: [['version'], 1, /language version but not a toolchain version/],
    repair: /toolchain line/,
    heal: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.26\n'),
  },
  {
    rule: 'toolchain-download-pending',
    what: 'the toolchain line wants an absent one',
    go: '1.26.0',
    files: module('go 1.26', '', 'toolchain go1.27.4'),
    make: sets({ GOPROXY: nobody }),
    real: [['version'], 1, /downloading go1\.27\.4/],
    repair: /put go1\.27\.4 first on PATH.*GOTOOLCHAIN=local/,
    heal: sets({ GOTOOLCHAIN: 'local' }),
  },
  {
    rule: 'toolchain-download-pending',
    what: 'the go line wants an absent one: staying is no way out',
    go: '1.24.13',
    files: module('go 1.26.0'),
    make: sets({ GOPROXY: nobody }),
    real: [['version'], 1, /downloading go1\.26\.0/],
    repair: /^put go1\.26\.0 first on PATH(?!.*GOTOOLCHAIN=local)/,
    heal: (site) => site.first(bin('1.26.0')),
  },
  {
    rule: 'sumdb-blocks-switch',
    what: 'a switch to a cached toolchain and GOSUMDB=off',
    go: '1.26.0',
    files: module('go 1.27.0'),
    make: (site) => {
      cacheToolchain(site, '1.27.0');
      sets({ GOSUMDB: 'off', GOPROXY: nobody })(site);
    },
    real: [['version'], 1, /checksum database disabled by GOSUMDB=off/],
    repair: /put go1\.27\.0 first on PATH.*unset GOSUMDB/,
    heal: (site) => site.first(bin('1.27.0')),
  },
  {
    rule: 'toolchain-partial',
    what: 'a toolchain of the module cache that was not unpacked to its end',
    go: clone('1.26.0', [], 'go/pkg/mod/golang.org/toolchain@v0.0.1-go1.26.0.linux-amd64'),
    make: (site) => {
      const partial = join(
        site.world.home,
        'go/pkg/mod/cache/download/golang.org/toolchain/@v/v0.0.1-go1.26.0.linux-amd64.partial',
      );
      mkdirSync(dirname(partial), { recursive: true });
      writeFileSync(partial, '');
      unlinkSync(join(site.goroot, 'pkg/tool/linux_amd64/asm'));
      rmSync(join(site.goroot, 'src/runtime'), { recursive: true });
    },
    real: [['list', 'runtime'], 1, /runtime is not in std/],
    repair: /unpack the toolchain again/,
    heal: (site) => {
      unlinkSync(
        join(
          site.world.home,
          'go/pkg/mod/cache/download/golang.org/toolchain/@v/v0.0.1-go1.26.0.linux-amd64.partial',
        ),
      );
      site.first(bin('1.26.0'));
    },
  },
  {
    rule: 'toolchain-partial',
    what: 'a tree without its compiler',
    go: clone('1.27.4'),
    make: (site) => unlinkSync(join(site.goroot, 'pkg/tool/linux_amd64/compile')),
    real: [build, 2, /no such tool "compile"/],
    repair: /unpack the toolchain again/,
    heal: (site) =>
      copyFileSync(
        join(sdk('1.27.4').goroot, 'pkg/tool/linux_amd64/compile'),
        join(site.goroot, 'pkg/tool/linux_amd64/compile'),
      ),
  },
  {
    rule: 'toolchain-partial',
    what: 'a compiler that was cut off',
    go: clone('1.26.0'),
    make: (site) => {
      const compiler = join(site.goroot, 'pkg/tool/linux_amd64/compile');
      unlinkSync(compiler);
      writeFileSync(
        compiler,
        readFileSync(join(sdk('1.26.0').goroot, 'pkg/tool/linux_amd64/compile')).subarray(0, 100_000),
        {
          mode: 0o755,
        },
      );
    },
    real: [build, 1, /error obtaining buildID for go tool compile/],
    repair: /unpack the toolchain again/,
    heal: (site) => replace(site, 'pkg/tool/linux_amd64/compile', '1.26.0'),
  },
  {
    rule: 'goroot-mismatch',
    what: 'GOROOT of the old version left in the shell',
    go: '1.27.4',
    make: sets({ GOROOT: sdk('1.26.0').goroot }),
    real: [build, 1, /does not match go tool version/],
    repair: /unset GOROOT/,
    heal: unsets('GOROOT'),
  },
  {
    rule: 'goroot-mismatch',
    what: 'GOROOT in GOENV and a switch to a go on PATH, which takes GOROOT from the process alone',
    go: '1.26.0',
    files: module('go 1.27.0'),
    make: (site) => {
      linkOnPath(site, '1.27.0');
      site.goenv(`GOROOT=${site.goroot}\n`);
    },
    real: [build, 1, /does not match go tool version/],
    repair: /remove line 1 \(GOROOT=/,
    heal: goenv(''),
  },
  {
    rule: 'goroot-mismatch',
    what: 'GOROOT of the old version in GOENV',
    go: '1.26.0',
    make: goenv(`GOROOT=${sdk('1.21.13').goroot}\n`),
    real: [build, 1, /does not match go tool version/],
    repair: /remove line 1 \(GOROOT=/,
    heal: goenv(''),
  },
  {
    rule: 'goroot-mixed',
    what: 'a new go unpacked over an old tree',
    go: clone('1.26.0'),
    make: (site) => replace(site, 'bin/go', '1.27.4'),
    real: [build, 1, /does not match go tool version/],
    repair: /unpack one version into an empty directory/,
    heal: (site) => replace(site, 'bin/go', '1.26.0'),
  },
  {
    rule: 'goroot-mixed',
    what: 'another linker in the tree',
    go: clone('1.27.0'),
    files: { 'app.go': 'package main\n\nfunc main() {}\n' },
    make: (site) => replace(site, 'pkg/tool/linux_amd64/link', '1.27.4'),
    real: [['tool', 'link', '-V=full'], 0, /go1\.27\.4/],
    repair: /unpack one version into an empty directory/,
    heal: (site) => replace(site, 'pkg/tool/linux_amd64/link', '1.27.0'),
  },
  {
    rule: 'goroot-not-sdk',
    what: 'GOROOT does not exist',
    go: '1.27.4',
    make: (site) => sets({ GOROOT: join(site.world.home, 'gone') })(site),
    real: [build, 2, /cannot find GOROOT directory/],
    repair: /unset GOROOT/,
    heal: unsets('GOROOT'),
  },
  {
    rule: 'goroot-not-sdk',
    what: 'GOROOT is an ordinary directory, by GOENV',
    go: '1.24.13',
    make: (site) => site.goenv(`GOPRIVATE=corp.example.com\nGOROOT=${site.world.home}\n`),
    real: [build, 2, /no such tool|is not in std/],
    repair: /remove line 2 \(GOROOT=/,
    heal: goenv('GOPRIVATE=corp.example.com\n'),
  },
  {
    rule: 'goroot-not-sdk',
    what: 'a copy of bin/go alone',
    make: (site) => {
      mkdirSync(join(site.world.home, 'bin'));
      copyFileSync(sdk('1.26.0').go, join(site.world.home, 'bin/go'));
      site.first(join(site.world.home, 'bin'));
    },
    real: [build, 2, /cannot find GOROOT directory/],
    repair: /a link to its bin\/go/,
    heal: (site) => {
      unlinkSync(join(site.world.home, 'bin/go'));
      symlinkSync(sdk('1.26.0').go, join(site.world.home, 'bin/go'));
    },
  },
  {
    rule: 'goroot-not-sdk',
    what: 'the tree of the go has no src',
    go: clone('1.26.0'),
    make: (site) => rmSync(join(site.goroot, 'src'), { recursive: true }),
    real: [['list', 'fmt'], 1, /not in std|cannot find|no such file/],
    repair: /unpack go1\.26\.0 again/,
    heal: (site) => symlinkSync(join(sdk('1.26.0').goroot, 'src'), join(site.goroot, 'src')),
  },
  {
    rule: 'goroot-label',
    what: 'an edited VERSION',
    go: clone('1.26.0', ['VERSION']),
    make: (site) => writeFileSync(join(site.goroot, 'VERSION'), 'go1.26.99\ntime 2026-01-01T00:00:00Z\n'),
    real: [['version'], 0, /go1\.26\.0 /],
    repair: /write go1\.26\.0 into line 1/,
    heal: (site) =>
      writeFileSync(join(site.goroot, 'VERSION'), readFileSync(join(sdk('1.26.0').goroot, 'VERSION'))),
  },
  {
    rule: 'go-shadowed',
    what: 'an old go before a new one on PATH',
    go: '1.27.4',
    make: (site) => site.first(bin('1.26.0')),
    real: [['version'], 0, /go1\.26\.0 /],
    repair: /move .*1\.27\.4.* before .*1\.26\.0.* on PATH/,
    heal: (site) => site.first(bin('1.27.4')),
    healed: [0, /go1\.27\.4 /],
  },
  ...(
    [
      ['GOPATH=go', /GOPATH entry is relative/, 2, build],
      ['GOPATH=~/go', /GOPATH entry cannot start with shell metacharacter/, 2, build],
      ['GOPATH=/tmp/a:b', /GOPATH entry is relative/, 2, build],
      ['GOTOOLCHAIN=junk', /invalid GOTOOLCHAIN "junk"/, 1, ['version']],
      ['GOTOOLCHAIN=local\r', /invalid GOTOOLCHAIN "local\\r"/, 1, ['version']],
      ['GOTOOLCHAIN=go1.27', /language version but not a toolchain version/, 1, ['version']],
      ['GO111MODULE=yes', /unknown environment setting GO111MODULE=yes/, 1, build],
      ['GOWORK=go.work', /invalid GOWORK: not an absolute path/, 1, build],
    ] as const
  ).map(
    ([line, words, exitCode, args]): Case => ({
      rule: 'goenv-invalid',
      what: `the line ${JSON.stringify(line)}`,
      go: '1.26.0',
      make: goenv(`# mine\n${line}\n`),
      real: [args, exitCode, words],
      repair: /remove line 2/,
      heal: goenv('# mine\n'),
    }),
  ),
  {
    rule: 'goenv-invalid',
    what: 'a relative GOMODCACHE and a module that is needed',
    go: '1.26.0',
    make: (site) => {
      needModule(site, 'example.com/thing');
      site.env.GONOSUMDB = 'example.com';
      site.goenv('GOMODCACHE=mod\n');
    },
    real: [['mod', 'download'], 1, /GOMODCACHE entry is relative/],
    repair: /remove line 1/,
    heal: goenv(''),
    // The proxy has no archive of it.
    healed: [1, /v1\.0\.0\.zip: no such file/],
  },
  {
    rule: 'goenv-invalid',
    what: 'a relative GOCACHE',
    go: '1.27.4',
    make: (site) => {
      site.env.GOCACHE = '';
      site.goenv('GOCACHE=cache\n');
    },
    real: [build, 1, /GOCACHE is not an absolute path/],
    repair: /remove line 1/,
    heal: (site) => {
      delete site.env.GOCACHE;
      site.goenv('');
    },
  },
  {
    rule: 'goenv-invalid',
    what: 'GOCACHE=off',
    go: '1.27.4',
    make: (site) => {
      site.env.GOCACHE = '';
      site.goenv('GOCACHE=off\n');
    },
    real: [build, 1, /build cache is disabled by GOCACHE=off/],
    repair: /remove line 1/,
    heal: (site) => {
      delete site.env.GOCACHE;
      site.goenv('');
    },
  },
  {
    rule: 'goenv-ignored',
    what: 'a name that go does not know',
    go: '1.27.4',
    make: goenv('GOFLAG=-nosuch\n'),
    real: [build, 0, /^$/],
    repair: /remove line 1/,
    heal: goenv(''),
  },
  {
    rule: 'goenv-ignored',
    what: 'a line for the shell',
    go: '1.26.0',
    make: goenv('export GOFLAGS=-nosuch\n'),
    real: [build, 0, /^$/],
    repair: /correct or remove line 1/,
    heal: goenv(''),
  },
  {
    rule: 'goenv-ignored',
    what: 'the process environment wins',
    go: '1.21.13',
    make: (site) => {
      site.goenv('GOPRIVATE=corp.example.com\n');
      site.env.GOPRIVATE = 'other.example.com';
    },
    real: [['env', 'GOPRIVATE'], 0, /^other\.example\.com$/],
    repair: /unset GOPRIVATE/,
    heal: unsets('GOPRIVATE'),
    healed: [0, /^corp\.example\.com$/],
  },
  {
    rule: 'goenv-ignored',
    what: 'a variable that counts in the process environment only',
    go: '1.26.0',
    make: goenv('GODEBUG=toolchaintrace=1\n'),
    real: [['version'], 0, /^go version/],
    repair: /export GODEBUG/,
    heal: (site) => {
      site.goenv('');
      site.env.GODEBUG = 'toolchaintrace=1';
    },
    healed: [0, /using local toolchain/],
  },
  {
    rule: 'goexperiment-invalid',
    what: 'an experiment that has become the language',
    go: '1.26.0',
    make: sets({ GOEXPERIMENT: 'rangefunc' }),
    real: [build, 2, /unknown GOEXPERIMENT rangefunc/],
    repair: /unset GOEXPERIMENT/,
    heal: unsets('GOEXPERIMENT'),
  },
  {
    rule: 'goos-goarch-unsupported',
    what: 'a pair that left with a release',
    go: '1.27.4',
    make: sets({ GOOS: 'windows', GOARCH: 'arm' }),
    real: [build, 2, /unsupported GOOS\/GOARCH pair windows\/arm/],
    repair: /unset GOOS/,
    heal: unsets('GOOS'),
  },
  {
    rule: 'goos-goarch-unsupported',
    what: 'no such system, in GOENV',
    go: '1.21.13',
    make: goenv('GOOS=plan10\n'),
    real: [build, 2, /unsupported GOOS\/GOARCH pair plan10\/amd64/],
    repair: /remove line 1 \(GOOS=/,
    heal: goenv(''),
  },
  {
    rule: 'goarch-level-invalid',
    what: 'GOAMD64 that go1.21 refuses',
    go: '1.21.13',
    make: sets({ GOAMD64: 'v9' }),
    real: [build, 2, /invalid GOAMD64/],
    level: 'major',
    repair: /unset GOAMD64/,
    heal: unsets('GOAMD64'),
  },
  {
    rule: 'goarch-level-invalid',
    what: 'GOAMD64 that go1.26 takes without a word',
    go: '1.26.0',
    make: sets({ GOAMD64: 'v9' }),
    real: [['env', 'GOAMD64'], 0, /^v9$/],
    level: 'minor',
    repair: /unset GOAMD64/,
    heal: unsets('GOAMD64'),
  },
  {
    rule: 'goarch-level-invalid',
    what: 'GOARM64 that go1.27 refuses',
    go: '1.27.4',
    make: sets({ GOARCH: 'arm64', GOARM64: 'v99' }),
    real: [build, 2, /invalid GOARM64/],
    level: 'major',
    repair: /unset GOARM64/,
    heal: unsets('GOARM64'),
  },
  {
    rule: 'goarch-level-invalid',
    what: 'a level of an architecture that is not built, in the process environment',
    go: '1.26.0',
    make: sets({ GOARM64: 'v99' }),
    real: [build, 2, /invalid GOARM64/],
    level: 'major',
    repair: /unset GOARM64/,
    heal: unsets('GOARM64'),
  },
  {
    rule: 'goarch-level-invalid',
    what: 'a level in GOENV, which the compiler refuses',
    go: '1.24.13',
    make: (site) => {
      site.goenv('GOPPC64=power7\n');
      site.env.GOARCH = 'ppc64le';
    },
    real: [build, 1, /invalid GOPPC64/],
    level: 'major',
    repair: /remove line 1 \(GOPPC64=/,
    heal: goenv(''),
  },
  {
    rule: 'goarch-level-invalid',
    what: 'GO386 that left with go1.16',
    go: '1.27.0',
    make: sets({ GOARCH: '386', GO386: '387' }),
    real: [build, 1, /unsupported setting GO386=387/],
    level: 'major',
    repair: /unset GO386/,
    heal: unsets('GO386'),
  },
  {
    rule: 'godebug-removed',
    what: 'tls3des=1 under go1.27, a program built by itself',
    go: '1.27.4',
    make: sets({ GODEBUG: 'tls3des=1' }),
    real: [['version'], 2, /fatal error: removed GODEBUG "tls3des" set to old value "1"/],
    repair: /unset GODEBUG/,
    heal: unsets('GODEBUG'),
  },
  {
    rule: 'goflags-rewrites-gomod',
    what: '-mod=mod in GOENV',
    go: '1.26.0',
    files: module(),
    make: goenv('GOFLAGS=-mod=mod\n'),
    real: [['list', './...'], 0, /example\.com\/app/],
    repair: /remove line 1 \(GOFLAGS=/,
    heal: goenv(''),
  },
  {
    rule: 'goflags-unknown',
    what: 'a flag that no command has',
    go: '1.27.4',
    make: sets({ GOFLAGS: '-tags=a -nosuch' }),
    real: [build, 1, /parsing \$GOFLAGS: unknown flag -nosuch/],
    repair: /unset GOFLAGS/,
    heal: unsets('GOFLAGS'),
  },
  {
    rule: 'goflags-unknown',
    what: 'a word that is no flag, in GOENV',
    go: '1.21.13',
    make: goenv('GOFLAGS=mod=vendor\n'),
    real: [build, 1, /parsing \$GOFLAGS: non-flag "mod=vendor"/],
    repair: /remove line 1 \(GOFLAGS=/,
    heal: goenv(''),
  },
  {
    rule: 'goflags-unknown',
    what: 'a word that no quote ends',
    go: '1.26.0',
    make: sets({ GOFLAGS: "'-ldflags=-s -w" }),
    real: [build, 1, /parsing \$GOFLAGS: unterminated ' string/],
    repair: /unset GOFLAGS/,
    heal: unsets('GOFLAGS'),
  },
  {
    rule: 'goflags-unknown',
    what: '-C, which is refused from there',
    go: '1.27.4',
    make: sets({ GOFLAGS: '-C=/tmp' }),
    real: [build, 2, /invalid value "\/tmp" for flag -C \(from \$GOFLAGS\)/],
    repair: /unset GOFLAGS/,
    heal: unsets('GOFLAGS'),
  },
  ...(
    [
      ['-mod=junk', 1, /-mod=junk not supported/],
      ['-race=maybe', 2, /invalid boolean value "maybe" for flag -race/],
      ['-p=many', 2, /invalid value "many" for flag -p/],
    ] as const
  ).map(
    ([flags, exitCode, words]): Case => ({
      rule: 'goflags-unknown',
      what: `${flags}, a value that is none`,
      go: '1.26.0',
      make: sets({ GOFLAGS: flags }),
      real: [build, exitCode, words],
      repair: /unset GOFLAGS/,
      heal: unsets('GOFLAGS'),
    }),
  ),
  {
    rule: 'goflags-unknown',
    what: '-mod=mod where a go.work takes effect',
    go: '1.21.13',
    files: { ...module('go 1.21'), 'go.work': 'go 1.21\n\nuse .\n' },
    make: sets({ GOFLAGS: '-mod=mod' }),
    real: [build, 1, /-mod may only be set to readonly .*when in workspace mode/],
    repair: /unset GOFLAGS/,
    heal: unsets('GOFLAGS'),
  },
  {
    rule: 'modules-off',
    what: 'GO111MODULE=off inside a module',
    go: '1.26.0',
    make: sets({ GO111MODULE: 'off' }),
    real: [['list', '-m'], 1, /GO111MODULE=off/],
    repair: /unset GO111MODULE/,
    heal: unsets('GO111MODULE'),
  },
  {
    rule: 'gopath-is-goroot',
    what: 'GOPATH equal to GOROOT',
    go: clone('1.27.4'),
    make: (site) => sets({ GOPATH: site.goroot })(site),
    real: [build, 0, /warning: both GOPATH and GOROOT are the same directory/],
    repair: /unset GOPATH/,
    heal: unsets('GOPATH'),
    healed: [0, /^$/],
  },
  {
    rule: 'gopath-is-goroot',
    what: 'a relative GOPATH in the process environment',
    go: '1.26.0',
    make: sets({ GOPATH: 'go' }),
    real: [build, 2, /GOPATH entry is relative/],
    repair: /unset GOPATH/,
    heal: unsets('GOPATH'),
  },
  ...(
    [
      ['GOSUMDB', 'off', /unset GOSUMDB/],
      ['GONOSUMDB', '*', /narrow GONOSUMDB/],
      ['GOPRIVATE', 'github.com/*', /narrow GOPRIVATE/],
    ] as const
  ).map(
    ([name, value, repair]): Case => ({
      rule: 'sumdb-disabled',
      what: `${name}=${value}`,
      go: '1.26.0',
      make: (site) => {
        needModule(site, 'github.com/someone/thing');
        site.env.GONOPROXY = 'none';
        site.env[name] = value;
      },
      real: [listAll, 0, /github\.com\/someone\/thing v1\.0\.0/],
      repair,
      heal: (site) => {
        // `realGo` names a database at which nobody answers: a look into it fails.
        if (name === 'GOSUMDB') delete site.env.GOSUMDB;
        else site.env[name] = 'corp.example.com';
        rmSync(join(site.world.workspace, 'go.sum'), { force: true });
        rmSync(join(site.world.home, 'go/pkg/mod/cache'), { recursive: true, force: true });
      },
      healed: [1, /verifying/],
    }),
  ),
  {
    rule: 'gotmpdir-missing',
    what: 'GOTMPDIR that was cleaned up',
    go: '1.27.4',
    make: (site) => sets({ GOTMPDIR: join(site.world.home, 'tmp') })(site),
    real: [build, 1, /creating work dir/],
    repair: /mkdir -p .*\/tmp/,
    heal: (site) => mkdirSync(join(site.world.home, 'tmp')),
  },
  {
    rule: 'cgo-no-compiler',
    what: 'CC names nothing',
    go: '1.26.0',
    files: { 'app.go': 'package app\n\n// int one(void) { return 1; }\nimport "C"\n' },
    make: sets({ CC: 'nosuch-cc' }),
    real: [['list', '-compiled', './...'], 1, /C compiler "nosuch-cc" not found/],
    repair: /unset CC/,
    heal: unsets('CC'),
  },
  {
    rule: 'cgo-no-compiler',
    what: 'CGO_ENABLED=1 and no compiler on PATH',
    go: '1.26.0',
    files: { 'app.go': 'package app\n\n// int one(void) { return 1; }\nimport "C"\n' },
    make: (site) => sets({ CGO_ENABLED: '1', PATH: bin('1.26.0') })(site),
    real: [['list', '-compiled', './...'], 1, /C compiler "gcc" not found/],
    repair: /unset CGO_ENABLED/,
    heal: unsets('CGO_ENABLED'),
  },
];

/** Without quotes, which a summary leaves out or doubles. */
const plain = (text: string) => text.replaceAll('"', '');

async function siteFor(go: Case['go'], files: Case['files']): Promise<Site> {
  const home = makeWorld(undefined);
  const toolchain = go === undefined ? undefined : typeof go === 'string' ? sdk(go) : await go(home);
  return siteOf(toolchain, files ?? {}, home);
}

/** Worlds of installed programs and of running editors are made in tools.test.ts and editors.test.ts. */
const elsewhere: readonly ConflictRule[] = [
  'tool-behind',
  'tool-not-pinned-version',
  'gofmt-mismatch',
  'ide-environment-differs',
];

describe('a world with a conflict', () => {
  it('exists for every rule', () => {
    const tested = new Set([...cases.map(({ rule }) => rule), ...elsewhere]);
    expect(conflictRules.map(({ rule }) => rule).filter((rule) => !tested.has(rule))).toEqual([]);
  });

  it.each(cases)('$rule: $what', async ({ rule, go, files, make, real, level, repair, heal, healed }) => {
    const site = await siteFor(go, files);
    await make(site);
    const [args, exitCode, words] = real;

    const { findings, exitCode: answer } = await check(site);
    const said = await realGo(site, args);
    expect(said.text).toMatch(words);
    expect(said.exitCode).toBe(exitCode);

    const found = findings.filter((finding) => finding.rule === rule);
    expect(found, JSON.stringify(findings)).toHaveLength(1);
    expect(found[0]).toMatchObject({ kind: 'conflict', level: level ?? ruleRow(rule).level });
    expect(found[0]?.repair).toMatch(repair);
    // What it promises that go will say, go says.
    const quoted = /(?:fails|stop) with "(.*)"/.exec(found[0]?.summary ?? '')?.[1];
    if (quoted !== undefined) expect(plain(said.text)).toContain(plain(quoted));
    expect(answer).toBe(findings.some((finding) => finding.level !== 'patch') ? 1 : 0);

    heal(site);
    const after = await check(site);
    expect(after.findings.filter((finding) => finding.rule === rule)).toEqual([]);
    const [code, text] = healed ?? [0, /(?:)/];
    const then = await realGo(site, args);
    expect(then.text).toMatch(text);
    expect(then.exitCode, then.text).toBe(code);
  });
});

/** A world that is as it should be, however unusual. */
interface Harmless {
  readonly what: string;
  readonly go: Version;
  readonly files?: Readonly<Record<string, string>>;
  readonly make?: (site: Site) => void;
  /** What it does say, and nothing else. */
  readonly but?: readonly ConflictRule[];
  /** What the real go is asked; a build unless given. */
  readonly real?: readonly string[];
}

const harmless: readonly Harmless[] = [
  ...toolchainVersions.map((version) => ({ what: `go${version} and an older go line`, go: version })),
  { what: 'a go line equal to the go', go: '1.26.0', files: module('go 1.26.0') },
  { what: 'a go line of the same language, a newer patch runs', go: '1.27.4', files: module('go 1.27.0') },
  {
    what: 'a toolchain line equal to the local go',
    go: '1.26.0',
    files: module('go 1.26', '', 'toolchain go1.26.0'),
  },
  {
    what: 'a toolchain line older than the local go',
    go: '1.27.4',
    files: module('go 1.24.0', '', 'toolchain go1.24.13'),
  },
  {
    what: 'toolchain default',
    go: '1.24.13',
    files: module('go 1.24', '', 'toolchain default'),
    // A build would first have `go mod tidy` take the line away.
    real: ['version'],
  },
  { what: 'a go.work that lists the workspace', go: '1.27.4', files: { 'go.work': 'go 1.24\n\nuse .\n' } },
  { what: 'GOWORK=off', go: '1.26.0', make: sets({ GOWORK: 'off' }) },
  {
    what: 'GOPRIVATE of a company',
    go: '1.26.0',
    make: sets({ GOPRIVATE: 'corp.example.com,github.com/corp/*' }),
  },
  { what: 'GONOSUMDB of a company', go: '1.26.0', make: goenv('GONOSUMDB=*.corp.example.com\n') },
  { what: 'GOFLAGS=-trimpath', go: '1.24.13', make: sets({ GOFLAGS: '-trimpath' }) },
  {
    what: 'GOFLAGS of many commands',
    go: '1.27.4',
    make: sets({
      GOFLAGS:
        "-mod=readonly -tags=netgo,osusergo --race=false -count=1 '-ldflags=-s -w' -buildvcs=false -p=4 -x=false -v=false",
    }),
  },
  { what: 'GOBIN', go: '1.26.0', make: (site) => sets({ GOBIN: join(site.world.home, 'bin') })(site) },
  {
    what: 'GOPROXY with two entries',
    go: '1.26.0',
    make: sets({ GOPROXY: 'https://proxy.example.com|direct' }),
  },
  { what: 'GOPROXY=off and nothing to fetch', go: '1.26.0', make: sets({ GOPROXY: 'off' }) },
  {
    what: 'GOENV with comments and blank lines',
    go: '1.27.4',
    make: goenv('# go env -w writes here\n\nGOPRIVATE=corp.example.com\n#GOFLAGS=-mod=mod\n'),
  },
  {
    what: 'GOENV and the process of one mind',
    go: '1.26.0',
    make: (site) => {
      site.goenv('GOPRIVATE=corp.example.com\n');
      site.env.GOPRIVATE = 'corp.example.com';
    },
  },
  {
    what: 'GOENV=off',
    go: '1.26.0',
    make: (site) => {
      site.goenv('GOFLAGS=-nosuch\n');
      site.env.GOENV = 'off';
    },
  },
  {
    what: 'CGO_ENABLED=0 and no compiler',
    go: '1.26.0',
    make: (site) => sets({ CGO_ENABLED: '0', PATH: bin('1.26.0') })(site),
  },
  { what: 'no compiler on PATH', go: '1.27.4', make: (site) => sets({ PATH: bin('1.27.4') })(site) },
  { what: 'CC with arguments', go: '1.26.0', make: sets({ CC: 'gcc -m64' }) },
  { what: 'GOTOOLCHAIN=auto', go: '1.26.0', make: sets({ GOTOOLCHAIN: 'auto' }) },
  { what: 'GOTOOLCHAIN=local', go: '1.26.0', make: goenv('GOTOOLCHAIN=local\n') },
  {
    what: 'GOTOOLCHAIN=path and the named go on PATH',
    go: '1.26.0',
    files: module('go 1.27.0'),
    make: (site) => {
      mkdirSync(join(site.world.home, 'bin'));
      symlinkSync(sdk('1.27.0').go, join(site.world.home, 'bin/go1.27.0'));
      site.env.GOTOOLCHAIN = 'path';
      site.first(join(site.world.home, 'bin'));
    },
  },
  {
    what: 'a switch to a cached toolchain: a lone proxy of files needs no database',
    go: '1.26.0',
    files: module('go 1.27.0'),
    make: (site) => {
      cacheToolchain(site, '1.27.0');
      mkdirSync(join(site.world.home, 'proxy'));
      sets({ GOPROXY: `file://${join(site.world.home, 'proxy')}`, GOSUMDB: 'off' })(site);
    },
    but: ['sumdb-disabled'],
  },
  ...['process', 'GOENV'].map(
    (where): Harmless => ({
      what: `GOROOT in ${where}, overridden by a switch to a cached toolchain`,
      go: '1.26.0',
      files: module('go 1.27.0'),
      make: (site) => {
        cacheToolchain(site, '1.27.0');
        if (where === 'process') site.env.GOROOT = site.goroot;
        else site.goenv(`GOROOT=${site.goroot}\n`);
        sets({ GOPROXY: `file://${site.world.home}`, GOSUMDB: 'off' })(site);
      },
      but: ['sumdb-disabled'],
    }),
  ),
  {
    what: 'GOROOT in process, taken away by a switch to a go on PATH',
    go: '1.26.0',
    files: module('go 1.27.0'),
    make: (site) => {
      linkOnPath(site, '1.27.0');
      site.env.GOROOT = site.goroot;
    },
  },
  {
    what: 'a copy of bin/go with GOROOT',
    go: '1.26.0',
    make: (site) => {
      mkdirSync(join(site.world.home, 'bin'));
      copyFileSync(sdk('1.26.0').go, join(site.world.home, 'bin/go'));
      site.env.GOROOT = site.goroot;
      site.env.PATH = `${join(site.world.home, 'bin')}:/usr/bin:/bin`;
    },
  },
  {
    what: "a distribution's tree of links",
    go: '1.26.0',
    make: (site) => {
      const tree = join(site.world.home, 'lib/go-1.26');
      mkdirSync(join(tree, 'bin'), { recursive: true });
      copyFileSync(sdk('1.26.0').go, join(tree, 'bin/go'));
      for (const name of ['src', 'pkg', 'VERSION', 'go.env'])
        symlinkSync(join(site.goroot, name), join(tree, name));
      mkdirSync(join(site.world.home, 'bin'));
      symlinkSync('../lib/go-1.26/bin/go', join(site.world.home, 'bin/go'));
      site.env.PATH = `${join(site.world.home, 'bin')}:/usr/bin:/bin`;
    },
  },
  {
    what: 'a file named go that nobody may run',
    go: '1.26.0',
    make: (site) => {
      mkdirSync(join(site.world.home, 'notes'));
      writeFileSync(join(site.world.home, 'notes/go'), 'to do');
      site.first(join(site.world.home, 'notes'));
    },
  },
  {
    what: 'a relative GOTMPDIR',
    go: '1.26.0',
    make: (site) => {
      mkdirSync(join(site.world.workspace, 'tmp'));
      site.env.GOTMPDIR = 'tmp';
    },
  },
  { what: 'GOTOOLCHAIN with a floor', go: '1.26.0', make: goenv('GOTOOLCHAIN=go1.26.0+auto\n') },
  { what: 'a name twice in GOENV', go: '1.26.0', make: goenv('GOFLAGS=-nosuch\nGOFLAGS=-trimpath\n') },
  {
    what: 'empty values in GOENV',
    go: '1.26.0',
    make: goenv('GOFLAGS=\nGOTOOLCHAIN=\nGOROOT=\nGOPATH=\nGOOS=\nGOWORK=\nGO111MODULE=\nGOCACHE=\n'),
  },
  { what: 'a build for darwin', go: '1.26.0', make: sets({ GOOS: 'darwin', GOARCH: 'arm64' }) },
  {
    what: 'a build for wasm',
    go: '1.27.4',
    make: sets({ GOOS: 'js', GOARCH: 'wasm', GOWASM: 'satconv,signext' }),
  },
  {
    what: 'windows/arm where it is still built',
    go: '1.24.13',
    make: sets({ GOOS: 'windows', GOARCH: 'arm' }),
  },
  { what: 'GOAMD64=v3', go: '1.26.0', make: sets({ GOAMD64: 'v3' }) },
  {
    what: 'GOARM64 with features',
    go: '1.27.4',
    make: sets({ GOARCH: 'arm64', GOARM64: 'v8.2,lse,crypto' }),
  },
  { what: 'GOARM=7,hardfloat', go: '1.26.0', make: sets({ GOARCH: 'arm', GOARM: '7,hardfloat' }) },
  { what: 'a level of another architecture in GOENV', go: '1.26.0', make: goenv('GOARM64=v99\nGO386=387\n') },
  { what: 'GODEBUG of the runtime', go: '1.27.4', make: sets({ GODEBUG: 'gctrace=0,madvdontneed=1' }) },
  {
    what: 'a removed GODEBUG that asks for what is now normal',
    go: '1.27.4',
    make: sets({ GODEBUG: 'tls3des=0' }),
  },
  { what: 'an experiment of this go', go: '1.26.0', make: sets({ GOEXPERIMENT: 'nogreenteagc' }) },
  { what: 'an experiment of an older go', go: '1.21.13', make: sets({ GOEXPERIMENT: 'loopvar' }) },
  { what: 'GOROOT equal to the own tree', go: '1.26.0', make: (site) => sets({ GOROOT: site.goroot })(site) },
  {
    what: 'GOROOT with a slash at its end',
    go: '1.26.0',
    make: (site) => sets({ GOROOT: `${site.goroot}/` })(site),
  },
  {
    what: 'GOROOT by a link to the own tree',
    go: '1.27.4',
    make: (site) => {
      symlinkSync(site.goroot, join(site.world.home, 'current'));
      site.env.GOROOT = join(site.world.home, 'current');
      site.first(join(site.world.home, 'current/bin'));
    },
  },
  {
    what: 'the same go several times on PATH, by links',
    go: '1.26.0',
    make: (site) => {
      mkdirSync(join(site.world.home, 'bin'));
      symlinkSync(sdk('1.26.0').go, join(site.world.home, 'bin/go'));
      symlinkSync(site.goroot, join(site.world.home, 'current'));
      site.first(join(site.world.home, 'bin'), join(site.world.home, 'current/bin'));
    },
  },
  { what: 'an older go behind a newer one on PATH', go: '1.26.0', make: (site) => site.first(bin('1.27.4')) },
  { what: 'GO111MODULE=on', go: '1.26.0', make: sets({ GO111MODULE: 'on' }) },
  {
    what: 'two directories in GOPATH',
    go: '1.26.0',
    make: (site) => sets({ GOPATH: `${site.world.home}/a:${site.world.home}/b` })(site),
  },
  { what: 'GOTMPDIR that is there', go: '1.26.0', make: (site) => sets({ GOTMPDIR: site.world.home })(site) },
  {
    what: 'empty variables',
    go: '1.26.0',
    make: sets({
      GOFLAGS: '',
      GOOS: '',
      GOROOT: '',
      GOTOOLCHAIN: '',
      GOEXPERIMENT: '',
      GOPATH: '',
      GOTMPDIR: '',
    }),
  },
];

describe('a healthy world', () => {
  it.each(harmless)('$what', async ({ go, files, make, but, real }) => {
    const site = await siteFor(go, files);
    make?.(site);
    const { findings, exitCode } = await check(site);
    const loud = findings.filter(({ level }) => level !== 'patch');
    expect(
      loud.map(({ rule }) => rule),
      JSON.stringify(loud),
    ).toEqual(but ?? []);
    expect(exitCode).toBe(but === undefined ? 0 : 1);
    const said = await realGo(site, real ?? build);
    expect(said.exitCode, said.text).toBe(0);
  });
});
