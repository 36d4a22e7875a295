/** The script of `check --fix-hints`, sourced, and then a real build: no repair leads to a worse place than the one it was printed in. */
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { makeWorld, type World } from '../lab/godrift.ts';
import { type Healed, healWith } from '../lab/heal.ts';
import { cloneToolchain, ensureToolchain, scratch, type Toolchain } from '../lab/toolchains.ts';

const v26 = await ensureToolchain('1.26.0');
const v27 = await ensureToolchain('1.27.4');

const program = { 'main.go': 'package main\n\nfunc main() { println("hi") }\n' };
const plain = { 'go.mod': 'module example.com/app\n\ngo 1.21\n', ...program };

/** One for all builds: what is compiled is the same. */
const GOCACHE = scratch('gocache');

/** A world whose builds reach no network. */
function worldWith(toolchain: Toolchain, files: Readonly<Record<string, string>>): World {
  const world = makeWorld(toolchain, files);
  return { ...world, env: { ...world.env, GOPROXY: 'off', GOCACHE } };
}

/** What the go that is first on PATH says to a build, `''` when it passes. */
async function build(world: World, env: Readonly<Record<string, string>>): Promise<string> {
  const { exitCode, stderr } = await execa('sh', ['-c', 'go build -o /dev/null ./...'], {
    cwd: world.workspace,
    env: { ...world.env, ...env },
    extendEnv: false,
    reject: false,
  });
  return exitCode === 0 ? '' : stderr;
}

/** Sources the script where a build passes, and expects that it passes afterwards. */
async function healsOn(world: World, env: Readonly<Record<string, string>> = {}): Promise<Healed> {
  expect(await build(world, env)).toBe('');
  const healed = await healWith('sh', world, env);
  expect(await build(world, healed.left), healed.script).toBe('');
  return healed;
}

/** Leaves of the sources what an interrupted unpacking leaves, in the order of the archive. */
async function halfTree(version: string, goroot: string): Promise<void> {
  await cloneToolchain(version, goroot);
  for (const name of readdirSync(join(goroot, 'src'))) {
    if (name > 'bytes') rmSync(join(goroot, 'src', name), { recursive: true });
  }
}

describe('half a tree of Go', () => {
  it('is not put first on PATH for a pin', async () => {
    const world = worldWith(v27, { ...plain, '.go-version': '1.26\n' });
    await halfTree('1.26.0', join(world.home, 'sdk/go1.26.0'));
    const { script, commands } = await healsOn(world, { GOTOOLCHAIN: 'local' });
    expect(script).toContain('pin-go-version');
    expect(commands).toEqual([]);
    // The whole one of the same version is.
    await cloneToolchain('1.26.0', join(world.home, 'sdk/go1.26'));
    const whole = await healsOn(world, { GOTOOLCHAIN: 'local' });
    expect(whole.commands).toEqual([`export PATH=${join(world.home, 'sdk/go1.26/bin')}:"$PATH"`]);
  });

  it('whose archive lies in it without the mark of golang.org/dl is not either', async () => {
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
  ])('%s does not shadow the older one that answers', async (_, make) => {
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
