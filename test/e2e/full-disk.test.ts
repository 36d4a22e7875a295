/**
 * Changes that stat(2) does not reveal to a running exporter: the disk of the build cache fills up, becomes
 * read-only, and recovers.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Exporter, eventually, makeWorld, startExporter } from '../lab/godrift.ts';
import { missingMounts, mounts } from '../lab/namespaces.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const go = await ensureToolchain('1.27.4');
/** So long that the full observation, every 60 passes, is beyond the timeout of a test. */
const interval = '6s';

/** Starts an exporter whose GOCACHE is on a small disk in its own mount namespace. */
async function onSmallDisk(): Promise<{ exporter: Exporter; disk: string; inside: string }> {
  if ('missing' in mounts) throw new Error(mounts.missing);
  const world = makeWorld(go);
  const disk = join(world.home, 'disk');
  mkdirSync(disk);
  const script =
    'mount -t tmpfs -o size=8m tmpfs "$1" && mkdir "$1/cache" "$1/other" && for a in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do for b in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do mkdir "$1/cache/$a$b"; done; done && shift && exec "$@"';
  const exporter = await startExporter(world, ['--interval', interval], {
    wrap: [...mounts.unshare, 'sh', '-c', script, 'sh', disk],
    env: { GOCACHE: join(disk, 'cache') },
  });
  return { exporter, disk, inside: `/proc/${exporter.pid}/root${disk}` };
}

const isReported = async ({ metrics }: Exporter) => (await metrics()).includes('rule="cache-unwritable"');

test.skipIf('missing' in mounts)(
  `an exporter reports a full disk and a read-only one in the next pass, and their end${missingMounts}`,
  async () => {
    const { exporter, disk, inside } = await onSmallDisk();
    try {
      const ages = new Set<string>();
      // The first passes observe new files; later passes find everything unchanged.
      await eventually('some passes', async () => {
        ages.add(
          /^godrift_collector_last_success_timestamp_seconds\{[^}]*"cache"[^}]*\} (.*)$/m.exec(
            await exporter.metrics(),
          )?.[1] ?? '',
        );
        return ages.size > 4;
      });
      expect(await isReported(exporter)).toBe(false);
      // In a folder that the collectors do not look at.
      const ballast = join(inside, 'other/ballast');
      expect(() => writeFileSync(ballast, new Uint8Array(16 << 20))).toThrow('ENOSPC');
      await eventually('the full disk to be reported', () => isReported(exporter));
      rmSync(ballast);
      await eventually('the end of the full disk', async () => !(await isReported(exporter)));
      const remount = (mode: string) =>
        spawnSync('nsenter', [`--mount=/proc/${exporter.pid}/ns/mnt`, 'mount', '-o', `remount,${mode}`, disk])
          .status;
      if (remount('ro') !== 0) return; // as an ordinary user, whose namespace nobody may enter
      await eventually('the read-only disk to be reported', () => isReported(exporter));
      expect(remount('rw')).toBe(0);
      await eventually('the end of the read-only disk', async () => !(await isReported(exporter)));
    } finally {
      await exporter.stop('SIGKILL');
    }
  },
);
