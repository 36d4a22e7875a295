/** Where an SDK that is gone is to be laid out again: behind a link, on a disk that is full or read-only, with somebody else's rights. What cannot be is refused before anything is fetched; nothing stays of it. */
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

/** A folder elsewhere, as on another disk. */
const elsewhere = () => realpathSync(scratch('sdk-elsewhere'));

/** What a rollback says that is refused, which fetches nothing and leaves nothing. */
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

/** The same, with mounts that this command alone sees; what is in a folder afterwards is listed on stderr. */
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

it('is refused where the way there leads elsewhere than it did, or is not this user alone', async () => {
  const site = await makeLostSdk();
  await site.publish();
  const sdks = dirname(site.sdk);
  const other = elsewhere();
  rmSync(sdks, { recursive: true });
  symlinkSync(other, sdks);
  // Go tells the real path: it would be another GOROOT than was approved.
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

it('is laid out on the other disk where ~/sdk led there when it was approved', async () => {
  const other = elsewhere();
  const site = await makeLostSdk({ prepare: (home) => symlinkSync(other, join(home, 'sdk')) });
  await site.publish();
  const done = await rollBack(site, '--yes');
  expect(done.stdout).toContain(`make-tree  ${join(other, 'go1.21.13')}`);
  expect(done.stdout).toContain('applied and verified: 2 put back');
  // Nothing stood there that a rollback could put back.
  expect(done.stdout).not.toContain('what was there before');
  expect(existsSync(join(other, 'go1.21.13/bin/go'))).toBe(true);
  expectNothing(site);
});

it.skipIf('missing' in mounts)(
  `is refused where that disk is read-only or has no room, and undone where it fills up on the way${missingMounts}`,
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
    // There is room, and no inodes for all the files.
    const full = await mounted('size=400m,nr_inodes=20');
    expect(full.stdout).toMatch(/undone: .*sdk\/go1\.21\.13: .*(?:disk|space)/);
    expect(full.exitCode).toBe(1);
    expect(full.stderr.trim()).toBe('');
    expectNothing(site);
    expect(readdirSync(sdks)).toEqual([]);
  },
);
