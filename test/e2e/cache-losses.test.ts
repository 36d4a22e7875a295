/**
 * Lost cache entries: the exporter distinguishes go's own trim and clean from a replaced directory and from a
 * manual removal.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BuildSite, makeBuildSite } from '../lab/build-cache.ts';
import { type Exporter, eventually, seriesOf, startExporter } from '../lab/godrift.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const go127 = await ensureToolchain('1.27.4');
const causes = ['trim', 'clean', 'swap', 'removed'] as const;
type Cause = (typeof causes)[number];

const dayMs = 86_400_000;
const folders = (cache: string) => readdirSync(cache).filter((name) => /^[0-9a-f]{2}$/.test(name));

/** Ages many entries as if they had not been used for ten days. */
function age({ cache }: BuildSite): void {
  const old = new Date(Date.now() - 10 * dayMs);
  for (const folder of folders(cache).slice(0, 40))
    for (const name of readdirSync(join(cache, folder))) utimesSync(join(cache, folder, name), old, old);
}

/**
 * Triggers go's trim: at the end of a build, if the last trim is more than a day old, go removes entries that
 * were not used for five days (cmd/go/internal/cache, Trim).
 */
async function trim({ cache, go }: BuildSite): Promise<void> {
  writeFileSync(join(cache, 'trim.txt'), String(Math.floor((Date.now() - 2 * dayMs) / 1000)));
  expect((await go('build', './...')).exitCode).toBe(0);
}

async function clean({ go }: BuildSite): Promise<void> {
  expect((await go('clean', '-cache')).exitCode).toBe(0);
}

/** `go clean -cache` of a cache so large, or on a host so busy, that audit rounds end while it runs. */
async function cleanSlowly({ cache }: BuildSite): Promise<void> {
  for (const folder of folders(cache)) {
    rmSync(join(cache, folder), { recursive: true });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Replaces the directory under the same name, like a remounted volume or a retargeted link. */
async function swap({ cache, world }: BuildSite): Promise<void> {
  const elsewhere = join(world.home, 'other-cache');
  mkdirSync(join(elsewhere, '00'), { recursive: true });
  renameSync(cache, join(world.home, 'old-cache'));
  symlinkSync(elsewhere, cache);
}

async function remove({ cache }: BuildSite): Promise<void> {
  for (const folder of folders(cache).slice(0, 40)) rmSync(join(cache, folder), { recursive: true });
}

async function lossesOf(exporter: Exporter): Promise<readonly Cause[]> {
  const page = await exporter.metrics();
  return causes.filter(
    (cause) => (seriesOf(page, 'godrift_cache_last_loss_timestamp_seconds', { cause }) ?? 0) > 0,
  );
}

describe('lost cache entries', () => {
  it.each<[how: string, Cause, (site: BuildSite) => Promise<void>]>([
    ['removed by the trim of a build', 'trim', trim],
    ['removed by go clean', 'clean', clean],
    ['removed by a go clean that takes longer than an audit round', 'clean', cleanSlowly],
    ['gone because the directory was replaced', 'swap', swap],
    ['removed by hand', 'removed', remove],
  ])('%s are reported with the cause %s', async (_, cause, lose) => {
    const site = await makeBuildSite(go127);
    await site.build();
    age(site);
    const exporter = await startExporter(site.world, ['--interval', '200ms']);
    try {
      await eventually(
        'the first audit to be through',
        async () => seriesOf(await exporter.metrics(), 'godrift_cache_verified_ratio') === 1,
      );
      expect(await lossesOf(exporter)).toEqual([]);
      await lose(site);
      const told = await eventually('the loss on the page', async () => {
        const losses = await lossesOf(exporter);
        return losses.length > 0 && losses;
      });
      expect(told).toEqual([cause]);
      expect(seriesOf(await exporter.metrics(), 'godrift_cache_corrupt_outputs')).toBe(0);
    } finally {
      await exporter.stop();
    }
  });
});
