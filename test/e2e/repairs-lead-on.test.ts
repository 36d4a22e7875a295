/**
 * Sources the script of `check --fix-hints` and then runs a real build: no repair may leave the environment
 * worse than before.
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { godrift, makeWorld, type World } from '../lab/godrift.ts';
import { type Healed, healWith } from '../lab/heal.ts';
import { cloneToolchain, ensureToolchain, scratch, type Toolchain } from '../lab/toolchains.ts';

const v26 = await ensureToolchain('1.26.0');
const v27 = await ensureToolchain('1.27.4');

const program = { 'main.go': 'package main\n\nfunc main() { println("hi") }\n' };
const plain = { 'go.mod': 'module example.com/app\n\ngo 1.21\n', ...program };

/** One build cache for all worlds, because all compile the same packages. */
const GOCACHE = scratch('gocache');

/** A world whose builds reach no network. */
function worldWith(toolchain: Toolchain, files: Readonly<Record<string, string>>): World {
  const world = makeWorld(toolchain, files);
  return { ...world, env: { ...world.env, GOPROXY: 'off', GOCACHE } };
}

/** Builds with the first go on PATH; returns its stderr, or `''` if the build passes. */
async function build(world: World, env: Readonly<Record<string, string>>): Promise<string> {
  const { exitCode, stderr } = await execa('sh', ['-c', 'go build -o /dev/null ./...'], {
    cwd: world.workspace,
    env: { ...world.env, ...env },
    extendEnv: false,
    reject: false,
  });
  return exitCode === 0 ? '' : stderr;
}

/** Sources the script in a world that builds, and expects that it still builds afterwards. */
async function healsOn(world: World, env: Readonly<Record<string, string>> = {}): Promise<Healed> {
  expect(await build(world, env)).toBe('');
  const healed = await healWith('sh', world, env);
  expect(await build(world, healed.left), healed.script).toBe('');
  return healed;
}

/**
 * Makes a Go tree as an interrupted unpacking leaves it: the sources after
 * `bytes` in archive order are missing.
 */
async function halfTree(version: string, goroot: string): Promise<void> {
  await cloneToolchain(version, goroot);
  for (const name of readdirSync(join(goroot, 'src'))) {
    if (name > 'bytes') rmSync(join(goroot, 'src', name), { recursive: true });
  }
}

describe('an incomplete Go tree', () => {
  it('is not put first on PATH to satisfy a pin, unlike a complete tree of the same version', async () => {
    const world = worldWith(v27, { ...plain, '.go-version': '1.26\n' });
    await halfTree('1.26.0', join(world.home, 'sdk/go1.26.0'));
    const { script, commands } = await healsOn(world, { GOTOOLCHAIN: 'local' });
    expect(script).toContain('pin-go-version');
    expect(commands).toEqual([]);
    // A complete tree of the same version is.
    await cloneToolchain('1.26.0', join(world.home, 'sdk/go1.26'));
    const whole = await healsOn(world, { GOTOOLCHAIN: 'local' });
    expect(whole.commands).toEqual([`export PATH=${join(world.home, 'sdk/go1.26/bin')}:"$PATH"`]);
  });

  it('is not put first on PATH if it holds the archive of golang.org/dl without .unpacked-success', async () => {
    const world = worldWith(v27, { ...plain, '.go-version': '1.26\n' });
    const { goroot } = await cloneToolchain('1.26.0', join(world.home, 'sdk/go1.26.0'));
    writeFileSync(join(goroot, 'go1.26.0.linux-amd64.tar.gz'), '');
    expect((await healsOn(world, { GOTOOLCHAIN: 'local' })).commands).toEqual([]);
    writeFileSync(join(goroot, '.unpacked-success'), '');
    expect((await healsOn(world, { GOTOOLCHAIN: 'local' })).commands).toHaveLength(1);
  });

  it.each([
    ['with half of its sources', async (goroot: string) => await halfTree('1.27.4', goroot)],
    [
      'without its compiler',
      async (goroot: string) => {
        await cloneToolchain('1.27.4', goroot);
        const [platform = ''] = readdirSync(join(goroot, 'pkg/tool'));
        rmSync(join(goroot, 'pkg/tool', platform, 'compile'));
      },
    ],
    [
      'with a compiler that may not be started',
      async (goroot: string) => {
        const [platform = ''] = readdirSync(join(v27.goroot, 'pkg/tool'));
        const name = `pkg/tool/${platform}/compile`;
        await cloneToolchain('1.27.4', goroot, { own: [name] });
        chmodSync(join(goroot, name), 0o644);
      },
    ],
  ])('%s is not proposed in place of the older go that is first on PATH', async (_, make) => {
    const world = worldWith(v26, plain);
    const goroot = join(world.home, 'newer');
    mkdirSync(dirname(goroot), { recursive: true });
    await make(goroot);
    const PATH = `${world.env['PATH']}:${join(goroot, 'bin')}`;
    const { script, commands } = await healsOn(world, { PATH, GOTOOLCHAIN: 'local' });
    expect(script).not.toContain('go-shadowed');
    expect(commands).toEqual([]);
  });
});

