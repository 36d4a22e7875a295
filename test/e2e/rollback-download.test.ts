/**
 * `rollback.download`: if the configuration allows it, another go of this host downloads a removed SDK whose
 * zip is not in the module cache. Real releases, from a file:// proxy.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { goCommands } from '../../src/host/processes.ts';
import { requestSocket } from '../../src/host/socket-request.ts';
import { eventOf, journalDirectory, readJournal } from '../../src/store/journal.ts';
import { accept, goenvOf } from '../lab/accepted.ts';
import { eventually, godrift, patienceMs, program, seriesOf } from '../lab/godrift.ts';
import { type LostSdk, makeLostSdk, releaseOf, rollBack } from '../lab/lost-sdk.ts';
import { startsExporters } from '../lab/running.ts';

const start = startsExporters();
/** Returns the pid of the go that downloads into the state directory. */
const fetching = ({ world }: LostSdk) =>
  goCommands().find(({ environment }) =>
    environment.get('GOMODCACHE')?.startsWith(join(world.state, 'fetched/')),
  )?.pid;

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

it('--dry-run shows the download with the approved settings, and --yes restores the approved SDK, also after a kill', async () => {
  const site = await makeLostSdk({ isWhole: true });
  const { world, sdk, proxy, other } = site;
  await site.publish();
  // The drifted settings must have no effect.
  writeFileSync(goenvOf(world), 'GOPROXY=off\nGOFLAGS=-nosuchflag\n');
  const unasked = await godrift(world, ['rollback', '--facet', 'toolchain', '--dry-run']);
  expect(unasked.stdout).toMatch(
    /is gone, and its zip is not in the module cache: go install golang\.org\/dl\/go1\.21\.13@latest, then go1\.21\.13 download/,
  );
  const dry = await rollBack(site, '--dry-run');
  expect(dry.stdout).toMatch(/fetch-zip {2}.*\n.*now: {2}nothing\n.*approved digest sha256:[0-9a-f]{64}\n/);
  expect(dry.stdout).toContain(
    `runs: GOPROXY=file://${proxy} GOSUMDB=off GOAUTH=netrc ${other.go} mod download ${releaseOf('1.21.13')}`,
  );
  expect(dry.stdout).toMatch(/make-tree {2}.*sdk\/go1\.21\.13/);
  expect(dry.exitCode).toBe(0);
  expect(existsSync(join(world.state, 'fetched'))).toBe(false);
  expect(existsSync(sdk)).toBe(false);

  // godrift is killed during the download: its go keeps running until the next rollback ends it.
  site.stall();
  const args = ['rollback', '--facet', 'toolchain', '--config.file', site.config, '--yes'];
  const killed = spawn(process.execPath, [program, ...args], {
    cwd: world.workspace,
    env: world.env,
    stdio: 'ignore',
  });
  const left = await eventually('go', async () => fetching(site));
  killed.kill('SIGKILL');
  await new Promise((resolve) => killed.once('exit', resolve));
  expect(isAlive(left)).toBe(true);
  await site.publish();

  const done = await rollBack(site, '--yes');
  expect(done.stdout).toContain('applied and verified: 2 put back');
  expect(done.stderr).toContain('rollback of toolchain undone: it was interrupted');
  expect(done.exitCode).toBe(0);
  expect(isAlive(left)).toBe(false);
  expect(existsSync(join(world.state, 'fetched'))).toBe(false);
  expect(existsSync(join(world.home, 'go'))).toBe(false);
  const { GOFLAGS: _, ...env } = world.env;
  const clean = { ...env, GOENV: 'off' };
  expect(execFileSync(join(sdk, 'bin/go'), ['version'], { env: clean, encoding: 'utf8' })).toContain(
    'go1.21.13',
  );
  expect((await rollBack(site, '--dry-run')).stdout).toContain('nothing to put back');
  const told: { readonly kind?: string }[] = [];
  for await (const line of readJournal(journalDirectory(world.state))) {
    const event = eventOf(line);
    if (event.type === 'outcome' && event.operation === 'rollback' && event.result === 'applied')
      told.push(...event.parts);
  }
  expect(told.map(({ kind }) => kind)).toEqual(['fetch-zip', 'make-tree', undefined]);
  expect((await godrift(world, ['events', '--verify'])).exitCode).toBe(0);
});

