/**
 * Tools as on real machines: binaries of several Go versions, hostile files, C compilers, and installations
 * while the exporter runs.
 */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/drift/model.ts';
import { eventually, godrift, makeWorld, seriesOf, startExporter, type World } from '../lab/godrift.ts';
import { buildTool } from '../lab/tool-programs.ts';
import { ensureToolchain, onPath, scratch, type Toolchain } from '../lab/toolchains.ts';

const gcc = await onPath('gcc');
if (gcc === undefined) console.error('SKIPPED: compiler tests need gcc');

const shelf = scratch('tools');
const gopls121 = join(shelf, '1.21/gopls');
const gopls127 = join(shelf, '1.27/gopls');
const goose121 = join(shelf, '1.21/goose');
const lint127 = join(shelf, '1.27/golangci-lint');
let go126: Toolchain;
let go127: Toolchain;

beforeAll(async () => {
  const go121 = await ensureToolchain('1.21.13');
  go126 = await ensureToolchain('1.26.0');
  go127 = await ensureToolchain('1.27.4');
  const gopls = { path: 'golang.org/x/tools/gopls', version: 'v0.14.2' };
  await buildTool(go121, gopls121, gopls);
  await buildTool(go127, gopls127, { ...gopls, version: 'v0.22.0' });
  await buildTool(go121, goose121, {
    path: 'github.com/pressly/goose/v3/cmd/goose',
    module: 'github.com/pressly/goose/v3',
    version: 'v3.15.1',
  });
  await buildTool(go127, lint127, {
    path: 'github.com/golangci/golangci-lint/v2/cmd/golangci-lint',
    module: 'github.com/golangci/golangci-lint/v2',
    version: 'v2.1.6',
  });
});

/** Copies files into GOPATH/bin of a world; returns that directory. */
function install(world: World, ...files: readonly string[]): string {
  const bin = join(world.home, 'go/bin');
  mkdirSync(bin, { recursive: true });
  for (const file of files) copyFileSync(file, join(bin, file.slice(file.lastIndexOf('/') + 1)));
  return bin;
}

