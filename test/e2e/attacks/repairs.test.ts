/**
 * Sources the script of `check --fix-hints`: it must not write through a symlink of a pull request or another
 * user, must not put their directories on PATH, and no command may break anything else.
 */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { godrift, makeWorld, type World } from '../../lab/godrift.ts';
import { healWith } from '../../lab/heal.ts';
import { ensureToolchain, runGo } from '../../lab/toolchains.ts';

const go = await ensureToolchain('1.26.0');
const newer = await ensureToolchain('1.27.4');
const isRoot = process.getuid?.() === 0;

const inHome = (world: World, name: string) => join(world.home, name);
const inCode = (world: World, name: string) => join(world.workspace, name);

function goenv(world: World, text: string): string {
  const file = inHome(world, '.config/go/env');
  mkdirSync(inHome(world, '.config/go'), { recursive: true });
  writeFileSync(file, text);
  return file;
}

async function rulesOf(world: World, env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { stdout } = await godrift(world, ['check', '--json'], env);
  return JSON.parse(stdout).findings.map(({ rule }: { rule: string }) => rule);
}

describe('the script', () => {
  const text = 'GOFLAGS=-foo\ntouch PWNED\n';

  it('does not edit a GOENV file in the code whose backup file would be a symlink out of the code', async () => {
    const world = makeWorld(go);
    writeFileSync(inHome(world, '.bashrc'), '# original\n');
    writeFileSync(inCode(world, '.goenv'), text);
    symlinkSync('../../.bashrc', inCode(world, '.goenv.bak'));
    const { script, commands } = await healWith('bash', world, { GOENV: inCode(world, '.goenv') });
    expect(script).toContain('goflags-unknown');
    expect(script).toMatch(/by hand: .*\.goenv lies in the code/);
    expect(commands).toEqual([]);
    expect(readFileSync(inHome(world, '.bashrc'), 'utf8')).toBe('# original\n');
  });

  it('does not edit a GOENV file in the code that is a symlink out of the code', async () => {
    const world = makeWorld(go);
    const profile = 'GOFLAGS=-foo\nexport PATH=/keep\n';
    writeFileSync(inHome(world, '.profile'), profile);
    symlinkSync('../../.profile', inCode(world, '.goenv'));
    const { commands } = await healWith('sh', world, { GOENV: inCode(world, '.goenv') });
    expect(commands).toEqual([]);
    expect(readFileSync(inHome(world, '.profile'), 'utf8')).toBe(profile);
  });

  it('edits a GOENV file outside of the code', async () => {
    const world = makeWorld(go);
    const file = goenv(world, text);
    const { commands } = await healWith('sh', world);
    expect(commands).toHaveLength(1);
    expect(readFileSync(file, 'utf8')).toBe('touch PWNED\n');
  });
});

