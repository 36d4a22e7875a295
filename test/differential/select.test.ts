/**
 * Our toolchain selection compared with `go version` of several toolchains in many worlds. A world consists
 * of a local toolchain, a GOTOOLCHAIN, the lines of a go.mod or go.work, the toolchains on PATH and in the
 * module cache, and the source of modules. Nothing uses the network: the proxy is an empty folder, or off.
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseGoMod, scanGoLines } from '../../src/go/gomod.ts';
import {
  localToolchain,
  type ProjectLines,
  type SelectInput,
  selectToolchain,
  toolchainCachePaths,
} from '../../src/go/select.ts';
import { compareGoVersions } from '../../src/go/version.ts';
import {
  cloneToolchain,
  ensureToolchain,
  runGo,
  scratch,
  type Toolchain,
  toolchainVersions,
} from '../lab/toolchains.ts';

/** Settings with which go.mod or go.work decides. */
const deciding = [
  '',
  'auto',
  'path',
  'local+auto',
  'local+path',
  'go1.26.0+auto',
  'go1.21.13+auto',
  'go1.27.0+path',
] as const;
/** Settings that name one toolchain, or that ignore the file. */
const naming = [
  'local',
  ...toolchainVersions.slice(1).map((version) => `go${version}`),
  'go1.27.4+auto',
  'go1.26.0-acme',
  'go1.26.0-acme+auto',
  'go1.99.0+auto',
  'go1.26',
  'go1.26+auto',
  'go1.26+path',
  'go1.20.14',
  'go1.27rc1',
  'go2',
  'go1.28-devel_33aff0e5',
] as const;
/** Settings that go always rejects. */
const broken = [
  'go1.26.0_1',
  'go1.26.0-a_b',
  'go1.26.0 ',
  'auto+path',
  'local+',
  'go1.27.4+junk',
  'default',
  'junk',
  'bash',
  'gccgo-go1.26.0',
  'local\r',
] as const;

const files: readonly (readonly [ProjectLines['file'], string])[] = [
  [undefined, ''],
  ['go.mod', 'module m\n'],
  ['go.mod', 'module m\n\ngo 1.20\n'],
  ['go.mod', 'module m\n\ngo 1.24\n'],
  ['go.mod', 'module m\n\ngo 1.26\n'],
  ['go.mod', 'module m\n\ngo 1.26rc1\n'],
  ['go.mod', 'module m\n\ngo 1.26.0\n'],
  ['go.mod', 'module m\n\ngo 1.27\n'],
  ['go.mod', 'module m\r\n\r\ngo 1.27.4\r\n'],
  ['go.mod', 'module m\n\ngo 1.27.9\n'],
  ['go.mod', 'module m\n\ngo 1.99.0 // newest\n'],
  ['go.mod', 'module m\n\ngo 1.24.13\n\ntoolchain go1.27.4\n'],
  ['go.mod', 'module m\n\ngo 1.24.13\n\ntoolchain go1.24.13\n'],
  ['go.mod', 'module m\n\ngo 1.27.0\ntoolchain go1.26.0\n'],
  ['go.mod', 'module m\ngo 1.21\ntoolchain go1.26.0-acme\n'],
  ['go.mod', 'module m\ngo 1.21\ntoolchain go1.21.13-acme\n'],
  ['go.mod', 'module m\n\ngo 1.27\n\ntoolchain default\n'],
  ['go.mod', 'module m\n\ngo 1.24\n\ntoolchain default\n'],
  ['go.mod', 'module m\n\ngo 1.24\n\ntoolchain go1.27\n'],
  ['go.mod', 'module m\n\ngo 1.24\n\ntoolchain local\n'],
  ['go.mod', 'module m\n\ngo 1.24\n\ntoolchain go1.28.0-a_b\n'],
  ['go.mod', 'module m\n\ngo 1.x\n'],
  ['go.mod', 'module m\n<<<<<<< HEAD\ngo 1.27.0\n=======\ngo 1.27.4\n>>>>>>> b\n'],
  ['go.mod', '\uFEFFgo 1.27.4\nmodule m\ngo 1.26.0\n'],
  ['go.work', 'go 1.27.0\n\nuse .\n'],
  ['go.work', 'go 1.24\n\ntoolchain go1.27.4\n\nuse .\n'],
];

