/** Observing has no side effects: strace of whole passes of the real program. */
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { worldWithGoenv } from '../lab/accepted.ts';
import { makeBuildSite } from '../lab/build-cache.ts';
import {
  eventually,
  godrift,
  makeWorld,
  program,
  seriesOf,
  startExporter,
  type World,
} from '../lab/godrift.ts';
import { type HandMade, sumLines, writeProxy } from '../lab/module-proxy.ts';
import { deeds, strace, traceable } from '../lab/strace.ts';
import { ensureToolchain, runGo, scratch, type Toolchain, toolchainVersions } from '../lab/toolchains.ts';

if (!traceable) console.error('SKIPPED: side-effect tests need strace and ptrace');

/**
 * Returns the traced calls that are neither inside the state directory nor
 * an allowed command of exactly this go.
 */
function offences(trace: string, world: World, go: string): readonly string[] {
  const real = realpathSync(go);
  return deeds(trace).filter((line) => {
    const exec = /execve\("([^"]+)", \[([^\]]*)\]/.exec(line);
    // godrift writes each copy for go once, with O_EXCL and mode 0600. Any
    // other open for writing there is by go.
    if (exec === null)
      return (
        !line.includes(`"${world.state}`) ||
        (line.includes('/copies/') && /O_/.test(line) && !/O_EXCL.*, 0600\)/.test(line))
      );
    const [, program, args = ''] = exec;
    if (program === process.execPath) return false;
    return (
      program !== real ||
      !/^"[^"]*", ("env", "-json", "[A-Z][^-]*|"list", "-m", "-e", "-json", "all")$/.test(args)
    );
  });
}

async function traced(world: World, args: readonly string[], preload?: string): Promise<string> {
  const out = join(scratch('trace'), 'out');
  await execa(
    strace as string,
    [
      '-f',
      '-qq',
      '-s',
      '4096',
      '-e',
      'trace=%file,connect,execve',
      '-o',
      out,
      process.execPath,
      ...(preload === undefined ? [] : ['--import', preload]),
      program,
      ...args,
    ],
    {
      cwd: world.workspace,
      env: world.env,
      extendEnv: false,
      reject: false,
    },
  );
  return readFileSync(out, 'utf8');
}

/** Runs an exporter under strace until its page satisfies `wanted`; returns the trace and the page. */
async function tracedExporter(
  world: World,
  wanted: (page: string) => boolean,
): Promise<{ readonly trace: string; readonly page: string }> {
  const out = join(scratch('trace'), 'out');
  const options = ['-D', '-f', '-qq', '-s', '4096', '-e', 'trace=%file,connect,execve', '-o', out];
  // With -D the exporter, not strace, is the child process and gets the signals.
  const wrap = [strace as string, ...options];
  const exporter = await startExporter(world, ['--interval', '200ms'], { wrap });
  let page = '';
  try {
    await eventually('the wanted page', async () => {
      page = await exporter.metrics();
      return wanted(page);
    });
  } finally {
    await exporter.stop();
  }
  return { trace: readFileSync(out, 'utf8'), page };
}

/** Lists all files below a directory with size and modification time. */
function listing(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const stat = statSync(join(directory, name), { throwIfNoEntry: false });
      return `${name} ${stat?.size} ${stat?.mtimeMs}`;
    });
}

const modules: HandMade[] = [
  {
    path: 'example.com/a',
    version: 'v1.0.0',
    requires: ['example.com/b v1.0.0'],
    files: { 'a.go': 'package a\n\nimport _ "example.com/b"\n' },
  },
  { path: 'example.com/b', version: 'v1.0.0' },
];
const gomod = (name: string) =>
  `module example.com/${name}\n\ngo 1.21\n\nrequire example.com/a v1.0.0\nrequire example.com/b v1.0.0 // indirect\n`;

interface ModuleWorld {
  readonly what: string;
  readonly files: Readonly<Record<string, string>>;
  /** Extensions of the files that the module cache lacks. */
  readonly without?: readonly string[];
  /** There is no module cache. */
  readonly cold?: true;
  readonly vendored?: true;
  /** The .info files are valid, but formatted differently than by go. */
  readonly respelled?: true;
  /** Additional variables of the process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether godrift runs go list. */
  readonly asked: boolean;
}