describe('a directory with a go', () => {
  /** Makes the bin directory of a newer go, with a program `env` that shows when it is started. */
  function withGo(directory: string): void {
    mkdirSync(directory, { recursive: true });
    for (const name of ['pkg', 'src', 'VERSION', 'go.env'])
      symlinkSync(join(newer.goroot, name), join(directory, '..', name));
    copyFileSync(newer.go, join(directory, 'go'));
    writeFileSync(join(directory, 'env'), '#!/bin/sh\necho PWNED\n');
    for (const name of ['go', 'env']) chmodSync(join(directory, name), 0o755);
  }

  it.each([
    ['in the code', (world: World) => inCode(world, 'bin')],
    ['found by a relative PATH entry', () => './bin'],
  ])('%s is not put first on PATH', async (_, entry) => {
    const world = makeWorld(go);
    withGo(inCode(world, 'bin'));
    const PATH = `${world.env['PATH']}:${entry(world)}`;
    const { script, commands, left } = await healWith('sh', world, { PATH });
    expect(script).toMatch(/go-shadowed.*\n#\s+repair: take \S+ off PATH, where it must not come first/);
    expect(commands).toEqual([]);
    expect(left['PATH']).toBe(PATH);
  });

  it.skipIf(!isRoot)('of another user is not put first on PATH', async () => {
    // Both of one release: a go of another release gets no command.
    const world = makeWorld(await ensureToolchain('1.27.0'));
    const bin = inHome(world, 'theirs/bin');
    withGo(bin);
    copyFileSync(join(newer.goroot, 'bin/gofmt'), join(bin, 'gofmt'));
    const PATH = `${world.env['PATH']}:${bin}`;
    // The directory has another program that would shadow one of the system.
    const { script, commands } = await healWith('sh', world, { PATH });
    expect(script).toContain(`by hand: env of ${bin} would answer in place of another one`);
    expect(commands).toEqual([]);
    unlinkSync(join(bin, 'env'));
    expect((await healWith('sh', world, { PATH })).left['PATH']).toBe(`${bin}:${PATH}`);
    chownSync(bin, 65534, 65534);
    expect((await healWith('sh', world, { PATH })).commands).toEqual([]);
  });

  it('of a version manager whose data directory is in the code is not named', async () => {
    const world = makeWorld(go);
    const tree = inCode(world, '.mise/installs/go/1.27.4');
    mkdirSync(join(tree, 'bin'), { recursive: true });
    for (const name of ['pkg', 'src', 'VERSION']) symlinkSync(join(newer.goroot, name), join(tree, name));
    copyFileSync(newer.go, join(tree, 'bin/go'));
    chmodSync(join(tree, 'bin/go'), 0o755);
    writeFileSync(inCode(world, '.go-version'), '1.27.4\n');
    const { script, commands } = await healWith('sh', world, { MISE_DATA_DIR: inCode(world, '.mise') });
    expect(script).toContain('pin-go-version');
    expect(script).not.toContain('.mise');
    expect(commands).toEqual([]);
  });
});

describe('a command', () => {
  it('removes a broken line of GOENV instead of unsetting the variable that hides it', async () => {
    const world = makeWorld(go);
    const file = goenv(world, 'GOROOT=/nowhere\n');
    const env = { GOROOT: go.goroot };
    const { left } = await healWith('sh', world, env);
    expect(left['GOROOT']).toBe(go.goroot);
    expect(readFileSync(file, 'utf8')).toBe('');
    expect(await rulesOf(world, env)).toEqual([]);
    expect(
      (await runGo(go, ['list', '-m'], { cwd: world.workspace, env: { ...world.env, ...env } })).exitCode,
    ).toBe(0);
  });

  it('removes no accepted value, and undoes no other command', async () => {
    const world = makeWorld(go);
    const accepted = { GOFLAGS: '-tags=prod' };
    goenv(world, 'GOFLAGS=-tags=old\n');
    expect((await godrift(world, ['baseline', 'accept', '--reason', 'x'], accepted)).exitCode).toBe(0);
    expect((await healWith('sh', world, accepted)).left).toMatchObject(accepted);
    goenv(world, 'GOFLAGS=-tags=old\n');
    expect((await healWith('sh', world, { GOFLAGS: '-tags=test' })).left).toMatchObject(accepted);
    // An invalid value that hides a line which was not accepted: unsetting it would put that line into force.
    goenv(world, 'GOFLAGS=-tags=old\n');
    const { left } = await healWith('sh', world, { GOFLAGS: '-tags=prod -nosuch' });
    expect(left).toMatchObject(accepted);
  });

  it('removes only the invalid words of GOFLAGS and GOEXPERIMENT', async () => {
    const world = makeWorld(go);
    const env = { GOFLAGS: '-tags=prod -trimpath -nosuch', GOEXPERIMENT: 'jsonv2,nosuch' };
    const { left } = await healWith('sh', world, env);
    expect(left).toMatchObject({ GOFLAGS: '-tags=prod -trimpath', GOEXPERIMENT: 'jsonv2' });
    expect(await rulesOf(world, { GOFLAGS: '-tags=prod -trimpath', GOEXPERIMENT: 'jsonv2' })).toEqual([]);
    goenv(world, 'GOFLAGS=-tags=prod -nosuch\n');
    expect((await healWith('sh', world)).script).toMatch(
      /take -nosuch out of line 1 \(GOFLAGS=…\) of \S+\n#\s+\(by hand\)/,
    );
    unlinkSync(inHome(world, '.config/go/env'));
  });
});
