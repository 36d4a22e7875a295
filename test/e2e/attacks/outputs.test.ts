/** Output files of check, in a repository whose files an attacker chose. */
import { execFileSync, spawn } from 'node:child_process';
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
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { godrift, makeWorld, program, type World } from '../../lab/godrift.ts';
import { ensureToolchain } from '../../lab/toolchains.ts';

const go = await ensureToolchain('1.26.0');

/**
 * A repository that drifts from its committed baseline (GOFLAGS is removed), and a private file of the user.
 */
async function plantedWorld(): Promise<{ world: World; secret: string }> {
  const world = makeWorld(go);
  mkdirSync(join(world.workspace, '.git'));
  const { stdout } = await godrift(world, ['snapshot', '--portable'], { GOFLAGS: '-trimpath' });
  writeFileSync(join(world.workspace, '.godrift.snapshot'), stdout);
  const secret = join(world.home, 'secret');
  writeFileSync(secret, 'private\n');
  chmodSync(secret, 0o600);
  return { world, secret };
}

/** The options that name an output file, as functions from file name to arguments. */
const writers: readonly (readonly [option: string, args: (file: string) => readonly string[]])[] = [
  ['--write-diff', (file) => [`--write-diff=${file}`]],
  ['--output', (file) => ['--format', 'sarif', '--output', file]],
  ['--textfile', (file) => ['--textfile', file]],
];

test.each(writers)('%s refuses symlinks in the repository and exits with 2', async (_, args) => {
  const { world, secret } = await plantedWorld();
  const at = (name: string) => join(world.workspace, name);
  mkdirSync(join(world.home, 'folder'));
  symlinkSync('../../secret', at('relative'));
  symlinkSync(secret, at('absolute'));
  symlinkSync('../../not-there', at('dangling'));
  symlinkSync('/dev/stdout', at('stdout'));
  symlinkSync('../../folder', at('folder'));
  symlinkSync('folder', at('twice'));
  for (const [name, why] of [
    ['relative', 'it is a symbolic link'],
    ['absolute', 'it is a symbolic link'],
    ['dangling', 'it is a symbolic link'],
    ['stdout', 'it is a symbolic link'],
    ['folder/a', 'leads out of the workspace'],
    ['twice/a', 'leads out of the workspace'],
    ['.git', 'it is a directory'],
  ] as const) {
    const run = await godrift(world, ['check', ...args(name)]);
    expect(run.exitCode, name).toBe(2);
    expect(run.stderr).toMatch(new RegExp(`^godrift: cannot write ${name}: .*${why}.*\\n$`));
  }
  expect(readFileSync(secret, 'utf8')).toBe('private\n');
  expect(statSync(secret).mode & 0o777).toBe(0o600);
  expect(existsSync(join(world.home, 'not-there'))).toBe(false);
  expect(readdirSync(join(world.home, 'folder'))).toEqual([]);
  expect(lstatSync(at('relative')).isSymbolicLink()).toBe(true);
});

test.each(writers)(
  '%s replaces the directory entry: other hard links keep their content, and the mode is not widened',
  async (option, args) => {
    const { world, secret } = await plantedWorld();
    const hard = join(world.workspace, 'hard');
    linkSync(secret, hard);
    const replaces = async (text: string) => {
      expect((await godrift(world, ['check', ...args('hard')])).exitCode).toBe(1);
      expect(readFileSync(secret, 'utf8')).toBe(text);
      expect(readFileSync(hard, 'utf8')).not.toBe(text);
    };
    if (option !== '--output') {
      // --textfile replaces only metrics pages, and --write-diff only diffs.
      const run = await godrift(world, ['check', ...args('hard')]);
      expect([run.exitCode, run.stderr]).toEqual([2, expect.stringContaining('cannot write hard')]);
      expect(readFileSync(hard, 'utf8')).toBe('private\n');
      const ours =
        option === '--textfile'
          ? '# HELP godrift_build_info Version of the exporter, always 1.\n'
          : '--- baseline\n+++ now\t2026-01-01T00:00:00.000Z\n@@ -1 +1 @@\n-env.GOFLAGS=a\n+env.GOFLAGS=b\n';
      writeFileSync(secret, ours);
      await replaces(ours);
    } else {
      await replaces('private\n');
    }
    expect(statSync(hard).mode & 0o777).toBe(0o600);
    // Symlinks of the user outside of the repository are followed.
    mkdirSync(join(world.home, 'real'));
    symlinkSync('real', join(world.home, 'reports'));
    expect((await godrift(world, ['check', ...args(join(world.home, 'reports/a'))])).exitCode).toBe(1);
    expect(readdirSync(join(world.home, 'real'))).toEqual(['a']);
  },
);

test('--output writes to /dev/stdout, a file descriptor and a named pipe; other options refuse a pipe', async () => {
  const { world } = await plantedWorld();
  const named = await godrift(world, ['check', '--json', '--output', '/dev/stdout']);
  expect(JSON.parse(named.stdout)).toMatchObject({ schema: 'godrift.check/1' });
  const substituted = await execa(
    'bash',
    [
      '-c',
      `"$0" "$1" check --json --output >(cat >read) >printed; wait $!; cat read`,
      process.execPath,
      program,
    ],
    { cwd: world.workspace, env: world.env, extendEnv: false, reject: false },
  );
  expect(JSON.parse(substituted.stdout)).toMatchObject({ schema: 'godrift.check/1' });
  execFileSync('mkfifo', [join(world.workspace, 'pipe')]);
  const reader = spawn('cat', ['pipe'], { cwd: world.workspace, stdio: ['ignore', 'pipe', 'inherit'] });
  const [read, run] = await Promise.all([
    text(reader.stdout),
    godrift(world, ['check', '--json', '--output', 'pipe']),
  ]);
  expect(run.exitCode, run.stderr).toBe(1);
  expect(JSON.parse(read)).toMatchObject({ schema: 'godrift.check/1' });
  // A pipe planted under the usual file name would block a build for ever.
  for (const args of [['--write-diff=pipe'], ['--textfile', 'pipe']]) {
    const refused = await godrift(world, ['check', ...args]);
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('it is no regular file')]);
  }
  expect((await godrift(world, ['check', '--write-diff=/dev/null'])).exitCode).toBe(1);
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
});

test('--write-diff replaces its own earlier file, removes it if there is no difference, and keeps files of other content', async () => {
  const { world } = await plantedWorld();
  const diff = join(world.workspace, 'env-fingerprint.diff');
  const check = async (GOFLAGS: string, code = 0) => {
    const run = await godrift(world, ['check', '--write-diff'], { GOFLAGS });
    expect(run.exitCode, run.stdout + run.stderr).toBe(code);
  };
  await check('-tags=x', 1);
  expect(readFileSync(diff, 'utf8')).toContain('+env.GOFLAGS=-tags\\=x\n');
  await check('-trimpath');
  expect(existsSync(diff)).toBe(false);
  for (const own of ['notes\n', '--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n']) {
    writeFileSync(diff, own);
    await check('-trimpath');
    // The file is not replaced even if there is a difference.
    await check('-tags=x', 2);
    expect(readFileSync(diff, 'utf8')).toBe(own);
  }
});
