/**
 * The facet `modules` as users see it: changes seen by the exporter, an incomplete module cache that must not
 * cause findings, and hostile files.
 */
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import {
  type Exporter,
  eventually,
  godrift,
  makeWorld,
  seriesOf,
  startExporter,
  type World,
} from '../lab/godrift.ts';
import { type HandMade, sumLines, writeProxy } from '../lab/module-proxy.ts';
import { ensureToolchain, runGo, scratch, toolchainVersions } from '../lab/toolchains.ts';

const toolchain = await ensureToolchain(toolchainVersions[4]);

const modules: HandMade[] = [
  {
    path: 'example.com/a',
    version: 'v1.0.0',
    requires: ['example.com/b v1.0.0', 'example.com/onlytests v1.0.0'],
    files: { 'a.go': 'package a\n\nimport _ "example.com/b"\n' },
  },
  { path: 'example.com/b', version: 'v1.0.0' },
  { path: 'example.com/b', version: 'v1.0.1' },
  { path: 'example.com/onlytests', version: 'v1.0.0' },
];
const app: Readonly<Record<string, string>> = {
  'go.mod':
    'module example.com/app\n\ngo 1.21\n\nrequire example.com/a v1.0.0\nrequire example.com/b v1.0.0 // indirect\n',
  'go.sum': sumLines(modules),
  'app.go': 'package app\n\nimport _ "example.com/a"\n',
};

function write(world: World, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(world.workspace, name)), { recursive: true });
    writeFileSync(join(world.workspace, name), text);
  }
}

const goEnv = (world: World) => ({ ...world.env, GOFLAGS: '-modcacherw', GOSUMDB: 'off', GOWORK: 'off' });

/** A world whose module cache holds all modules. */
async function worldOf(files = app): Promise<World> {
  const world = makeWorld(toolchain, {});
  write(world, files);
  const proxy = scratch('proxy');
  writeProxy(proxy, modules);
  const named = modules.map((one) => `${one.path}@${one.version}`);
  const run = await runGo(toolchain, ['mod', 'download', ...named], {
    env: { ...goEnv(world), GOPROXY: `file://${proxy}` },
  });
  expect(run.exitCode, run.stderr).toBe(0);
  return { ...world, env: { ...world.env, GOPROXY: 'off' } };
}

const cached = (world: World, name: string) => join(world.home, 'go/pkg/mod', name);

interface Document {
  readonly level: string;
  readonly facets: Readonly<Record<string, string>>;
  readonly findings: readonly {
    readonly rule: string;
    readonly key: string;
    readonly summary: string;
    readonly level: string;
  }[];
}

async function check(world: World): Promise<Document> {
  const run = await godrift(world, ['check', '--json']);
  expect(run.stdout, run.stderr).not.toBe('');
  return JSON.parse(run.stdout);
}

async function entries(world: World): Promise<Readonly<Record<string, string>>> {
  return JSON.parse((await godrift(world, ['snapshot', '--json'])).stdout);
}

/** Runs `work` while an exporter with a short period runs. */
async function beside(world: World, work: (exporter: Exporter) => Promise<void>): Promise<void> {
  const exporter = await startExporter(world, ['--interval', '200ms']);
  try {
    await work(exporter);
  } finally {
    await exporter.stop();
  }
}

/**
 * Every sixtieth pass is a full observation: a change seen within this many passes was noticed by a normal
 * one.
 */
const fewPasses = 40;

/** Makes a change, and waits until the metrics page shows a rule (`says`) or no longer shows it (`ends`). */
function soonOn(exporter: Exporter) {
  const passes = async () => seriesOf(await exporter.metrics(), 'godrift_passes_total') ?? 0;
  const turned = (holds: boolean) => async (rule: string, change: () => void) => {
    const isShown = async () =>
      (seriesOf(await exporter.metrics(), 'godrift_conflict_info', { rule }) !== undefined) === holds;
    expect(await isShown(), `${rule} before the change`).toBe(false);
    const before = await passes();
    change();
    await eventually(`${holds ? '' : 'the end of '}${rule}`, isShown);
    expect((await passes()) - before).toBeLessThan(fewPasses);
  };
  return { says: turned(true), ends: turned(false) };
}