/** The module cache that holds the tests' toolchains and nothing else. */
const modcache = v26.goroot.replace(/\/golang\.org\/toolchain@.*$/, '');

describe('GOTOOLCHAIN', () => {
  const line = { ...plain, 'go.mod': 'module example.com/app\n\ngo 1.21\n\ntoolchain go1.99.0\n' };

  it('is not unset if the toolchain line names a toolchain that is not on this host', async () => {
    const world = worldWith(v27, line);
    const env = { GOTOOLCHAIN: 'go1.26.0', GOMODCACHE: modcache };
    const { script, commands } = await healsOn(world, env);
    expect(script).toMatch(/toolchain-held-back.*\n.*by hand: go fails with "go: download go1\.99\.0/);
    expect(commands).toEqual([]);
  });

  it('is set to local if the go on PATH satisfies the pin and the toolchain of the toolchain line is missing', async () => {
    const world = worldWith(v26, { ...line, '.go-version': '1.26\n' });
    const env = { GOTOOLCHAIN: 'go1.27.4', GOMODCACHE: modcache };
    expect((await healsOn(world, env)).commands).toEqual(['export GOTOOLCHAIN=local']);
  });

  it('is changed instead of PATH if it selects the toolchain', async () => {
    const world = worldWith(v26, { ...plain, '.go-version': '1.24.13\n' });
    const env = { GOTOOLCHAIN: 'go1.27.4', GOMODCACHE: modcache };
    const { commands, left } = await healsOn(world, env);
    expect(commands).toEqual(['export GOTOOLCHAIN=go1.24.13']);
    expect((await godrift(world, ['check'], left)).exitCode).toBe(0);
  });
});

describe('a go line', () => {
  it('in the -modfile file prevents a switch to an older go', async () => {
    const world = worldWith(v27, {
      ...plain,
      'alt.mod': 'module example.com/app\n\ngo 1.27\n',
      '.go-version': '1.26\n',
    });
    await cloneToolchain('1.26.0', join(world.home, 'sdk/go1.26.0'));
    const env = { GOFLAGS: '-modfile=alt.mod', GOTOOLCHAIN: 'local' };
    const { script, commands } = await healsOn(world, env);
    expect(script).toMatch(/alt\.mod:3 asks for go1\.27, which contradicts \S+\.go-version/);
    expect(commands).toEqual([]);
  });

  it('that go mod tidy raises is not followed by a switch to an older go, and no other module is tidied', async () => {
    const world = worldWith(v27, {
      'go.mod':
        'module example.com/app\n\ngo 1.21\n\nrequire example.com/n v0.0.0\n\nreplace example.com/n => ./n\n',
      'main.go': 'package main\n\nimport _ "example.com/n"\n\nfunc main() { println("hi") }\n',
      'n/go.mod': 'module example.com/n\n\ngo 1.27\n',
      'n/n.go': 'package n\n',
      '.go-version': '1.26\n',
    });
    await cloneToolchain('1.26.0', join(world.home, 'sdk/go1.26.0'));
    const other = join(world.home, 'other');
    const theirs = 'module example.com/other\n\ngo 1.21\n\nrequire example.com/keep v1.0.0\n';
    mkdirSync(other);
    writeFileSync(join(other, 'go.mod'), theirs);
    const env = { GOTOOLCHAIN: 'local' };
    expect(await build(world, env)).toContain('updates to go.mod needed');
    const elsewhere = { ...world, workspace: other };
    const { commands, left } = await healWith('sh', elsewhere, env, world.workspace);
    expect(commands).toEqual([`(cd ${world.workspace} && go mod tidy)`]);
    expect(readFileSync(join(other, 'go.mod'), 'utf8')).toBe(theirs);
    expect(await build(world, left)).toBe('');
  });
});

describe('a pin of another release', () => {
  const pinned = { ...plain, '.go-version': '1.26\n' };
  const env = { GOTOOLCHAIN: 'local' };
  const here = async (world: World) => await cloneToolchain('1.26.0', join(world.home, 'sdk/go1.26.0'));

  it('gets a PATH command only if build tags select the same files for both releases', async () => {
    const files = { ...pinned, 'other.go': '//go:build go1.26 && !go1.28\n\npackage main\n' };
    const world = worldWith(v27, files);
    const { goroot } = await here(world);
    expect((await healsOn(world, env)).commands).toEqual([`export PATH=${join(goroot, 'bin')}:"$PATH"`]);
    writeFileSync(join(world.workspace, 'main.go'), 'package main\n\nfunc main() { f() }\n');
    writeFileSync(join(world.workspace, 'new.go'), '//go:build go1.27\n\npackage main\n\nfunc f() {}\n');
    const { script, commands } = await healsOn(world, env);
    expect(script).toMatch(
      /by hand: go1\.26\.0 is of another release, and the tag go1\.27 selects files of example\.com\/app\)/,
    );
    expect(commands).toEqual([]);
  });

  it('gets no command if build tags select other files of an imported package, replaced or vendored', async () => {
    const file = '//go:build go1.27\n\npackage n\n\nconst N = 1\n';
    const main = 'package main\n\nimport "example.com/n"\n\nfunc main() { println(n.N) }\n';
    const require = 'module example.com/app\n\ngo 1.21\n\nrequire example.com/n v1.0.0\n';
    const vendored = worldWith(v27, {
      ...pinned,
      'go.mod': require,
      'main.go': main,
      'vendor/modules.txt': '# example.com/n v1.0.0\n## explicit; go 1.21\nexample.com/n\n',
      'vendor/example.com/n/n.go': file,
      'vendor/example.com/n/plain.go': 'package n\n',
    });
    const replaced = worldWith(v27, {
      ...pinned,
      'go.mod': `${require}\nreplace example.com/n => ./n\n`,
      'main.go': main,
      'n/go.mod': 'module example.com/n\n\ngo 1.21\n',
      'n/n.go': file,
      'n/plain.go': 'package n\n',
    });
    for (const world of [vendored, replaced]) {
      await here(world);
      const { script, commands } = await healsOn(world, env);
      expect(script).toContain('the tag go1.27 selects files of example.com/n');
      expect(commands).toEqual([]);
    }
  });
});

