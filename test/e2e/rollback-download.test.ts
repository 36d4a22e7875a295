/** `rollback.download`: an SDK that is gone, and has no zip in the module cache, is fetched by another go of this host where the configuration allows it. Real releases, from a proxy of files. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { goCommands } from '../../src/host/processes.ts';
import { requestSocket } from '../../src/host/socket-request.ts';
import { eventOf, journalDirectory, readJournal } from '../../src/store/journal.ts';
import { accept, goenvOf } from '../lab/accepted.ts';
import { eventually, godrift, makeWorld, patienceMs, program, seriesOf, type World } from '../lab/godrift.ts';
import { startsExporters } from '../lab/running.ts';
import { cloneToolchain, ensureToolchain } from '../lab/toolchains.ts';

const start = startsExporters();
const release = 'golang.org/toolchain@v0.0.1-go1.21.13.linux-amd64';

/** A world that was accepted with go1.21.13 in `~/sdk` and go1.27.4 behind it on PATH, and whose SDK is gone since. The proxy that its approved GOENV names has the release. */
async function makeSite(rollback: object = { download: true }) {
  const shared = await ensureToolchain('1.21.13');
  const other = await ensureToolchain('1.27.4');
  const made = makeWorld(undefined, { 'go.mod': 'module example.com/app\n\ngo 1.21\n' });
  const sdk = join(made.home, 'sdk/go1.21.13');
  await cloneToolchain('1.21.13', sdk);
  const proxy = join(made.home, 'proxy');
  const [, version = ''] = release.split('@');
  const base = join(proxy, 'golang.org/toolchain/@v', version);
  mkdirSync(dirname(base), { recursive: true });
  writeFileSync(`${base}.info`, JSON.stringify({ Version: version, Time: '2024-01-01T00:00:00Z' }));
  writeFileSync(`${base}.mod`, 'module golang.org/toolchain\n');
  const kept = join(dirname(dirname(shared.goroot)), `cache/download/golang.org/toolchain/@v/${version}.zip`);
  const publish = async () => {
    rmSync(`${base}.zip`, { force: true });
    try {
      linkSync(kept, `${base}.zip`);
    } catch {
      await copyFile(kept, `${base}.zip`);
    }
  };
  /** The zip cannot be read to its end: an opening of it waits. */
  const stall = () => {
    rmSync(`${base}.zip`, { force: true });
    execFileSync('mkfifo', [`${base}.zip`]);
  };
  const world: World = {
    ...made,
    env: {
      ...made.env,
      GOTOOLCHAIN: 'local',
      PATH: `${sdk}/bin:${dirname(other.go)}:/usr/bin:/bin`,
    },
  };
  mkdirSync(dirname(goenvOf(world)), { recursive: true });
  writeFileSync(goenvOf(world), `GOPROXY=file://${proxy}\nGOSUMDB=off\n`);
  const config = join(world.home, 'godrift.yml');
  writeFileSync(config, stringify({ targets: [{ name: 'default', workspace: world.workspace }], rollback }));
  await accept(world, 'all well', '--config.file', config);
  rmSync(sdk, { recursive: true });
  return { world, config, sdk, proxy, zip: `${base}.zip`, publish, stall, other };
}

type Site = Awaited<ReturnType<typeof makeSite>>;

const rollback = ({ world, config }: Pick<Site, 'world' | 'config'>, ...args: string[]) =>
  godrift(world, ['rollback', '--facet', 'toolchain', '--config.file', config, ...args]);

/** The pid of the go that fetches into a state directory. */
const fetching = ({ world }: Site) =>
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

it('says what it would fetch, with the settings that were approved, and lays out what was approved', async () => {
  const site = await makeSite();
  const { world, sdk, proxy, other } = site;
  await site.publish();
  // What the environment has become has no say.
  writeFileSync(goenvOf(world), 'GOPROXY=off\nGOFLAGS=-nosuchflag\n');
  const unasked = await godrift(world, ['rollback', '--facet', 'toolchain', '--dry-run']);
  expect(unasked.stdout).toMatch(
    /is gone, and its zip is not in the module cache: go install golang\.org\/dl\/go1\.21\.13@latest, then go1\.21\.13 download/,
  );
  const dry = await rollback(site, '--dry-run');
  expect(dry.stdout).toMatch(/fetch-zip {2}.*\n.*now: {2}nothing\n.*approved digest sha256:[0-9a-f]{64}\n/);
  expect(dry.stdout).toContain(
    `runs: GOPROXY=file://${proxy} GOSUMDB=off GOAUTH=netrc ${other.go} mod download ${release}`,
  );
  expect(dry.stdout).toMatch(/make-tree {2}.*sdk\/go1\.21\.13/);
  expect(dry.exitCode).toBe(0);
  expect(existsSync(join(world.state, 'fetched'))).toBe(false);
  expect(existsSync(sdk)).toBe(false);

  // Killed in the middle: the go that it started is left, until the next one comes.
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

  const done = await rollback(site, '--yes');
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
  expect((await rollback(site, '--dry-run')).stdout).toContain('nothing to put back');
  const told: { readonly kind?: string }[] = [];
  for await (const line of readJournal(journalDirectory(world.state))) {
    const event = eventOf(line);
    if (event.type === 'outcome' && event.operation === 'rollback' && event.result === 'applied')
      told.push(...event.parts);
  }
  expect(told.map(({ kind }) => kind)).toEqual(['fetch-zip', 'make-tree', undefined]);
  expect((await godrift(world, ['events', '--verify'])).exitCode).toBe(0);
});

it('leaves all as it was where it cannot be had, and names no other way than by hand where no other go is there', async () => {
  const site = await makeSite();
  const { world } = site;
  // Nobody has published it.
  const refused = await rollback(site, '--yes');
  expect(refused.stdout).toMatch(/it cannot be fetched: .*no such file or directory/);
  expect(refused.exitCode).toBe(1);
  expect(existsSync(join(world.home, 'sdk/go1.21.13'))).toBe(false);
  expect(existsSync(join(world.state, 'fetched'))).toBe(false);
  const alone = { ...site, world: { ...world, env: { ...world.env, PATH: '/usr/bin:/bin' } } };
  const none = await rollback(alone, '--dry-run');
  expect(none.stdout).toMatch(
    /cannot be fetched \(no other go of this host may be run for it\): go install golang\.org\/dl\/go1\.21\.13@latest/,
  );
});

it('waits for a person where the configuration says so, and the plan that was shown is the one that runs', async () => {
  const site = await makeSite({ mode: 'approve', download: true, cooldown: '0s' });
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
  // The exporter is killed while go fetches; its next start undoes that.
  const approved = godrift(world, ['approve', id, '--yes', '--config.file', config]);
  const left = await eventually('go', async () => fetching(site));
  await exporter.stop('SIGKILL');
  expect((await approved).exitCode).not.toBe(0);
  const again = await start(world, ['--config.file', config]);
  await eventually('the end of the go that was left', async () => !isAlive(left));
  await eventually('the undoing', async () =>
    (await godrift(world, ['events'])).stdout.includes('undone: it was interrupted'),
  );
  expect(existsSync(sdk)).toBe(false);
  expect(existsSync(join(world.state, 'fetched'))).toBe(false);
  await again.stop();
  expect(readFileSync(goenvOf(world), 'utf8')).toContain('GOPROXY=file://');
});
