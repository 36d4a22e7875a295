/**
 * An exporter in mode auto restores a removed SDK from a module proxy, or fails to download it. A real go
 * does the download, and the restored go is run afterwards.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { JournalEvent } from '../../src/drift/events.ts';
import { requestSocket } from '../../src/host/socket-request.ts';
import { eventOf, journalDirectory, readJournal } from '../../src/store/journal.ts';
import { type Exporter, eventually, godrift, patienceMs, seriesOf } from '../lab/godrift.ts';
import { type LosingSdk, type LostSdk, makeLostSdk } from '../lab/lost-sdk.ts';
import { startsExporters } from '../lab/running.ts';

const start = startsExporters();

const auto = {
  mode: 'auto',
  download: true,
  allow: [{ target: 'default', facets: ['toolchain'] }],
  cooldown: '0s',
  quarantine: '0s',
};

/** Starts an exporter after the SDK was removed, and waits until it reports the drift. */
async function scene(losing: LosingSdk, isPublished: boolean) {
  const site = await makeLostSdk(losing);
  if (isPublished) await site.publish();
  const exporter = await start(site.world, ['--config.file', site.config]);
  await level(exporter, 2);
  return { site, exporter };
}

const level = (exporter: Exporter, wanted: number) =>
  eventually(
    `drift level ${wanted}`,
    async () => seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'toolchain' }) === wanted,
  );

const rollbacks = async (exporter: Exporter, result: string) =>
  seriesOf(await exporter.metrics(), 'godrift_rollbacks_total', { facet: 'toolchain', result });

async function ask({ world }: LostSdk, key: string): Promise<{ decision: string; why: string }> {
  const body = { target: 'default', facet: 'toolchain', trigger: 'alertmanager', key };
  const asked = await requestSocket(
    join(world.state, 'admin.sock'),
    'POST',
    '/api/v1/rollbacks',
    body,
    patienceMs,
  );
  if (!asked.ok) throw new Error(asked.why);
  return JSON.parse(asked.body) as { decision: string; why: string };
}

async function told({ world }: LostSdk): Promise<readonly JournalEvent[]> {
  const events: JournalEvent[] = [];
  for await (const line of readJournal(journalDirectory(world.state))) events.push(eventOf(line));
  return events;
}

/** Expects that none of the temporary files of a rollback are left. */
function expectNothingKept({ world }: LostSdk): void {
  expect(existsSync(join(world.state, 'fetched'))).toBe(false);
  expect(readdirSync(join(world.state, 'rollbacks'))).toEqual([]);
  expect(existsSync(join(world.home, 'go'))).toBe(false);
}

it('mode auto downloads and restores a removed SDK, verified, in one trace with the drift', async () => {
  const { site, exporter } = await scene({ rollback: auto }, true);
  const { world, sdk } = site;
  expect(await ask(site, 'alert 1')).toMatchObject({ decision: 'accepted' });
  await level(exporter, 0);
  await eventually('the count', async () => (await rollbacks(exporter, 'applied')) === 1);
  const version = execFileSync(join(sdk, 'bin/go'), ['version'], {
    env: { ...world.env, GOENV: 'off' },
    encoding: 'utf8',
  });
  expect(version).toContain('go1.21.13');
  expectNothingKept(site);
  const events = await told(site);
  const outcome = events.find((event) => event.type === 'outcome');
  expect(outcome).toMatchObject({
    result: 'applied',
    mode: 'auto',
    parts: [{ kind: 'fetch-zip' }, { kind: 'make-tree' }, { part: 'verify' }],
  });
  const traces = events.flatMap((event) =>
    event.type === 'drift' || event.type === 'intent' || event.type === 'outcome' || event.type === 'resolved'
      ? ['trace_id' in event ? event.trace_id : undefined]
      : [],
  );
  expect(traces.length).toBeGreaterThanOrEqual(4);
  expect(new Set(traces).size).toBe(1);
  const story = await godrift(world, ['events', '--trace', traces[0] ?? '']);
  expect(story.stdout).toMatch(/fetch-zip[\s\S]*make-tree[\s\S]*verif/);
  expect((await godrift(world, ['events', '--verify'])).exitCode).toBe(0);
});

it('a failed download is tried once, reported with the error of go, and quarantined until a user releases it', async () => {
  const { site, exporter } = await scene({ rollback: { ...auto, quarantine: '1h' } }, false);
  const { world } = site;
  const first = await ask(site, 'alert 1');
  expect(JSON.stringify(first)).toMatch(/cannot be fetched: .*no such file or directory/);
  expect(existsSync(join(world.home, 'sdk/go1.21.13'))).toBe(false);
  expectNothingKept(site);
  const second = await ask(site, 'alert 2');
  expect(second).toMatchObject({ decision: 'refused', why: expect.stringContaining('quarantine: ') });
  expect(second.why).toContain('godrift rollback release --target default --facet toolchain');
  await eventually('the counts', async () => {
    const [undone, refused] = [await rollbacks(exporter, 'undone'), await rollbacks(exporter, 'refused')];
    return undone === 1 && refused === 1;
  });
  // From now on the proxy has the release.
  await site.publish();
  const release = ['rollback', 'release', '--target', 'default', '--facet', 'toolchain'];
  expect((await godrift(world, [...release, '--config.file', site.config])).exitCode).toBe(0);
  expect(await ask(site, 'alert 3')).toMatchObject({ decision: 'accepted' });
  await level(exporter, 0);
  expectNothingKept(site);
});

it('an unconfirmed restored SDK stays, and the refusal says that it has to be removed by hand', async () => {
  const { site, exporter } = await scene({ rollback: auto, target: { confirm_within: '1s' } }, true);
  const { sdk } = site;
  expect(await ask(site, 'alert 1')).toMatchObject({ decision: 'accepted' });
  const refusal = await eventually('the deadline of the confirmation', async () =>
    (await told(site)).find((event) => event.type === 'refusal'),
  );
  expect(refusal).toMatchObject({
    trigger: 'unconfirmed',
    refusals: [
      `${sdk} stays as the rollback created it, because no copy of the previous content is kept: remove by hand what you do not want`,
    ],
  });
  expect(existsSync(join(sdk, 'bin/go'))).toBe(true);
  await level(exporter, 0);
  expect((await godrift(site.world, ['approvals'])).stdout).toBe('nothing waits\n');
});