describe('a forgotten setting that breaks every build', () => {
  const needs = (name: string) => ({
    'go.mod': `module example.com/app\n\ngo 1.21\n\nrequire example.com/n v1.0.0\n`,
    'main.go': `package main\n\nimport _ "${name}"\n\nfunc main() {}\n`,
  });

  it('-mod=vendor without vendor/ is removed from GOFLAGS, other flags stay', async () => {
    const files = needs('example.com/n');
    const world = worldWith(v27, {
      ...files,
      'go.mod': `${files['go.mod']}\nreplace example.com/n => ./n\n`,
      'n/go.mod': 'module example.com/n\n\ngo 1.21\n',
      'n/n.go': 'package n\n',
    });
    for (const [GOFLAGS, command] of [
      ['-mod=vendor', 'unset GOFLAGS'],
      ['-mod=vendor -tags=prod', 'export GOFLAGS=-tags=prod'],
    ] as const) {
      const env = { GOFLAGS, GOTOOLCHAIN: 'local' };
      expect(await build(world, env)).toContain('inconsistent vendoring');
      const { commands, left } = await healWith('sh', world, env);
      expect(commands).toEqual([command]);
      expect(await build(world, left)).toBe('');
    }
  });

  it('GO111MODULE=off is reported without reporting the modules as removed', async () => {
    const world = worldWith(v27, { ...needs('fmt'), 'go.sum': '' });
    const env = { GOTOOLCHAIN: 'local' };
    expect((await godrift(world, ['baseline', 'accept', '--reason', 'r'], env)).exitCode).toBe(0);
    const { script } = await healWith('sh', world, { ...env, GO111MODULE: 'off' });
    expect(script).toContain('modules-off');
    expect(script).not.toMatch(/ is gone|removed:/);
  });
});