async function findings(
  world: World,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly Finding[]> {
  const { stdout } = await godrift(world, ['check', '--json'], env);
  return JSON.parse(stdout).findings;
}

async function entries(world: World, env: Readonly<Record<string, string>> = {}) {
  const { stdout } = await godrift(world, ['snapshot'], env);
  return new Map(
    stdout
      .split('\n')
      .filter((line) => line.startsWith('tools.'))
      .map((line): [string, string] => [line.slice(6, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

const module124 = { 'go.mod': 'module example.com/app\n\ngo 1.24\n' };

describe('tools and the project', () => {
  it('a gopls older than the go line is a minor finding with the command that rebuilds it; an old goose is a patch finding', async () => {
    const world = makeWorld(go126, module124);
    const bin = install(world, gopls121, goose121);
    const found = await findings(world);
    expect(found.filter(({ rule }) => rule === 'tool-behind').map(({ key, level }) => [key, level])).toEqual([
      ['tools.gopls', 'minor'],
      ['tools.goose', 'patch'],
    ]);
    expect(found[0]?.repair).toBe(
      `GOTOOLCHAIN=go1.26.0 GOBIN=${bin} go install golang.org/x/tools/gopls@v0.14.2`,
    );
    expect(Object.fromEntries(await entries(world))).toMatchObject({
      goose: 'v3.15.1 go1.21.13',
      gopls: 'v0.14.2 go1.21.13',
      gofmt: '1.26.0',
    });
    copyFileSync(gopls127, join(bin, 'gopls'));
    expect((await findings(world)).filter(({ level }) => level !== 'patch')).toEqual([]);
  });

  it('pins of go.mod, .tool-versions and .godrift.yml are compared with the tools on PATH', async () => {
    const world = makeWorld(go127, {
      'go.mod':
        'module example.com/app\n\ngo 1.27\n\ntool golang.org/x/tools/gopls\n\nrequire golang.org/x/tools/gopls v0.20.0\n',
      '.tool-versions': 'golang 1.27.4\ngolangci-lint 2.1\nnodejs 22.1.0\n',
      '.godrift.yml': 'pins:\n  tools:\n    golangci-lint: "2.1.5"\n    gofmt: "1.27"\n',
    });
    install(world, gopls127);
    const own = join(world.home, 'opt');
    mkdirSync(own);
    copyFileSync(lint127, join(own, 'golangci-lint'));
    const found = await findings(world, { PATH: `${own}:${world.env['PATH']}` });
    expect(
      found
        .filter(({ rule }) => rule === 'tool-not-pinned-version')
        .map(({ key, expected, actual, origin }) => [key, expected, actual, origin?.line]),
    ).toEqual([
      ['tools.golangci-lint', '2.1.5', 'v2.1.6', undefined],
      ['tools.gopls', 'v0.20.0', 'v0.22.0', 5],
    ]);
  });

  it('a shadowed tool is named in the repair if it satisfies the pin and the first one on PATH does not', async () => {
    const world = makeWorld(go127, {
      'go.mod': 'module example.com/app\n\ngo 1.21\n',
      '.tool-versions': 'gopls 0.14.2\n',
    });
    const [first, second] = [join(world.home, 'a'), join(world.home, 'b')];
    for (const [directory, file] of [
      [first, gopls127],
      [second, gopls121],
    ] as const) {
      mkdirSync(directory);
      copyFileSync(file, join(directory, 'gopls'));
    }
    const [found] = (await findings(world, { PATH: `${first}:${second}:${world.env['PATH']}` })).filter(
      ({ key }) => key === 'tools.gopls',
    );
    expect(found?.repair).toBe(`put ${second} before ${first} on PATH (found: ${second}/gopls)`);
  });

  it('a gofmt of another Go than the first go on PATH is reported as gofmt-mismatch', async () => {
    const world = makeWorld(go127, module124);
    const early = join(world.home, 'early');
    mkdirSync(early);
    symlinkSync(join(go126.goroot, 'bin/gofmt'), join(early, 'gofmt'));
    const env = { PATH: `${early}:${world.env['PATH']}` };
    expect((await findings(world, env)).map(({ rule, level }) => [rule, level])).toContainEqual([
      'gofmt-mismatch',
      'minor',
    ]);
    expect(await findings(world)).toEqual([]);
  });

  it('a GODEBUG setting that stops only an installed tool is reported with the tool', async () => {
    const world = makeWorld(go126, module124);
    const bin = install(world, gopls127);
    const env = { GODEBUG: 'asynctimerchan=1' };
    const died = await execa(join(bin, 'gopls'), [], { env, reject: false });
    expect(died.stderr).toContain('removed GODEBUG');
    const found = (await findings(world, env)).filter(({ rule }) => rule === 'godebug-removed');
    expect(found.map(({ summary }) => summary).join()).toContain('gopls (go1.27.4)');
  });

  it('tools in a configured directory of the workspace are observed', async () => {
    const world = makeWorld(go127, module124);
    mkdirSync(join(world.workspace, 'bin'));
    copyFileSync(gopls121, join(world.workspace, 'bin/gopls'));
    const config = join(world.home, 'godrift.yml');
    writeFileSync(config, `targets:\n  - {name: app, workspace: ${world.workspace}, tools: [bin]}\n`);
    const exporter = await startExporter(world, ['--config.file', config]);
    try {
      const labels = { target: 'app', tool: 'gopls', version: 'v0.14.2', go_version: '1.21.13' };
      await eventually('the tool', async () =>
        seriesOf(await exporter.metrics(), 'godrift_tool_info', labels),
      );
    } finally {
      await exporter.stop();
    }
  });
});

describe('a directory of hostile files', () => {
  it('does not stop the collector, its real tools are found, and a partly written tool is no drift', async () => {
    const world = makeWorld(go127, module124);
    const bin = install(world, gopls127);
    await execa('mkfifo', [join(bin, 'dlv')]);
    writeFileSync(join(bin, 'revive'), readFileSync(gopls127).subarray(0, 100_000), { mode: 0o755 });
    writeFileSync(join(bin, 'golint'), '\x7fELF and nothing else', { mode: 0o755 });
    writeFileSync(join(bin, 'script'), '#!/bin/sh\nexec true\n', { mode: 0o755 });
    writeFileSync(join(bin, 'not-executable'), readFileSync(gopls127));
    symlinkSync('/nonexistent', join(bin, 'dangling'));
    symlinkSync('loop', join(bin, 'loop'));
    mkdirSync(join(bin, 'staticcheck'));
    for (let i = 0; i < 400; i++) symlinkSync('gopls', join(bin, `zz${i}`));
    const run = await godrift(world, ['check', '--json']);
    expect(run.exitCode, run.stdout + run.stderr).toBe(0);
    expect(JSON.parse(run.stdout).facets.tools).toBe('ok');
    const names = [...(await entries(world)).keys()].filter((name) => !/^(zz\d+|cc|cxx)$/.test(name));
    expect(names).toEqual(['gofmt', 'gopls']);

    // A tool of the baseline that is just being overwritten is not reported as removed.
    const moved = join(world.home, 'moved');
    renameSync(bin, moved);
    mkdirSync(bin);
    copyFileSync(gopls127, join(bin, 'gopls'));
    expect((await godrift(world, ['baseline', 'accept', '--reason', 'test'])).exitCode).toBe(0);
    writeFileSync(join(bin, 'gopls'), readFileSync(gopls127).subarray(0, 100_000));
    chmodSync(join(bin, 'gopls'), 0o755);
    expect(await findings(world)).toEqual([]);
  });
});

describe('an exporter', () => {
  it('reports a tool at once when it is installed and replaced', async () => {
    const world = makeWorld(go126, module124);
    const bin = install(world);
    const exporter = await startExporter(world, ['--interval', '10m']);
    const info = (version: string) =>
      exporter.metrics().then((page) => seriesOf(page, 'godrift_tool_info', { tool: 'gopls', version }));
    const put = (file: string) => {
      copyFileSync(file, join(world.home, 'fresh'));
      renameSync(join(world.home, 'fresh'), join(bin, 'gopls'));
    };
    try {
      put(gopls121);
      await eventually('the installed tool', () => info('v0.14.2'));
      const page = await exporter.metrics();
      expect(seriesOf(page, 'godrift_tool_behind', { tool: 'gopls' })).toBe(1);
      expect(seriesOf(page, 'godrift_conflict_info', { rule: 'tool-behind', level: 'minor' })).toBe(1);
      put(gopls127);
      await eventually('the replaced tool', () => info('v0.22.0'));
      expect(seriesOf(await exporter.metrics(), 'godrift_tool_behind', { tool: 'gopls' })).toBe(0);
    } finally {
      await exporter.stop();
    }
  });
});

describe('a tool whose name is not valid UTF-8', () => {
  /** Returns the path of a file whose name is `t` and this byte. */
  const named = (directory: string, byte: number) =>
    Buffer.concat([Buffer.from(join(directory, 't')), Buffer.from([byte])]);

  it('is an entry with its bytes escaped, distinct from similar names, and compared with the baseline', async () => {
    const world = makeWorld(go126, module124);
    const bin = install(world);
    copyFileSync(gopls121, named(bin, 0xff));
    copyFileSync(gopls127, named(bin, 0xfe));
    copyFileSync(gopls127, join(bin, 't\\udcff'));
    const found = await entries(world);
    expect([...found.keys()].filter((name) => name.startsWith('t')).sort()).toEqual([
      't\\\\\\\\udcff',
      't\\\\udcfe',
      't\\\\udcff',
    ]);
    expect(found.get('t\\\\udcff')).toMatch(/^v0\.14\.2 /);
    await godrift(world, ['baseline', 'accept', '--reason', 'x']);
    expect(await findings(world).then((all) => all.filter(({ kind }) => kind === 'drift'))).toEqual([]);
    copyFileSync(gopls127, named(bin, 0xff));
    const [drift] = (await findings(world)).filter(({ kind }) => kind === 'drift');
    expect([drift?.key, drift?.rule]).toEqual(['tools.t\\udcff', 'changed']);
  });

  it('is reported by an exporter at once when it is installed and replaced', async () => {
    const world = makeWorld(go126, module124);
    const bin = install(world);
    const exporter = await startExporter(world, ['--interval', '10m']);
    // Backslashes are doubled in label values.
    const info = (version: string) =>
      exporter.metrics().then((page) => seriesOf(page, 'godrift_tool_info', { tool: 't\\\\udcff', version }));
    const put = (file: string) => {
      copyFileSync(file, join(world.home, 'fresh'));
      renameSync(join(world.home, 'fresh'), named(bin, 0xff));
    };
    try {
      put(gopls121);
      await eventually('the installed tool', () => info('v0.14.2'));
      put(gopls127);
      await eventually('the replaced tool', () => info('v0.22.0'));
    } finally {
      await exporter.stop();
    }
  });
});

describe.skipIf(gcc === undefined)('C compilers', () => {
  it('are identified by the first line of --version, without being started', async () => {
    const world = makeWorld(go127, module124);
    const printed = async (name: string) => (await execa(name, ['--version'])).stdout.split('\n')[0];
    const seen = await entries(world);
    expect(seen.get('cc')).toBe(await printed('gcc'));
    expect((await entries(world, { CC: 'cc -O1' })).get('cc')).toBe(await printed('cc'));
    expect([...(await entries(world, { CGO_ENABLED: '0' })).keys()]).toEqual(['gofmt']);
  });

  it('are reported as drift if a wrapper script of the same name changes', async () => {
    const world = makeWorld(go127, module124);
    const early = join(world.home, 'early');
    mkdirSync(early);
    const wrapper = (text: string) => writeFileSync(join(early, 'gcc'), text, { mode: 0o755 });
    wrapper('#!/bin/sh\nexec /usr/bin/gcc "$@"\n');
    const env = { PATH: `${early}:${world.env['PATH']}` };
    const before = (await entries(world, env)).get('cc');
    expect(before).toMatch(/^gcc sha256:[0-9a-f]{16}$/);
    expect((await godrift(world, ['baseline', 'accept', '--reason', 'test'], env)).exitCode).toBe(0);
    wrapper('#!/bin/sh\nexec /usr/bin/gcc -m32 "$@"\n');
    expect((await findings(world, env)).map(({ key, level }) => [key, level])).toEqual([
      ['tools.cc', 'minor'],
    ]);
  });
});