/**
 * PATH, module cache, proxy, GOSUMDB and GO111MODULE of a world; rotated through the cross product of the
 * other dimensions.
 */
const surroundings = [
  { path: 'none', cache: 'all', proxy: 'file', gosumdb: 'off', go111module: '' },
  { path: 'all', cache: 'none', proxy: 'file', gosumdb: 'off', go111module: '' },
  { path: 'fakes', cache: 'some', proxy: 'file', gosumdb: 'off', go111module: 'on' },
  { path: 'none', cache: 'some', proxy: 'off', gosumdb: 'off', go111module: 'auto' },
  { path: 'fakes', cache: 'none', proxy: 'off', gosumdb: 'off', go111module: '' },
  { path: 'none', cache: 'all', proxy: 'file', gosumdb: 'off', go111module: 'auto' },
  { path: 'all', cache: 'all', proxy: 'off', gosumdb: 'off', go111module: 'off' },
  { path: 'none', cache: 'all', proxy: 'off', gosumdb: 'off', go111module: 'on' },
] as const;
type Surroundings = (typeof surroundings)[number];

/** Versions without a real toolchain: a script on PATH prints its own name. */
const fakes = [
  'go1.99.0',
  'go1.26.0-acme',
  'go1.21.13-acme',
  'go1.27.9',
  'go1.26',
  'go1.28-devel_33aff0e5',
  'bash',
  'go2',
];
const real = toolchainVersions.map((version) => `go${version}`);
const onPath: Readonly<Record<Surroundings['path'], readonly string[]>> = {
  none: [],
  fakes,
  all: [...fakes, ...real],
};
const inCache: Readonly<Record<Surroundings['cache'], readonly string[]>> = {
  none: [],
  some: ['go1.26.0', 'go1.27.4'],
  all: real,
};

let toolchains: Toolchain[];
let platform: string;
let lab: string;
let projects: string[];

beforeAll(async () => {
  toolchains = await Promise.all(toolchainVersions.map(ensureToolchain));
  const [first] = toolchains as [Toolchain];
  const printed = await runGo(first, ['version'], { env: { GOTOOLCHAIN: 'local' } });
  platform = printed.stdout.trim().split(' ').at(-1) ?? '';
  lab = scratch('select');
  mkdirSync(join(lab, 'proxy'));
  for (const [name, toolchainNames] of Object.entries(onPath))
    makePath(join(lab, 'path', name), toolchainNames);
  for (const [name, toolchainNames] of Object.entries(inCache))
    makeCache(join(lab, 'cache', name), toolchainNames);
  projects = files.map(([file, text], index) =>
    makeProject(join(lab, 'projects', String(index)), file, text),
  );
});

function toolchainOf(name: string): Toolchain | undefined {
  return toolchains.find(({ version }) => `go${version}` === name);
}

function makePath(dir: string, names: readonly string[]): void {
  mkdirSync(dir, { recursive: true });
  for (const name of names) {
    const toolchain = toolchainOf(name);
    if (toolchain !== undefined) symlinkSync(toolchain.go, join(dir, name));
    else writeFileSync(join(dir, name), script(name), { mode: 0o755 });
  }
}

function script(name: string): string {
  return `#!/bin/sh\necho "go version ${name} ${platform}"\n`;
}

/**
 * Makes a module cache with toolchains that go considers complete: the tree (a link to the real one) and its
 * zip hash.
 */