describe('a repair that leads to an unobserved environment', () => {
  it('is not printed as a command: GO111MODULE=off in a workspace whose go.mod names modules', async () => {
    const world = worldWith(v27, plain);
    const GOPATH = join(world.home, 'gp');
    const code = join(GOPATH, 'src/example.com/m');
    mkdirSync(join(GOPATH, 'src/example.com/dep'), { recursive: true });
    mkdirSync(code);
    writeFileSync(join(GOPATH, 'src/example.com/dep/d.go'), 'package dep\n');
    writeFileSync(
      join(code, 'go.mod'),
      'module example.com/m\n\ngo 1.24\n\nrequire example.com/dep v1.0.0\n',
    );
    writeFileSync(join(code, 'main.go'), 'package main\n\nimport _ "example.com/dep"\n\nfunc main() {}\n');
    const { script, commands } = await healsOn({ ...world, workspace: code }, { GOPATH, GO111MODULE: 'off' });
    expect(script).toMatch(/modules-off.*\n.*by hand: the modules that go\.mod asks for were not looked at/);
    expect(commands).toEqual([]);
  });

  it('is not printed as a command: a Go tree with another GOPROXY in go.env while a module is not cached', async () => {
    const world = worldWith(v27, {
      ...plain,
      'go.mod': 'module example.com/app\n\ngo 1.24\n\nrequire example.com/dep v1.0.0\n',
      'main.go': 'package main\n\nimport _ "example.com/dep"\n\nfunc main() {}\n',
      '.go-version': '1.26\n',
    });
    const mirror = join(world.home, 'mirror/example.com/dep/@v');
    mkdirSync(mirror, { recursive: true });
    const own = await cloneToolchain('1.27.4', join(world.home, 'own'), { own: ['go.env'] });
    writeFileSync(
      join(own.goroot, 'go.env'),
      `GOPROXY=file://${join(world.home, 'mirror')}\nGOTOOLCHAIN=local\n`,
    );
    await cloneToolchain('1.26.0', join(world.home, 'sdk/go1.26.0'));
    const { GOPROXY: _, ...env } = world.env;
    const PATH = `${join(own.goroot, 'bin')}:/usr/bin:/bin`;
    const { script, commands } = await healWith('sh', { ...world, env }, { PATH, GOFLAGS: '-mod=mod' });
    expect(script).toMatch(/pin-go-version.*\n.*by hand: \S+sdk\/go1\.26\.0\/go\.env has GOPROXY=/);
    expect(commands.filter((line) => line.includes('PATH='))).toEqual([]);
  });

  it('puts the directory of the Go tree on PATH, not one with other programs and a symlink to go', async () => {
    // Both of one release: a go of another release gets no command.
    const world = worldWith(await ensureToolchain('1.27.0'), plain);
    const bin = join(world.home, 'bin');
    const first = join(world.home, 'first');
    for (const directory of [bin, first]) {
      mkdirSync(directory);
      writeFileSync(join(directory, 'gcc'), '#!/bin/sh\n', { mode: 0o755 });
    }
    const { goroot } = await cloneToolchain('1.27.4', join(world.home, 'newer'));
    symlinkSync(join(goroot, 'bin/go'), join(bin, 'go'));
    const PATH = `${first}:${world.env['PATH']}:${bin}`;
    const { commands } = await healsOn(world, { PATH, GOTOOLCHAIN: 'local' });
    expect(commands).toEqual([`export PATH=${join(goroot, 'bin')}:"$PATH"`]);
  });
});
