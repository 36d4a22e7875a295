/**
 * A temporary directory mounted noexec, as on hardened hosts: what the real go does, and what godrift
 * reports.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { sharedBuildCache } from '../lab/build-cache.ts';
import { makeWorld, program } from '../lab/godrift.ts';
import { missingMounts, mounts } from '../lab/namespaces.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const go127 = await ensureToolchain('1.27.4');

test.skipIf('missing' in mounts).each(['GOTMPDIR', 'TMPDIR'])(
  `%s on a noexec file system is reported as gotmpdir-noexec: go build passes there, go test fails${missingMounts}`,
  async (name) => {
    if ('missing' in mounts) throw new Error(mounts.missing);
    const [unshare = '', ...options] = mounts.unshare;
    const world = makeWorld(go127);
    const hard = join(world.home, 'hard');
    mkdirSync(hard);
    writeFileSync(
      join(world.workspace, 'a_test.go'),
      'package main\n\nimport "testing"\n\nfunc TestA(*testing.T) {}\n',
    );
    writeFileSync(join(world.workspace, 'main.go'), 'package main\n\nfunc main() {}\n');
    const script = 'mount -t tmpfs -o noexec tmpfs "$1" && shift && exec "$@"';
    const inside = (words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
      execa(unshare, [...options, 'sh', '-c', script, 'sh', hard, ...words], {
        cwd: world.workspace,
        env: { ...world.env, ...env, [name]: hard },
        extendEnv: false,
        reject: false,
      });
    const go = (...words: string[]) => inside(['go', ...words], { GOCACHE: sharedBuildCache() });
    const built = await go('build', '-o', join(world.home, 'a'), '.');
    expect(built.exitCode, built.stderr).toBe(0);
    const tested = await go('test', './...');
    expect(tested.exitCode).not.toBe(0);
    expect(`${tested.stdout}${tested.stderr}`).toContain('permission denied');
    const check = await inside([process.execPath, program, 'check', '--json']);
    expect(JSON.parse(check.stdout).findings).toMatchObject([
      { rule: 'gotmpdir-noexec', level: 'minor', key: `env.${name}` },
    ]);
    // Outside the mount namespace there is no finding.
    const plain = await execa(process.execPath, [program, 'check', '--json'], {
      cwd: world.workspace,
      env: { ...world.env, [name]: hard },
      extendEnv: false,
      reject: false,
    });
    expect(JSON.parse(plain.stdout).findings).toEqual([]);
  },
);