const app = {
  'go.mod': gomod('app'),
  'go.sum': sumLines(modules),
  'app.go': 'package app\n\nimport _ "example.com/a"\n',
};
const work = {
  ...app,
  'go.work': 'go 1.21\n\nuse .\nuse ./two\n',
  'two/go.mod': gomod('two'),
};
const moduleWorlds: readonly ModuleWorld[] = [
  { what: 'a warm module cache', files: app, asked: true },
  { what: 'a warm cache that others filled', files: app, respelled: true, asked: true },
  { what: 'no module cache', files: app, cold: true, asked: false },
  { what: 'a module cache without go.mod files', files: app, without: ['mod', 'info'], asked: false },
  { what: 'a module cache without .info files', files: app, without: ['info'], asked: true },
  { what: 'no go.sum', files: { ...app, 'go.sum': '' }, asked: true },
  {
    what: 'a go.mod that lacks an indirect line',
    files: { ...app, 'go.mod': gomod('app').replace(/require example.com\/b.*/, '') },
    asked: true,
  },
  { what: 'a vendor directory', files: app, vendored: true, asked: false },
  { what: 'a go.work with all sums', files: { ...work, 'go.work.sum': sumLines(modules) }, asked: true },
  { what: 'a go.work that lacks sums', files: { ...work, 'go.sum': '' }, asked: true },
  {
    what: 'a -modfile and folders that modules are replaced by',
    files: {
      ...app,
      'go.mod': 'module example.com/other\n',
      'alt/x.mod': `${gomod('app')}\nrequire example.com/l v0.0.0\nreplace example.com/l => ../l\n`,
      'alt/x.sum': sumLines(modules),
      '../l/go.mod': 'module example.com/l\n\ngo 1.21\n',
    },
    env: { GOFLAGS: '-modfile=alt/x.mod' },
    asked: true,
  },
  {
    what: 'a go.work elsewhere',
    files: {
      ...work,
      'go.work': '',
      'w/go.work': 'go 1.21\n\nuse (\n\t..\n\t../two\n)\n',
      'w/go.work.sum': sumLines(modules),
    },
    env: { GOWORK: 'w/go.work' },
    asked: true,
  },
];

/** Makes GOWORK absolute, as go requires. */
function absolute(env: ModuleWorld['env'], { workspace }: World): Readonly<Record<string, string>> {
  return env?.['GOWORK'] === undefined ? (env ?? {}) : { GOWORK: join(workspace, env['GOWORK']) };
}

/** A world whose module cache was filled by go before godrift runs. */
async function moduleWorld(
  toolchain: Toolchain,
  { files, without, cold, vendored, respelled }: ModuleWorld,
): Promise<World> {
  const world = makeWorld(toolchain, {});
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(world.workspace, name)), { recursive: true });
    writeFileSync(join(world.workspace, name), text);
  }
  if (cold === true) return world;
  const proxy = scratch('proxy');
  writeProxy(proxy, modules);
  const cache = join(world.home, 'go/pkg/mod');
  const env = {
    ...world.env,
    GOPROXY: `file://${proxy}`,
    GOSUMDB: 'off',
    GOWORK: 'off',
    GOMODCACHE: cache,
    GOFLAGS: '-modcacherw',
  };
  const named = modules.map((one) => `${one.path}@${one.version}`);
  const outside = { cwd: scratch('outside'), env };
  expect((await runGo(toolchain, ['mod', 'download', ...named], outside)).exitCode).toBe(0);
  if (vendored === true)
    expect((await runGo(toolchain, ['mod', 'vendor'], { cwd: world.workspace, env })).exitCode).toBe(0);
  for (const file of readdirSync(cache, { recursive: true, encoding: 'utf8' }))
    if (without?.some((end) => file.endsWith(`.${end}`)) === true) rmSync(join(cache, file));
    else if (respelled === true && file.endsWith('.info')) appendFileSync(join(cache, file), '\n');
  return world;
}

/** Returns all files below a directory with modification time and content. */
function contents(directory: string): ReadonlyMap<string, string> {
  return new Map(
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => {
        const file = join(directory, name);
        const text = statSync(file).isFile() ? readFileSync(file, 'base64') : 'directory';
        return [name, `${statSync(file).mtimeMs} ${text}`];
      }),
  );
}

describe.skipIf(!traceable).each(toolchainVersions)(
  'listing modules with go%s has no side effects',
  async (version) => {
    const toolchain = await ensureToolchain(version);

    // All worlds on the newest Go, on the others only those in which go list could write.
    const newest = version === toolchainVersions.at(-1);
    const worlds = moduleWorlds.filter(({ what }) => newest || /warm|go\.work|no go\.sum/.test(what));

    it.each(worlds)('$what', async (one) => {
      const world = await moduleWorld(toolchain, one);
      const before = contents(world.home);
      const traceable = {
        ...world,
        env: { ...world.env, ...absolute(one.env, world), GOPROXY: 'http://127.0.0.1:1' },
      };
      const check = await traced(traceable, ['check']);
      expect(offences(check, world, toolchain.go)).toEqual([]);
      expect(check).not.toContain('"list", "-m", "-e"');
      expect(contents(world.home)).toEqual(before);
      const { trace, page } = await tracedExporter(traceable, (text) =>
        /godrift_passes_total [3-9]/.test(text),
      );
      expect(offences(trace, world, toolchain.go)).toEqual([]);
      expect(trace.includes('"list", "-m", "-e"')).toBe(one.asked);
      // go list on the copies gives the same modules as the files.
      if (one.asked && one.what !== 'a go.work that lacks sums')
        expect(seriesOf(page, 'godrift_modules_list_disagreements')).toBe(0);
      rmSync(world.state, { recursive: true });
      expect(contents(world.home)).toEqual(before);
    });
  },
);

