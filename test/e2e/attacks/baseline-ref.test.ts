/**
 * `check --baseline-ref`: symlinks, submodules and tags of a pull request
 * do not change which baseline is used.
 */
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { execa, execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { godrift, makeWorld, program, type World } from '../../lab/godrift.ts';
import { ensureToolchain } from '../../lab/toolchains.ts';

const go = await ensureToolchain('1.26.0');
const evil = { GOFLAGS: '-trimpath' };
const gomod = 'module example.com/app\n\ngo 1.21\n';
const snapshot = '.godrift.snapshot';

function git(directory: string, ...args: readonly string[]): string {
  const fixed = ['user.name=x', 'user.email=x@example.com', 'protocol.file.allow=always'];
  return execaSync('git', [...fixed.flatMap((one) => ['-c', one]), ...args], {
    cwd: directory,
    env: { HOME: directory, PATH: '/usr/bin:/bin', GIT_CONFIG_NOSYSTEM: '1' },
    extendEnv: false,
  }).stdout;
}

function commitAll(directory: string): void {
  git(directory, 'init', '-q', '-b', 'main');
  git(directory, 'add', '-A');
  git(directory, 'commit', '-q', '-m', 'x');
}

/**
 * A checkout with a Go workspace in `svc/api` and its committed baseline; `origin/main` is the target branch
 * of a pull request.
 */
async function checkout(): Promise<World> {
  const world = makeWorld(go, { 'svc/api/go.mod': gomod });
  const { stdout } = await godrift(world, ['snapshot', '--portable', 'svc/api']);
  writeFileSync(join(world.workspace, 'svc/api', snapshot), stdout);
  commitAll(world.workspace);
  git(world.workspace, 'update-ref', 'refs/remotes/origin/main', 'HEAD');
  return world;
}

/**
 * Runs the check in an environment that differs from the committed baseline: an exit code of 0 means that the
 * baseline was evaded.
 */
const check = (world: World, directory = 'svc/api', env: Readonly<Record<string, string>> = {}) =>
  godrift(world, ['check', '--baseline-ref', 'origin/main', directory], { ...evil, ...env });

/** A repository of the author whose committed baseline contains the changed environment. */
async function ownRepository(world: World): Promise<string> {
  const own = join(world.home, 'own');
  mkdirSync(own);
  writeFileSync(join(own, 'go.mod'), gomod);
  const { stdout } = await godrift(world, ['snapshot', '--portable', own], evil);
  writeFileSync(join(own, snapshot), stdout);
  commitAll(own);
  return own;
}

describe('the baseline of the target branch', () => {
  it.each([
    ['the directory itself', 'svc/api', 'svc/other'],
    ['a directory above it', 'svc', 'services'],
  ])(
    'is found by the directory name if the pull request replaced %s by a symlink',
    async (_, name, elsewhere) => {
      const world = await checkout();
      expect((await check(world)).exitCode).toBe(1);
      renameSync(join(world.workspace, name), join(world.workspace, elsewhere));
      symlinkSync(join(world.workspace, elsewhere), join(world.workspace, name));
      rmSync(join(world.workspace, 'svc/api', snapshot));
      const { exitCode, stdout } = await check(world);
      expect(stdout).toContain('baseline-edited');
      expect(exitCode).toBe(1);
      // The same from inside the directory: PWD has the name by which the shell entered it.
      const within = await execa(
        '/bin/bash',
        ['-c', 'cd svc/api && "$@"', '-', process.execPath, program].concat([
          'check',
          '--baseline-ref',
          'origin/main',
        ]),
        {
          cwd: world.workspace,
          env: { ...world.env, ...evil },
          extendEnv: false,
          reject: false,
        },
      );
      expect([within.exitCode, within.stderr]).toEqual([1, '']);
    },
  );

  it('is found through a symlink that the branch itself has', async () => {
    const world = await checkout();
    symlinkSync('svc/api', join(world.workspace, 'link'));
    git(world.workspace, 'add', '-A');
    git(world.workspace, 'commit', '-q', '-m', 'link');
    git(world.workspace, 'update-ref', 'refs/remotes/origin/main', 'HEAD');
    const { exitCode, stdout } = await check(world, 'link');
    expect(stdout).not.toContain('baseline-edited');
    expect(exitCode).toBe(1);
  });

  it('is that of the checkout if the directory became a submodule; the output names the repository', async () => {
    const world = await checkout();
    const own = await ownRepository(world);
    git(world.workspace, 'rm', '-rq', 'svc/api');
    git(world.workspace, 'submodule', '--quiet', 'add', own, 'svc/api');
    git(world.workspace, 'commit', '-q', '-m', 'pull request');
    const sub = join(world.workspace, 'svc/api');
    expect(git(sub, 'rev-parse', 'origin/main')).not.toBe(git(world.workspace, 'rev-parse', 'origin/main'));
    const { exitCode, stdout } = await check(world);
    expect(stdout).toContain(`of origin/main in ${world.workspace}`);
    expect(exitCode).toBe(1);
    const ofCi = await godrift({ ...world, workspace: sub }, ['check', '--baseline-ref', 'origin/main'], {
      ...evil,
      GITHUB_WORKSPACE: world.workspace,
      PWD: sub,
    });
    expect(ofCi.exitCode).toBe(1);
    // From inside and without variables of CI, the files of git show the superproject.
    const within = await godrift(
      { ...world, workspace: sub },
      ['check', '--baseline-ref', 'origin/main'],
      evil,
    );
    expect(within.exitCode).toBe(1);
    // If the branch itself has a submodule there, its baseline is in another repository.
    const head = await godrift(world, ['check', '--baseline-ref', 'HEAD', 'svc/api'], evil);
    expect([head.exitCode, head.stdout]).toEqual([2, '']);
    expect(head.stderr).toMatch(/svc\/api is a submodule there, whose files are in another repository; /);
  });

  it('is refused behind a symlink to another repository of the host', async () => {
    const world = await checkout();
    const own = await ownRepository(world);
    git(own, 'update-ref', 'refs/remotes/origin/main', 'HEAD');
    rmSync(join(world.workspace, 'svc/api'), { recursive: true });
    symlinkSync(own, join(world.workspace, 'svc/api'));
    expect((await check(world)).exitCode).toBe(1);
    const named = { ...world, workspace: dirname(world.workspace) };
    const { exitCode, stderr } = await check(named, 'app/svc/api');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('is a link from one repository to another');
  });

  it('is refused if a tag of the same name differs from the branch', async () => {
    const world = await checkout();
    git(world.workspace, 'tag', 'origin/main');
    expect((await check(world)).exitCode).toBe(1);
    appendFileSync(join(world.workspace, 'svc/api', snapshot), 'tools.x=1\n');
    git(world.workspace, 'commit', '-qam', 'x');
    git(world.workspace, 'tag', '-f', 'origin/main');
    const { exitCode, stdout, stderr } = await check(world);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /ambiguous, as it means refs\/tags\/origin\/main and refs\/remotes\/origin\/main; write the whole name, such as refs\/remotes\/origin\/main\n$/,
    );
    const whole = ['check', '--baseline-ref', 'refs/remotes/origin/main', 'svc/api'];
    expect((await godrift(world, whole, evil)).exitCode).toBe(1);
  });

  it('is found in a repository with a huge git config and 500 alternates', async () => {
    const world = await checkout();
    const config = join(world.workspace, '.git/config');
    writeFileSync(config, `${readFileSync(config, 'utf8')}${'\n'.repeat(900_000)}`);
    const objects = join(world.workspace, '.git/objects');
    mkdirSync(join(objects, 'info'), { recursive: true });
    const lines = Array.from({ length: 500 }, (_, index) => `${objects}${'/.'.repeat(index % 50)}\n`);
    writeFileSync(join(objects, 'info/alternates'), lines.join(''));
    expect((await check(world)).exitCode).toBe(1);
  });
});