function makeCache(dir: string, names: readonly string[]): void {
  mkdirSync(join(dir, 'golang.org'), { recursive: true });
  mkdirSync(join(dir, 'cache/download/golang.org/toolchain/@v'), { recursive: true });
  for (const name of names) {
    const paths = toolchainCachePaths(name, platform);
    symlinkSync(toolchainOf(name)?.goroot ?? '', join(dir, paths.dir));
    writeFileSync(join(dir, paths.ziphash), `h1:${'A'.repeat(43)}=`);
  }
}

function makeProject(dir: string, file: ProjectLines['file'], text: string): string {
  mkdirSync(dir, { recursive: true });
  if (file !== undefined) writeFileSync(join(dir, file), text);
  if (file === 'go.work') writeFileSync(join(dir, 'go.mod'), 'module m\n');
  return dir;
}

/** One world and what is expected of it. */
interface World {
  readonly local: Toolchain;
  readonly setting: string;
  readonly project: number;
  readonly around: Surroundings;
}

function inputOf({ local, setting, project, around }: World, defaultSetting: string): SelectInput {
  const [file, text] = files[project] ?? [undefined, ''];
  return {
    gotoolchain: { value: setting, origin: 'environment' },
    gotoolchainDefault: defaultSetting,
    go111module: around.go111module,
    local: localToolchain(`go${local.version}`),
    platform,
    project: { file, ...scanGoLines(text), hasGoMod: file !== undefined },
    pathHas: (name) => onPath[around.path].includes(name),
    cached: (name) => inCache[around.cache].includes(name),
    // A proxy in an empty folder offers no download.
    downloads: 'off',
    sumdb: { gosumdb: around.gosumdb, goproxy: around.proxy === 'file' ? `file://${lab}/proxy` : 'off' },
  };
}

function environment({ local, setting, around }: World): Record<string, string | undefined> {
  return {
    PATH: [join(lab, 'path', around.path), join(local.goroot, 'bin'), '/usr/bin', '/bin'].join(delimiter),
    HOME: join(lab, 'home'),
    GOENV: 'off',
    GOMODCACHE: join(lab, 'cache', around.cache),
    GOPROXY: around.proxy === 'file' ? `file://${lab}/proxy` : 'off',
    GOSUMDB: around.gosumdb,
    GO111MODULE: around.go111module === '' ? undefined : around.go111module,
    GOTOOLCHAIN: setting === '' ? undefined : setting,
    GODEBUG: 'toolchaintrace=1',
  };
}

function defaultOf({ goroot }: Toolchain): string {
  return /^GOTOOLCHAIN=(.*)$/m.exec(readFileSync(join(goroot, 'go.env'), 'utf8'))?.[1] ?? '';
}

/** The result of `go version`, expressed as a selection. */
async function oracle(world: World) {
  const run = await runGo(world.local, ['version'], {
    cwd: projects[world.project] ?? lab,
    env: environment(world),
  });
  const said = run.stderr.trimEnd().split('\n');
  return {
    ran: run.exitCode === 0 ? run.stdout.replace(/^go version (.*) \S+\n$/, '$1') : '',
    error: run.exitCode === 0 ? undefined : said.at(-1),
    trace: said.filter((line) => /^go: (?:default toolchain set|upgrading toolchain|using local)/.test(line)),
  };
}

function prediction(world: World) {
  const selection = selectToolchain(inputOf(world, defaultOf(world.local)));
  // The trace exists since Go 1.24; with an invalid setting, go stops before it prints the trace.
  const traced = compareGoVersions(world.local.version, '1.24') >= 0;
  return {
    ran: selection.error === undefined ? selection.wanted : '',
    error: selection.error,
    trace: traced ? selection.trace : [],
  };
}

function describeWorld({ local, setting, project, around }: World): string {
  return JSON.stringify({ local: local.version, setting, project: files[project], ...around });
}

/** Runs `work` for all `items`, a few at a time: each runs one or two processes of some milliseconds. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}

/**
 * Generates the worlds: each setting with every file if the file decides, with every second file if the file
 * hardly matters, and with every fourth if it cannot matter. The local toolchain and the surroundings rotate
 * through their combinations.
 */
