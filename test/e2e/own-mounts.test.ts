/**
 * Mounts that are read-only for godrift alone, as with systemd's ProtectSystem= or with read-only volumes,
 * and mounts that are read-only for everyone.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { makeWorld, program } from '../lab/godrift.ts';
import { missingMounts, mounts } from '../lab/namespaces.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const go = await ensureToolchain('1.27.4');
const readOnly = (name: string) =>
  `mount --bind "$1/${name}" "$1/${name}"; mount -o remount,bind,ro "$1/${name}"`;

test.skipIf('missing' in mounts).each([
  ['are not reported if the workspace is read-only too', ['src', 'scratch'], []],
  ['are reported if the workspace is writable', ['scratch'], ['cache-unwritable', 'gotmpdir-missing']],
])(`GOCACHE and TMPDIR on a read-only mount %s${missingMounts}`, async (_, names, told) => {
  if ('missing' in mounts) throw new Error(mounts.missing);
  const [unshare = '', ...options] = mounts.unshare;
  const world = makeWorld(go);
  for (const name of ['scratch/cache', 'scratch/tmp']) mkdirSync(join(world.home, name), { recursive: true });
  const script = `set -e; ${names.map(readOnly).join('; ')}; shift; exec "$@"`;
  const { stdout } = await execa(
    unshare,
    [...options, 'sh', '-c', script, 'sh', world.home, process.execPath, program, 'check', '--json'],
    {
      cwd: world.workspace,
      env: {
        ...world.env,
        GOCACHE: join(world.home, 'scratch/cache'),
        TMPDIR: join(world.home, 'scratch/tmp'),
      },
      extendEnv: false,
      reject: false,
    },
  );
  const rules = JSON.parse(stdout).findings.map(({ rule }: { readonly rule: string }) => rule);
  expect(rules.sort()).toEqual(told);
});

test.skipIf('missing' in mounts)(
  `GOCACHE on a file system that is read-only itself is reported even if the workspace is read-only${missingMounts}`,
  async () => {
    if ('missing' in mounts) throw new Error(mounts.missing);
    const [unshare = '', ...options] = mounts.unshare;
    const world = makeWorld(go);
    mkdirSync(join(world.home, 'scratch'));
    const script = `set -e; ${readOnly('src')}; mount -t tmpfs tmpfs "$1/scratch"; mkdir "$1/scratch/cache"; mount -o remount,ro "$1/scratch"; shift; exec "$@"`;
    const { stdout } = await execa(
      unshare,
      [...options, 'sh', '-c', script, 'sh', world.home, process.execPath, program, 'check', '--json'],
      {
        cwd: world.workspace,
        env: { ...world.env, GOCACHE: join(world.home, 'scratch/cache') },
        extendEnv: false,
        reject: false,
      },
    );
    expect(JSON.parse(stdout).findings).toMatchObject([{ rule: 'cache-unwritable' }]);
  },
);
