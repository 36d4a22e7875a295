/**
 * The script of `check --fix-hints` in real shells, compared with the effect of `go env -u` on the same file.
 */
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { accept, goenvOf, worldWithGoenv } from '../lab/accepted.ts';
import { godrift, makeWorld, program, type World } from '../lab/godrift.ts';
import { healWith } from '../lab/heal.ts';
import { ensureToolchain, onPath, runGo } from '../lab/toolchains.ts';

const go = await ensureToolchain('1.27.4');
const fish = await onPath('fish');
if (fish === undefined) console.error('SKIPPED: scripts for fish need fish');

/**
 * A home whose GOENV is a symlink to a file in a dotfiles repository, as made by stow and chezmoi. The file
 * has a second hard link and a non-default mode.
 */
function linkedGoenv(text: string): { world: World; file: string } {
  const world = makeWorld(go);
  const file = join(world.home, 'dot/env');
  mkdirSync(join(world.home, 'dot'));
  mkdirSync(join(world.home, '.config/go'), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o640);
  linkSync(file, join(world.home, 'dot/second-name'));
  symlinkSync('../../dot/env', goenvOf(world));
  return { world, file };
}

describe('a GOENV file behind a symlink', () => {
  it.each([
    ['one line', 'GOFLAGS=-foo\nGOPRIVATE=corp.example\n', ['GOFLAGS']],
    // Without the last line, the first one would take effect.
    ['a name twice', 'GOFLAGS=-mod=mod\nGOPRIVATE=corp.example\nGOFLAGS=-foo\n', ['GOFLAGS']],
    [
      'two names, twice each',
      'GOFLAGS=-a\nGOPROXY=xx\nGOFLAGS=-foo\nGOPROXY=xx\nGOPRIVATE=x.example\n',
      ['GOFLAGS', 'GOPROXY'],
    ],
  ])('is edited in place like go env -u does, keeping link, inode and mode: %s', async (_, text, names) => {
    const { world, file } = linkedGoenv(text);
    // Files at the names for the backup are kept: neither a symlink is followed, nor a backup of the user
    // overwritten.
    writeFileSync(join(world.home, 'precious'), 'mine\n');
    symlinkSync('../../precious', `${goenvOf(world)}.bak`);
    writeFileSync(`${goenvOf(world)}.bak.1`, 'kept by hand\n');
    symlinkSync('../../nowhere', `${goenvOf(world)}.bak.2`);
    const before = statSync(file);
    const { script } = await healWith('sh', world);
    expect(script.split('\n').filter((line) => /^[^#]*\bsed\b/.test(line))).toHaveLength(1);
    expect(lstatSync(goenvOf(world)).isSymbolicLink()).toBe(true);
    const { ino, mode, nlink } = statSync(file);
    expect({ ino, mode, nlink }).toEqual({ ino: before.ino, mode: before.mode, nlink: before.nlink });
    expect(readFileSync(`${goenvOf(world)}.bak.3`, 'utf8')).toBe(text);
    expect(readFileSync(join(world.home, 'precious'), 'utf8')).toBe('mine\n');
    expect(readFileSync(`${goenvOf(world)}.bak.1`, 'utf8')).toBe('kept by hand\n');
    expect(existsSync(join(world.home, 'nowhere'))).toBe(false);

    const twin = linkedGoenv(text);
    const unset = await runGo(go, ['env', '-u', ...names], {
      cwd: twin.world.workspace,
      env: twin.world.env,
    });
    expect(unset.exitCode, unset.stderr).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(twin.file, 'utf8'));
    expect((await godrift(world, ['check'])).exitCode).toBe(0);
  });
});

describe.each(['sh', ...(fish === undefined ? [] : [fish])])(
  'a script that is sourced again in %s',
  (shell) => {
    it('makes no second backup of a file that is already repaired', async () => {
      const world = makeWorld(go);
      mkdirSync(join(world.home, '.config/go'), { recursive: true });
      writeFileSync(goenvOf(world), 'GOPRIVATE=x.example\nGOFLAGS=-foo\nGOPROXY=xx\n');
      const { commands } = await healWith(shell, world, { SHELL: shell });
      const mended = readFileSync(goenvOf(world), 'utf8');
      expect(mended).toBe('GOPRIVATE=x.example\n');
      const again = await execa(shell, ['-c', commands.join('\n')], {
        cwd: world.workspace,
        env: world.env,
        extendEnv: false,
      });
      expect([again.exitCode, again.stderr]).toEqual([0, '']);
      expect(readFileSync(goenvOf(world), 'utf8')).toBe(mended);
      expect(readdirSync(join(world.home, '.config/go')).sort()).toEqual(['env', 'env.bak']);
    });
  },
);

describe('a check of a named target', () => {
  it('prints a script that rolls back that target from the given state directory', async () => {
    const world = worldWithGoenv(go, 'GOFLAGS=-x\n');
    const file = goenvOf(world);
    const named = ['--target', 't1', '--state-directory', 'of t1'];
    await accept(world);
    writeFileSync(file, 'GOFLAGS=-trimpath\n');
    await accept(world, 'of t1', ...named);
    writeFileSync(file, 'GOFLAGS=-mod=mend\n');
    const { stdout: script } = await godrift(world, ['check', '--fix-hints', ...named]);
    mkdirSync(join(world.home, 'bin'));
    writeFileSync(join(world.home, 'bin/godrift'), `#!/bin/sh\nexec ${process.execPath} ${program} "$@"\n`, {
      mode: 0o755,
    });
    const PATH = `${join(world.home, 'bin')}:${world.env['PATH']}`;
    const env = { ...world.env, PATH };
    const { stdout } = await execa('sh', ['-c', script], { cwd: '/', env, extendEnv: false });
    expect(readFileSync(file, 'utf8')).toBe('GOFLAGS=-trimpath\n');
    // The printed command that reverts the rollback applies to the same target.
    const [, back = ''] = /^what was there before: (.*)$/m.exec(stdout) ?? [];
    await execa('sh', ['-c', `${back} --yes`], { cwd: world.workspace, env, extendEnv: false });
    expect(readFileSync(file, 'utf8')).toBe('GOFLAGS=-mod=mend\n');
  });
});

describe('the repair of a changed variable', () => {
  it.each([
    ['GOPATH', '/gopath'],
    ['GOPRIVATE', '$corp.example'],
  ])('sets %s to the accepted value itself, not to its form in a snapshot', async (name, end) => {
    const world = makeWorld(go);
    const value = end.startsWith('/') ? world.home + end : end;
    await godrift(world, ['baseline', 'accept', '--reason', 'x'], { [name]: value });
    const { stdout } = await godrift(world, ['check', '--json'], { [name]: '/tmp/other' });
    const { findings } = JSON.parse(stdout) as { findings: { key: string; repair: string }[] };
    const { repair = '' } = findings.find(({ key }) => key === `env.${name}`) ?? {};
    const [command = ''] = repair.split(' (or ');
    const { stdout: set } = await execa('sh', ['-c', `${command}; printenv ${name}`]);
    expect(set).toBe(value);
  });
});

describe.skipIf(fish === undefined)('fish as the shell of the user', () => {
  it('gets a script in fish syntax that unsets and sets variables and edits GOENV when sourced', async () => {
    const world = makeWorld(go);
    const env = { SHELL: fish as string };
    const wanted = `-tags=a'"\\\`$(touch PWNED);\\'`;
    const accepted = await godrift(world, ['baseline', 'accept', '--reason', 'first'], {
      ...env,
      GOPRIVATE: wanted,
    });
    expect(accepted.exitCode, accepted.stderr).toBe(0);
    mkdirSync(join(world.home, '.config/go'), { recursive: true });
    writeFileSync(goenvOf(world), 'GOFLAGS=-foo\nNOSUCH=1\n');
    const { script, left } = await healWith(fish as string, world, {
      ...env,
      GOPRIVATE: 'other.example',
      GOEXPERIMENT: 'nosuch',
      GOROOT: '/nowhere',
    });
    expect(script).toMatch(/^#!\/usr\/bin\/env fish\n/);
    expect(script).toMatch(/^set -e GOEXPERIMENT$/m);
    expect(script).not.toMatch(/^(unset|export) /m);
    expect(left).toMatchObject({ GOPRIVATE: wanted });
    expect(left).not.toHaveProperty('GOEXPERIMENT');
    expect(left).not.toHaveProperty('GOROOT');
    expect(readFileSync(goenvOf(world), 'utf8')).toBe('');
    expect(readFileSync(`${goenvOf(world)}.bak`, 'utf8')).toBe('GOFLAGS=-foo\nNOSUCH=1\n');
    expect(existsSync(join(world.workspace, 'PWNED'))).toBe(false);
  });

  it('gets a script that moves a newer go to the front of PATH', async () => {
    const older = await ensureToolchain('1.26.0');
    const world = makeWorld(older, { 'go.mod': 'module example.com/app\n\ngo 1.27.0\n' });
    symlinkSync(go.goroot, join(world.home, 'sdk'));
    mkdirSync(join(world.home, 'x'));
    const path = `${join(older.goroot, 'bin')}:${join(go.goroot, 'bin')}:/usr/bin:/bin`;
    const { left } = await healWith(fish as string, world, {
      SHELL: fish as string,
      PATH: path,
      GOTOOLCHAIN: 'local',
    });
    expect(left['PATH']?.split(':')[0]).toBe(join(go.goroot, 'bin'));
  });
});