describe.skipIf(!traceable)('observing has no side effects', async () => {
  const go127 = await ensureToolchain('1.27.4');

  it('a check writes no file, makes no connection and runs no program', async () => {
    const world = makeWorld(go127, { 'go.mod': 'module example.com/app\n\ngo 1.99.0\n' });
    const before = listing(world.home);
    expect(offences(await traced(world, ['check']), world, go127.go)).toEqual([]);
    expect(deeds(await traced(world, ['check'])).filter((line) => line.includes(world.state))).toEqual([]);
    expect(listing(world.home)).toEqual(before);
  });

  it.each([
    ['', ''],
    // Most go commands, even `go env`, would unpack the FIPS module into the module cache.
    [', with a FIPS module in GOENV', 'GOFIPS140=v1.0.0\n'],
  ])('passes of the exporter write only inside the state directory%s', async (_, goenv) => {
    const world = worldWithGoenv(go127, goenv);
    const { trace } = await tracedExporter(
      world,
      (page) => (seriesOf(page, 'godrift_passes_total') ?? 0) >= 30,
    );
    expect(offences(trace, world, go127.go)).toEqual([]);
    // The passes include the confirmation by the real go.
    expect(
      trace
        .split('\n')
        .filter((line) => line.includes('execve('))
        .join('\n'),
    ).toMatch(/\/go", \["[^"]*", "env", "-json"/);
    expect(readdirSync(world.home).sort()).toEqual(['.config', 'src', 'state']);
  });

  it('an audit of a build cache changes no file in it, not even access times', async () => {
    const site = await makeBuildSite(go127);
    await site.build();
    const before = contents(site.cache);
    const files = [...before.keys()].filter((name) => name.endsWith('-d')).slice(0, 20);
    await execa('touch', ['-a', '-d', '2020-01-01', ...files], { cwd: site.cache });
    for (const args of [
      ['check', '--cache'],
      ['cache', 'verify'],
      ['cache', 'repair'],
    ])
      expect(offences(await traced(site.world, args), site.world, go127.go), args.join(' ')).toEqual([]);
    for (const file of files) expect(statSync(join(site.cache, file)).atime.getFullYear(), file).toBe(2020);
    expect(contents(site.cache)).toEqual(before);
  });

  it('this test detects a written file', async () => {
    const world = makeWorld(go127);
    const preload = join(scratch('preload'), 'write.mjs');
    writeFileSync(
      preload,
      `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(join(world.home, 'trace-left'))}, 'x');\n`,
    );
    expect(offences(await traced(world, ['check'], preload), world, go127.go)).not.toEqual([]);
  });

  it('this test detects the start of a shell, of another program called go, and of go with other arguments', async () => {
    const world = makeWorld(go127);
    const bash = join(world.home, 'bash');
    const go = join(world.home, 'go');
    for (const file of [bash, go]) {
      writeFileSync(file, '#!/bin/sh\n');
      chmodSync(file, 0o755);
    }
    const starts: readonly (readonly [string, ...string[]])[] = [
      [bash, '--version'],
      ['/bin/bash', '--version'],
      [go, 'env', '-json', 'GOOS'],
      [go127.go, 'version'],
    ];
    for (const [index, [program, ...args]] of starts.entries()) {
      const preload = join(scratch('preload'), `start-${index}.mjs`);
      writeFileSync(
        preload,
        `import { spawnSync } from 'node:child_process';\nspawnSync(${JSON.stringify(program)}, ${JSON.stringify(args)});\n`,
      );
      expect(offences(await traced(world, ['check'], preload), world, go127.go), program).not.toEqual([]);
    }
  });

  it('a check needs no writable directory', async () => {
    const world = makeWorld(go127);
    // No user can create a file below this path, not even root.
    const nowhere = '/dev/null/nowhere';
    const run = await godrift(
      { ...world, env: { ...world.env, GODRIFT_STATE_DIRECTORY: `${nowhere}/state`, TMPDIR: nowhere } },
      ['check', '--json'],
    );
    // Without a temporary directory go cannot build, which is a finding.
    expect(JSON.parse(run.stdout).findings).toMatchObject([{ rule: 'gotmpdir-missing', key: 'env.TMPDIR' }]);
    expect(run.exitCode).toBe(1);
  });
});
