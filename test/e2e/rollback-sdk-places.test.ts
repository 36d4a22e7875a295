/**
 * Locations at which a removed SDK is to be restored: behind a symlink, on a full or read-only disk, in a
 * directory of another user. An impossible restoration is refused before the download, and leaves no files.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { program } from '../lab/godrift.ts';
import { type LostSdk, makeLostSdk, rollBack } from '../lab/lost-sdk.ts';
import { missingMounts, mounts } from '../lab/namespaces.ts';
import { scratch } from '../lab/toolchains.ts';

/** Creates a folder outside of the home, as on another disk. */
const elsewhere = () => realpathSync(scratch('sdk-elsewhere'));

/** Expects that a rollback is refused, downloads nothing and leaves no files; returns its output. */
async function refusal(
  site: LostSdk,
  run: Promise<{ readonly stdout: string; readonly exitCode?: number }> = rollBack(site, '--yes'),
): Promise<string> {
  const { stdout, exitCode } = await run;
  expect(exitCode, stdout).toBe(1);
  expectNothing(site);
  return stdout;
}

function expectNothing({ world }: LostSdk): void {
  expect(existsSync(join(world.state, 'fetched'))).toBe(false);
  const kept = join(world.state, 'rollbacks');
  expect(existsSync(kept) ? readdirSync(kept) : []).toEqual([]);
}

/**
 * Runs the rollback in a private mount namespace that `script` sets up, and
 * lists the folder on stderr afterwards.
 */
const rollBackIn = ({ world, config }: LostSdk, script: string, listed: string) => {
  const [command = '', ...words] = 'unshare' in mounts ? mounts.unshare : [];
  const args = [program, 'rollback', '--facet', 'toolchain', '--yes', '--config.file', config];
  const line = `${script} && { "$0" "$@"; ended=$?; ls -A "${listed}" >&2; exit $ended; }`;
  return execa(command, [...words, 'sh', '-c', line, process.execPath, ...args], {
    cwd: world.workspace,
    env: world.env,
    extendEnv: false,
    reject: false,
  });
};

it('restoring an SDK is refused if ~/sdk became a symlink, or another user can write or owns it', async () => {
  const site = await makeLostSdk();
  await site.publish();
  const sdks = dirname(site.sdk);
  const other = elsewhere();
  rmSync(sdks, { recursive: true });
  symlinkSync(other, sdks);
  // go resolves symlinks, so GOROOT would differ from the approved one.
  expect(await refusal(site)).toContain(
    `${site.sdk} is gone, and ${sdks} leads to ${other} now: make it a directory again, or accept a baseline with an SDK that lies there`,
  );
  rmSync(sdks);
  symlinkSync('/nowhere/sdk', sdks);
  expect(await refusal(site)).toContain(
    `${sdks} is a link to /nowhere/sdk, which is no directory: create or mount it, or remove the link`,
  );
  rmSync(sdks);
  mkdirSync(sdks);
  chmodSync(sdks, 0o777);
  expect(await refusal(site)).toContain(`is reached by ${sdks}, which can be written by everybody`);
  if (process.getuid?.() === 0) {
    chmodSync(sdks, 0o755);
    chownSync(sdks, 65_534, 65_534);
    expect(await refusal(site)).toContain(`is reached by ${sdks}, which belongs to uid 65534`);
  }
  expect(readdirSync(sdks)).toEqual([]);
  expect(readdirSync(other)).toEqual([]);
});

it('an SDK is restored behind the symlink ~/sdk if the symlink existed when the SDK was approved', async () => {
  const other = elsewhere();
  const site = await makeLostSdk({ prepare: (home) => symlinkSync(other, join(home, 'sdk')) });
  await site.publish();
  const done = await rollBack(site, '--yes');
  expect(done.stdout).toContain(`make-tree  ${join(other, 'go1.21.13')}`);
  expect(done.stdout).toContain('applied and verified: 2 put back');
  // There was no previous content, so none is offered for restoring.
  expect(done.stdout).not.toContain('what was there before');
  expect(existsSync(join(other, 'go1.21.13/bin/go'))).toBe(true);
  expectNothing(site);
});

it.skipIf('missing' in mounts)(
  `restoring an SDK is refused on a read-only or full disk, and undone if the disk fills up meanwhile${missingMounts}`,
  async () => {
    const site = await makeLostSdk();
    await site.publish();
    const sdks = dirname(site.sdk);
    const mounted = (options: string) =>
      rollBackIn(site, `mount -t tmpfs -o mode=755,${options} tmpfs "${sdks}"`, sdks);
    expect(await refusal(site, mounted('ro'))).toContain(
      `refused  ${sdks} is mounted read-only: mount it writable, then try again`,
    );
    expect(await refusal(site, mounted('size=60m'))).toContain(
      `refused  ${sdks} has less than 320 MiB left: make room there`,
    );
    // Enough space, but too few inodes for all files.
    const full = await mounted('size=400m,nr_inodes=20');
    expect(full.stdout).toMatch(/undone: .*sdk\/go1\.21\.13: .*(?:disk|space)/);
    expect(full.exitCode).toBe(1);
    expect(full.stderr.trim()).toBe('');
    expectNothing(site);
    expect(readdirSync(sdks)).toEqual([]);
  },
);