function worlds(): World[] {
  const all: World[] = [];
  for (const [kind, step] of [
    [deciding, 1],
    [naming, 2],
    [broken, 4],
  ] as const)
    for (const [index, setting] of kind.entries())
      for (const project of files.keys()) {
        if ((project + index) % step !== 0) continue;
        const local = toolchains[all.length % toolchains.length];
        const around = surroundings[all.length % surroundings.length];
        if (local && around) all.push({ local, setting, project, around });
      }
  return all;
}

describe('selectToolchain, compared with go version', () => {
  it('selects the same toolchain, or fails with the same error, as go', async () => {
    const all = worlds();
    const outcomes = new Map<string, number>();
    const wrong: unknown[] = [];
    await inParallel(all, async (world) => {
      const [expected, actual] = [await oracle(world), prediction(world)];
      if (JSON.stringify(expected) !== JSON.stringify(actual))
        wrong.push({ world: describeWorld(world), go: expected, godrift: actual });
      const { outcome } = selectToolchain(inputOf(world, defaultOf(world.local)));
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    });
    console.info(
      `select: ${all.length} worlds, ${toolchains.length} toolchains`,
      Object.fromEntries(outcomes),
    );
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(all.length).toBeGreaterThanOrEqual(300);
    for (const outcome of ['local', 'path', 'cached', 'forbidden', 'invalid', 'not-found'])
      expect([outcome, (outcomes.get(outcome) ?? 0) >= 10]).toEqual([outcome, true]);
  });

  it('predicts when go list -m refuses a module that needs a newer go', async () => {
    const around = surroundings[0];
    // For a file that does not parse, go reports the parse error instead.
    const parsable = [...files.keys()].filter((project) => {
      const [file, text] = files[project] ?? [undefined, ''];
      return file !== 'go.mod' || parseGoMod(Buffer.from(text)).problems.length === 0;
    });
    const all = ['', 'local', 'go1.26.0', 'go1.24.13', 'go1.26.0+auto', 'go1.27.0+path']
      .flatMap((setting) =>
        parsable.flatMap((project) =>
          toolchains.map((local): World => ({ local, setting, project, around })),
        ),
      )
      // Every third combination: five toolchains and three have no common factor, so every file meets some
      // toolchains.
      .filter((_, index) => index % 3 === 0);
    let refused = 0;
    let checked = 0;
    const wrong: unknown[] = [];
    await inParallel(all, async (world) => {
      const selection = selectToolchain(inputOf(world, defaultOf(world.local)));
      if (selection.error !== undefined) return;
      const run = await runGo(world.local, ['list', '-m'], {
        cwd: projects[world.project] ?? lab,
        env: environment(world),
      });
      const refusal = run.stderr.split('\n').find((line) => line.includes(' requires go >= '));
      checked++;
      if (selection.tooOldFor !== undefined) refused++;
      if (refusal !== selection.tooOldError)
        wrong.push({ world: describeWorld(world), go: run, godrift: selection.tooOldError });
    });
    console.info(`select: ${checked} runs of go list -m, ${refused} refused`);
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(refused).toBeGreaterThan(30);
  });

  it('selects by a go.work without go.mod like go, also with GO111MODULE=auto', async () => {
    const dir = join(lab, 'workspace');
    mkdirSync(dir);
    writeFileSync(join(dir, 'go.work'), 'go 1.27.4\n');
    const ran: string[] = [];
    for (const go111module of ['', 'auto', 'off'])
      for (const local of toolchains) {
        const world = { local, setting: 'auto', project: 0, around: surroundings[0] };
        const env = { ...environment(world), GO111MODULE: go111module || undefined };
        const { wanted } = selectToolchain({
          ...inputOf(world, 'auto'),
          go111module,
          project: { file: 'go.work', go: '1.27.4', goLine: 1 },
        });
        expect((await runGo(local, ['version'], { cwd: dir, env })).stdout).toBe(
          `go version ${wanted} ${platform}\n`,
        );
        ran.push(wanted);
      }
    expect(new Set(ran).size).toBe(toolchains.length);
  });

  it('does not switch when go.env has lost its GOTOOLCHAIN line', async () => {
    const clone = await cloneToolchain('1.26.0', join(lab, 'clone'), { own: ['go.env'] });
    const file = join(clone.goroot, 'go.env');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^GOTOOLCHAIN=.*\n/m, ''));
    for (const project of [...files.keys()].filter((each) => each % 3 === 0)) {
      const world = { local: clone, setting: '', project, around: surroundings[0] };
      expect([describeWorld(world), await oracle(world)]).toEqual([
        describeWorld(world),
        { ...prediction(world), trace: [] },
      ]);
      expect(prediction(world).ran).toBe('go1.26.0');
    }
  });
});