describe('the exporter', () => {
  it('counts the modules, and sees an extracted one edited and restored, and a requirement upgraded', async () => {
    const world = await worldOf();
    expect((await godrift(world, ['baseline', 'accept', '--reason', 'test'])).exitCode).toBe(0);
    await beside(world, async (exporter) => {
      const seen = (name: string, labels: Readonly<Record<string, string>>, value: number) =>
        eventually(
          `${name} ${JSON.stringify(labels)} ${value}`,
          async () => seriesOf(await exporter.metrics(), name, labels) === value,
        );
      await seen('godrift_modules', {}, 3);
      await seen('godrift_modules_list_info', { source: 'go', state: 'complete' }, 1);
      await seen('godrift_modules_list_disagreements', {}, 0);
      await seen('godrift_module_cache_modules', { state: 'edited' }, 0);
      await seen('godrift_drift_level', { facet: 'modules' }, 0);

      writeFileSync(cached(world, 'example.com/b@v1.0.0/a.go'), 'package b\n\nconst Evil = 1\n');
      await seen('godrift_conflict_info', { rule: 'modcache-edited' }, 1);
      writeFileSync(cached(world, 'example.com/b@v1.0.0/a.go'), 'package b\n\nconst V = "v1.0.0"\n');
      await eventually(
        'the restored module',
        async () => !(await exporter.metrics()).includes('modcache-edited'),
      );

      write(world, { 'go.mod': (app['go.mod'] as string).replace('b v1.0.0', 'b v1.0.1') });
      await seen('godrift_drift_entry_info', { key: 'modules.example.com/b' }, 1);
      await seen('godrift_drift_level', { facet: 'modules' }, 1);
    });
  });

  it('sees an edit in the vendor tree, which go list does not notice', async () => {
    const world = await worldOf();
    const vendored = await runGo(toolchain, ['mod', 'vendor'], {
      cwd: world.workspace,
      env: { ...goEnv(world), GOPROXY: 'off' },
    });
    expect(vendored.exitCode, vendored.stderr).toBe(0);
    expect((await godrift(world, ['baseline', 'accept', '--reason', 'test'])).exitCode).toBe(0);
    await beside(world, async (exporter) => {
      await eventually(
        'the list',
        async () => seriesOf(await exporter.metrics(), 'godrift_modules', {}) === 2,
      );
      appendFileSync(join(world.workspace, 'vendor/example.com/b/a.go'), '// edited\n');
      await eventually(
        'the drift',
        async () => seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'modules' }) === 3,
      );
    });
    const { findings } = await check(world);
    expect(findings.map(({ key, level }) => [key, level])).toEqual([['modules.vendor', 'major']]);
    const verdict = await runGo(toolchain, ['list', './...'], {
      cwd: world.workspace,
      env: { ...goEnv(world), GOPROXY: 'off' },
    });
    expect(verdict.exitCode).toBe(0);
  });

  it('sees damage to a packed module in the module cache, and its repair, within a few passes', async () => {
    const world = await worldOf();
    // Keep only the zips: the next build unpacks them.
    rmSync(cached(world, 'example.com'), { recursive: true });
    const zip = cached(world, 'cache/download/example.com/a/@v/v1.0.0.zip');
    const whole = readFileSync(zip);
    const hash = cached(world, 'cache/download/example.com/a/@v/v1.0.0.ziphash');
    const recorded = readFileSync(hash);
    const mod = cached(world, 'cache/download/example.com/a/@v/v1.0.0.mod');
    const text = readFileSync(mod);
    const top = cached(world, '');
    // Root may write anywhere, so the modes of the owner decide.
    if (process.getuid?.() === 0)
      for (const name of [top, join(top, 'cache/download')]) chownSync(name, 65_534, 65_534);
    await beside(world, async (exporter) => {
      const { says, ends } = soonOn(exporter);
      await says('module-unavailable', () => writeFileSync(zip, whole.subarray(0, whole.length / 2)));
      await ends('module-unavailable', () => writeFileSync(zip, whole));
      await says('module-unavailable', () => chmodSync(top, 0o555));
      await ends('module-unavailable', () => chmodSync(top, 0o755));
      await says('module-unavailable', () => rmSync(zip));
      await ends('module-unavailable', () => writeFileSync(zip, whole));
      await says('gosum-mismatch', () => writeFileSync(hash, `h1:${'A'.repeat(43)}=`));
      await ends('gosum-mismatch', () => writeFileSync(hash, recorded));
      await says('gosum-mismatch', () => appendFileSync(mod, '// more\n'));
      await ends('gosum-mismatch', () => writeFileSync(mod, text));
    });
  });

  it('sees the folder of a file proxy vanish and return within a few passes', async () => {
    const world = await worldOf();
    rmSync(cached(world, 'example.com'), { recursive: true });
    for (const end of ['zip', 'ziphash'])
      rmSync(cached(world, `cache/download/example.com/a/@v/v1.0.0.${end}`));
    const proxy = scratch('proxy');
    writeProxy(proxy, modules);
    const env = { ...world.env, GOPROXY: `file://${proxy}` };
    await beside({ ...world, env }, async (exporter) => {
      const { says, ends } = soonOn(exporter);
      await says('module-unavailable', () => renameSync(proxy, `${proxy}-gone`));
      await ends('module-unavailable', () => renameSync(`${proxy}-gone`, proxy));
    });
  });

  it('sees an import added to and removed from a source file within a few passes', async () => {
    const world = makeWorld(toolchain, { ...app, 'app.go': 'package app\n' });
    await beside({ ...world, env: { ...world.env, GOPROXY: 'off' } }, async (exporter) => {
      const { says, ends } = soonOn(exporter);
      expect(seriesOf(await exporter.metrics(), 'godrift_modules_list_info', { state: 'incomplete' })).toBe(
        1,
      );
      await says('module-unavailable', () => write(world, { 'app.go': app['app.go'] as string }));
      await ends('module-unavailable', () => write(world, { 'app.go': 'package app\n' }));
      // In a new folder, and under a build constraint that is satisfied.
      const below = `//go:build goexperiment.x || linux\n\npackage sub\n\nimport _ "example.com/a"\n`;
      await says('module-unavailable', () => write(world, { 'sub/dir/s.go': below }));
      await ends('module-unavailable', () => rmSync(join(world.workspace, 'sub'), { recursive: true }));
    });
  });

  it('asks go about a module cache that is writable for others, and changes nothing in the cache', async () => {
    const world = await worldOf();
    const download = cached(world, 'cache/download');
    // Go would rewrite .info files that are not in its own spelling.
    for (const name of readdirSync(download, { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.info')) appendFileSync(join(download, name), '\n');
    chmodSync(download, 0o777);
    const stamps = () =>
      readdirSync(cached(world, ''), { recursive: true, encoding: 'utf8' })
        .sort()
        .map((name) => {
          const { ino, size, mtimeMs, ctimeMs } = statSync(cached(world, name));
          return [name, ino, size, mtimeMs, ctimeMs];
        });
    const before = stamps();
    await beside(world, async (exporter) => {
      await eventually(
        'the answer of go',
        async () => seriesOf(await exporter.metrics(), 'godrift_modules_list_disagreements') === 0,
      );
    });
    expect(stamps()).toEqual(before);
  });

  it('logs why the module list is incomplete, and completes the list when the files appear', async () => {
    const world = await worldOf();
    const mod = cached(world, 'cache/download/example.com/a/@v/v1.0.0.mod');
    const text = readFileSync(mod);
    rmSync(mod);
    await beside(world, async (exporter) => {
      const state = (one: string) => async () =>
        seriesOf(await exporter.metrics(), 'godrift_modules_list_info', { state: one }) === 1;
      await eventually('an incomplete list', state('incomplete'));
      expect(exporter.output()).toContain('1 go.mod files are not in the module cache');
      writeFileSync(mod, text);
      await eventually('a complete list', state('complete'));
    });
  });
});

describe('an incomplete module cache', () => {
  const gone = (world: World) => rmSync(cached(world, 'cache/download/example.com/a/@v/v1.0.0.mod'));

  it('causes no drift from a baseline with a complete list', async () => {
    const world = await worldOf();
    writeFileSync(
      join(world.workspace, '.godrift.snapshot'),
      (await godrift(world, ['snapshot', '--portable'])).stdout,
    );
    gone(world);
    expect((await check(world)).findings).toEqual([]);
    expect(await entries(world)).toMatchObject({ 'modules.unsettled': 'modules.*' });
    // A new go.work is still reported: it is not part of the module list.
    writeFileSync(join(world.workspace, 'go.work'), 'go 1.21\n\nuse .\n');
    const added = (await check(world)).findings.filter(({ rule }) => rule === 'added');
    expect(added).toMatchObject([{ key: 'modules.go_work' }]);
  });

  it('causes no drift as a baseline, but changed requirements are still reported', async () => {
    const world = await worldOf();
    const mod = cached(world, 'cache/download/example.com/a/@v/v1.0.0.mod');
    const text = readFileSync(mod);
    gone(world);
    writeFileSync(
      join(world.workspace, '.godrift.snapshot'),
      (await godrift(world, ['snapshot', '--portable'])).stdout,
    );
    writeFileSync(mod, text);
    expect(Object.keys(await entries(world))).toContain('modules.example.com/onlytests');
    expect((await check(world)).findings).toEqual([]);
    write(world, { 'go.mod': (app['go.mod'] as string).replace('b v1.0.0', 'b v1.0.1') });
    expect((await check(world)).findings.map(({ key }) => key)).toEqual(
      expect.arrayContaining(['modules.example.com/b', 'modules.go_mod']),
    );
  });

  it('yields the same entries for requirements even if the cache is missing', async () => {
    const world = await worldOf();
    const before = await entries(world);
    rmSync(join(world.home, 'go'), { recursive: true, force: true });
    const after = await entries(world);
    for (const key of ['modules.example.com/a', 'modules.example.com/b', 'modules.go_mod'])
      expect(after[key]).toBe(before[key]);
  });
});

describe('harmless changes', () => {
  const layouts: readonly (readonly [what: string, edit: (text: string) => string])[] = [
    ['a comment', (text) => `// for you\n${text}`],
    [
      'grouping into a block',
      (text) => text.replace(/require (.*a v1.0.0)\nrequire (.*)\n/, 'require (\n\t$2\n\t$1\n)\n'),
    ],
    ['removing an indirect comment', (text) => text.replace(' // indirect', '')],
  ];
  it.each(layouts)('%s in go.mod changes no entry', async (_, edit) => {
    const world = await worldOf();
    const before = await entries(world);
    write(world, { 'go.mod': edit(app['go.mod'] as string) });
    expect(await entries(world)).toEqual(before);
  });

  it('a missing go.mod makes the facet absent, and GO111MODULE=off not evaluated', async () => {
    const world = makeWorld(toolchain, {});
    expect((await check(world)).facets['modules']).toBe('absent');
    const off = { ...(await worldOf()) };
    // The module files exist, but are not read (modules-off).
    expect((await check({ ...off, env: { ...off.env, GO111MODULE: 'off' } })).facets['modules']).toBe(
      'not_evaluated',
    );
  });
});

describe('hostile files', () => {
  it('a file named by -modfile or GOWORK does not make the facet unreadable if it is of the wrong kind', async () => {
    const world = await worldOf({ ...app, 'tools.txt': app['go.mod'] ?? '' });
    // go refuses both settings; the requirements of the project are still compared.
    const tools = await check({ ...world, env: { ...world.env, GOFLAGS: '-modfile=tools.txt' } });
    expect(tools.facets.modules).toBe('ok');
    expect(tools.findings.map(({ rule }) => rule)).toEqual(['goflags-unknown']);
    const gowork = join(world.workspace, 'go.mod');
    const work = await check({ ...world, env: { ...world.env, GOWORK: gowork } });
    expect(work.facets.modules).not.toBe('unreadable');
  });

  it('5,000 requirements are read without a finding', async () => {
    const requires = Array.from(
      { length: 5000 },
      (_, index) => `require example.com/m${index} v1.0.0\n`,
    ).join('');
    const world = await worldOf({
      'app.go': 'package app\n',
      'go.mod': `module example.com/app\n\ngo 1.21\n\n${requires}`,
    });
    const { facets, findings } = await check(world);
    expect(facets['modules']).toBe('ok');
    expect(findings.filter(({ rule }) => rule !== 'sumdb-disabled')).toEqual([]);
    expect(Object.keys(await entries(world)).length).toBeGreaterThan(5000);
  });

  it('a GOWORK that is no usable go.work file leaves the modules not evaluated, as every go command fails', async () => {
    const world = await worldOf({
      'go.mod': 'module example.com/app\n\ngo 1.21\n\nrequire example.com/lib v0.0.0\n',
      'app.go': 'package app\n\nimport _ "example.com/lib"\n',
      'lib/go.mod': 'module example.com/lib\n\ngo 1.21\n',
      'lib/lib.go': 'package lib\n',
      'go.work': 'go 1.21\n\nuse .\nuse ./lib\n',
    });
    expect((await godrift(world, ['baseline', 'accept', '--reason', 'start'])).exitCode).toBe(0);
    for (const GOWORK of ['/nowhere/go.work', world.workspace, 'go.work', '../app/go.work']) {
      const { stdout } = await godrift(world, ['check', '--json'], { GOWORK });
      const { findings, facets } = JSON.parse(stdout) as {
        findings: readonly { key: string }[];
        facets: { modules: string };
      };
      const others = findings.filter(({ key }) => key !== 'env.GOWORK');
      expect(others, GOWORK).toEqual([]);
      expect(facets.modules, GOWORK).toBe('not_evaluated');
    }
  });
  it('go.work files that use each other, themselves or a missing folder do not cause an endless loop', async () => {
    const world = await worldOf({
      ...app,
      'go.work': 'go 1.21\n\nuse .\nuse ./sub\nuse ./sub/..\nuse ./none\n',
      'sub/go.mod': 'module example.com/sub\n\ngo 1.22\n',
      'sub/go.work': 'go 1.21\n\nuse ..\nuse .\n',
    });
    symlinkSync('..', join(world.workspace, 'sub/loop'));
    const { findings } = await check(world);
    expect(findings.map(({ rule }) => rule)).toEqual(['gomod-invalid']);
    const go = await execa(toolchain.go, ['list', './...'], {
      cwd: world.workspace,
      env: world.env,
      reject: false,
    });
    expect(go.exitCode).toBe(1);
  });

  const damages: readonly (readonly [
    what: string,
    damage: (world: World) => void,
    rules: readonly string[],
  ])[] = [
    // go recomputes the hash from the zip.
    [
      'garbage as a recorded hash',
      (world) =>
        writeFileSync(cached(world, 'cache/download/example.com/b/@v/v1.0.0.ziphash'), '\x00garbage'),
      [],
    ],
    [
      'a directory as go.sum',
      (world) => {
        rmSync(join(world.workspace, 'go.sum'));
        mkdirSync(join(world.workspace, 'go.sum'));
      },
      ['gomod-invalid'],
    ],
    [
      'a symlink loop as go.sum',
      (world) => {
        rmSync(join(world.workspace, 'go.sum'));
        symlinkSync('go.sum', join(world.workspace, 'go.sum'));
      },
      ['gosum-mismatch'],
    ],
    [
      'a binary file as go.mod',
      (world) => writeFileSync(join(world.workspace, 'go.mod'), Buffer.alloc(100_000, 0xfe)),
      ['gomod-invalid'],
    ],
    [
      'a file in place of an extracted module',
      (world) => {
        rmSync(cached(world, 'example.com/b@v1.0.0'), { recursive: true });
        writeFileSync(cached(world, 'example.com/b@v1.0.0'), '');
      },
      ['modcache-edited'],
    ],
    [
      'a symlink loop in an extracted module',
      (world) => symlinkSync('.', cached(world, 'example.com/b@v1.0.0/loop')),
      ['modcache-edited'],
    ],
    [
      'an invalid go.mod in the module cache',
      (world) => writeFileSync(cached(world, 'cache/download/example.com/a/@v/v1.0.0.mod'), '\x00'),
      ['gosum-mismatch'],
    ],
  ];
  it.each(damages)('%s yields only the expected findings', async (_, damage, rules) => {
    const world = await worldOf();
    damage(world);
    const { findings, facets } = await check(world);
    expect(facets['modules']).toBe('ok');
    expect([...new Set(findings.map(({ rule }) => rule))]).toEqual(rules);
  });
});