it('a failed download changes nothing, and without another go on PATH only the repair by hand is named', async () => {
  const site = await makeLostSdk();
  const { world } = site;
  // The proxy does not have the release.
  const refused = await rollBack(site, '--yes');
  expect(refused.stdout).toMatch(/it cannot be fetched: .*no such file or directory/);
  expect(refused.exitCode).toBe(1);
  expect(existsSync(join(world.home, 'sdk/go1.21.13'))).toBe(false);
  expect(existsSync(join(world.state, 'fetched'))).toBe(false);
  const alone = { ...site, world: { ...world, env: { ...world.env, PATH: '/usr/bin:/bin' } } };
  const none = await rollBack(alone, '--dry-run');
  expect(none.stdout).toMatch(
    /cannot be fetched \(no other go of this host may be run for it\): go install golang\.org\/dl\/go1\.21\.13@latest/,
  );
});

it('--to downloads the release of that approval, unless it is below rollback.minimum_go', async () => {
  const site = await makeLostSdk();
  const { world, config, sdk } = site;
  await site.publish();
  const listed = await godrift(world, ['baseline', 'list', '--json', '--config.file', config]);
  const [{ id = '' } = {}] = JSON.parse(listed.stdout) as { readonly id?: string }[];
  await accept(world, 'go1.27.4 it is', '--config.file', config);
  expect((await rollBack(site, '--yes')).stdout).toContain('nothing to put back');
  const settings = readFileSync(config, 'utf8');
  writeFileSync(config, settings.replace('download: true', 'download: true\n  minimum_go: "1.24"'));
  const planned = await rollBack(site, '--dry-run', '--to', id);
  expect(planned.stdout).toContain(releaseOf('1.21.13'));
  expect(planned.stdout).toContain(
    'refused  floor: it would restore go1.21.13, and rollback.minimum_go is 1.24',
  );
  expect(planned.exitCode).toBe(1);
  const refused = await rollBack(site, '--yes', '--to', id);
  // The plan contains the refusal; it is not repeated at the end.
  expect(refused.stdout).toBe(planned.stdout);
  expect(refused.exitCode).toBe(1);
  expect(existsSync(sdk)).toBe(false);
  expect(existsSync(join(world.state, 'fetched'))).toBe(false);
  writeFileSync(config, settings);
  const done = await rollBack(site, '--yes', '--to', id);
  expect(done.stdout).toContain('applied and verified: 2 put back');
  expect(existsSync(join(sdk, 'bin/go'))).toBe(true);
});

it('mode approve starts the download only after approval, and the next exporter undoes it after a kill', async () => {
  const site = await makeLostSdk({ rollback: { mode: 'approve', download: true, cooldown: '0s' } });
  const { world, sdk, config } = site;
  site.stall();
  const exporter = await start(world, ['--config.file', config]);
  await eventually('the drift', async () =>
    seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'toolchain' }),
  );
  const ask = { target: 'default', facet: 'toolchain', trigger: 'alertmanager', key: 'alert 1' };
  const socket = join(world.state, 'admin.sock');
  const asked = await requestSocket(socket, 'POST', '/api/v1/rollbacks', ask, patienceMs);
  if (!asked.ok) throw new Error(asked.why);
  const { rollback: id = asked.body } = JSON.parse(asked.body) as { readonly rollback?: string };
  expect(fetching(site)).toBeUndefined();
  // The exporter is killed while go downloads; its next start undoes the rollback.
  const approved = godrift(world, ['approve', id, '--yes', '--config.file', config]);
  const left = await eventually('go', async () => fetching(site));
  await exporter.stop('SIGKILL');
  expect((await approved).exitCode).not.toBe(0);
  const again = await start(world, ['--config.file', config]);
  await eventually('the end of the remaining go', async () => !isAlive(left));
  await eventually('the undoing', async () =>
    (await godrift(world, ['events'])).stdout.includes('undone: it was interrupted'),
  );
  expect(existsSync(sdk)).toBe(false);
  expect(existsSync(join(world.state, 'fetched'))).toBe(false);
  await again.stop();
  expect(readFileSync(goenvOf(world), 'utf8')).toContain('GOPROXY=file://');
});