describe('a download', () => {
  const name = 'go1.99.7';

  /** Makes a proxy that offers one toolchain, whose go is a script that prints its own name. */
  function makeProxy(dir: string): void {
    const version = `v0.0.1-${name}.${platform.replace('/', '-')}`;
    const versions = join(dir, 'golang.org/toolchain/@v');
    mkdirSync(versions, { recursive: true });
    writeFileSync(
      join(versions, `${version}.info`),
      JSON.stringify({ Version: version, Time: '2026-01-01T00:00:00Z' }),
    );
    writeFileSync(join(versions, `${version}.mod`), 'module golang.org/toolchain\n');
    // go makes all of these files executable at the first use of a toolchain.
    const tree = ['bin/go', 'bin/gofmt', 'lib/x', 'pkg/tool/x'].map(
      (file) => `golang.org/toolchain@${version}/${file}`,
    );
    writeFileSync(join(versions, `${version}.zip`), storedZip(tree, Buffer.from(script(name))));
  }

  it.each([
    ['is predicted if go downloads', '', 'download'],
    ['is predicted to fail if the checksum database is off', ',direct', 'forbidden'],
  ])('%s', async (_, otherProxies, outcome) => {
    const proxy = scratch('proxy');
    makeProxy(proxy);
    const project = makeProject(join(proxy, 'project'), 'go.mod', 'module m\n\ngo 1.99.7\n');
    for (const local of toolchains) {
      const goproxy = `file://${proxy}${otherProxies}`;
      const cache = join(proxy, 'cache', local.version);
      const env = {
        GOENV: 'off',
        HOME: proxy,
        GOTOOLCHAIN: 'auto',
        GOPROXY: goproxy,
        GOSUMDB: 'off',
        GOMODCACHE: cache,
        GOFLAGS: '-modcacherw',
      };
      const selection = selectToolchain({
        gotoolchain: { value: 'auto', origin: 'environment' },
        gotoolchainDefault: 'auto',
        go111module: '',
        local: localToolchain(`go${local.version}`),
        platform,
        project: { file: 'go.mod', go: '1.99.7', goLine: 3 },
        pathHas: () => false,
        cached: () => false,
        downloads: 'on',
        sumdb: { gosumdb: 'off', goproxy },
      });
      expect(selection.outcome).toBe(outcome);
      const run = await runGo(local, ['version'], { cwd: project, env });
      expect(run.stdout).toBe(
        selection.pendingDownload ? `go version ${selection.pendingDownload} ${platform}\n` : '',
      );
      expect(run.stderr).toContain(`go: downloading ${name} (${platform})\n`);
      if (selection.error) expect(run.stderr.trimEnd().split('\n').at(-1)).toBe(selection.error);
    }
  });
});

/** A zip of stored files with one content (APPNOTE 4.3: local headers, central directory, end record). */
function storedZip(names: readonly string[], content: Buffer): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const name of names) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), content]);
    locals.push(local);
    centrals.push(Buffer.from('PK\x01\x02\x14\0'), common, place, Buffer.from(name));
    offset += local.length;
  }
  const central = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(names.length, 8);
  end.writeUInt16LE(names.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]);
}
