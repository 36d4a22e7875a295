/**
 * `godrift serve` as users run it: with broken environments, restarts and faults. Each has a defined result
 * and none stops the loop.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Exporter,
  eventually,
  godrift,
  makeWorld,
  program,
  seriesOf,
  startExporter,
  type World,
} from '../lab/godrift.ts';
import { freePorts } from '../lab/ports.ts';
import { replaceFile } from '../lab/replace-file.ts';
import { ensureServer } from '../lab/servers.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const go126 = await ensureToolchain('1.26.0');
const go127 = await ensureToolchain('1.27.4');
const running: Exporter[] = [];

async function start(
  world: World,
  args: readonly string[] = ['--interval', '300ms'],
  options: Parameters<typeof startExporter>[2] = {},
): Promise<Exporter> {
  const exporter = await startExporter(world, args, options);
  running.push(exporter);
  return exporter;
}

afterEach(async () => {
  for (const exporter of running.splice(0)) await exporter.stop();
});

const learned = (exporter: Exporter) =>
  eventually('a learned baseline', async () => (await exporter.metrics()).includes('kind="learned"'));

function goenv(world: World, text: string): string {
  const file = join(world.home, '.config/go/env');
  mkdirSync(join(world.home, '.config/go'), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** Runs promtool; returns its exit code and its output. */
async function promtool(args: readonly string[], input = ''): Promise<readonly [number | undefined, string]> {
  const run = await execa(await ensureServer('promtool'), args, { input, reject: false });
  return [run.exitCode, run.stdout + run.stderr];
}

describe('serve', () => {
  it('observes the target host without a configuration and a go.mod', async () => {
    const world = makeWorld(go127);
    const exporter = await start({ ...world, workspace: world.home });
    const page = await exporter.metrics();
    expect(
      seriesOf(page, 'godrift_target_info', { target: 'host', workspace: '', environment_source: 'self' }),
    ).toBe(1);
    expect(seriesOf(page, 'godrift_toolchain_info', { target: 'host', version: '1.27.4' })).toBe(1);
  });

  it('reports why a target cannot be read, in the log and in godrift targets, and when it can be read again', async () => {
    const world = makeWorld(go127);
    const published = join(world.home, 'api.env');
    const config = join(world.home, 'godrift.yml');
    const { workspace } = world;
    const targets = [
      { name: 'typo', workspace: join(world.home, 'none') },
      { name: 'api', workspace, environment: { from: 'file', path: published } },
    ];
    writeFileSync(config, JSON.stringify({ targets }));
    const exporter = await start(world, ['--config.file', config, '--interval', '200ms']);
    const said = (text: RegExp) => eventually(`${text} in the log`, async () => text.test(exporter.output()));
    await said(
      /target=typo reason=workspace-absent why="the workspace is gone" msg="the target cannot be read"/,
    );
    await said(/target=api reason=absent .*msg="the target cannot be read"/);
    expect(exporter.output()).not.toMatch(/msg=observed|no go was found/);
    const { stdout } = await godrift(world, ['targets']);
    expect(stdout).toMatch(/^typo {2}unreadable {2}workspace-absent {2}/m);
    const documents = JSON.parse((await godrift(world, ['targets', '--json'])).stdout);
    expect(documents).toMatchObject([{ unreadable: 'workspace-absent' }, { unreadable: 'absent' }]);
    writeFileSync(published, `PATH=${world.env['PATH']}\0HOME=${world.home}\0`);
    await said(/target=api msg="the target can be read again"/);
    expect((await godrift(world, ['targets'])).stdout).toMatch(/^api {3}(?!unreadable)/m);
  });

  it('agrees with go for a target without a process environment, and uses the defaults of go for one without PATH', async () => {
    const world = makeWorld(go127);
    const published = join(world.home, 'api.env');
    const config = join(world.home, 'godrift.yml');
    const [workspace, go] = [world.workspace, join(go127.goroot, 'bin/go')];
    const targets = [
      { name: 'files', workspace, go, environment: 'none' },
      { name: 'bare', workspace, go, environment: { from: 'file', path: published } },
    ];
    writeFileSync(published, `HOME=${world.home}\0`);
    writeFileSync(config, JSON.stringify({ targets }));
    const exporter = await start(world, ['--config.file', config]);
    const page = await exporter.metrics();
    const disagreements = seriesOf(page, 'godrift_env_disagreements', { target: 'files' });
    expect(disagreements, exporter.output()).toBe(0);
    const off = { target: 'bare', name: 'CGO_ENABLED', value: '0', origin: 'default' };
    expect(seriesOf(page, 'godrift_env_info', off)).toBe(1);
  });

  it('starts without a Go on PATH and reports go-missing', async () => {
    const world = makeWorld(undefined);
    const exporter = await start({ ...world, env: { ...world.env, PATH: join(world.home, 'none') } });
    const page = await exporter.metrics();
    expect(seriesOf(page, 'godrift_conflict_info', { rule: 'go-missing', level: 'major' })).toBe(1);
    expect(page).not.toContain('godrift_toolchain_info{');
    await eventually('the log line', async () => exporter.output().includes('no go on PATH'));
  });

  it('serves a page that promtool accepts, plain and gzipped, and answers other methods and paths correctly', async () => {
    const world = makeWorld(go127, {
      'go.mod': 'module example.com/app\n\ngo 1.21\n',
      '.go-version': '1.26\n',
      '.godrift.yml': 'required: [GOPRIVATE]\n',
    });
    const exporter = await start(world, ['--interval', '1h'], { env: { GOFLAGS: '-mod=mod' } });
    const page = await exporter.metrics();
    expect(await promtool(['check', 'metrics'], page)).toEqual([0, '']);
    expect(page.split('\n').filter((line) => line.includes('target="default"')).length).toBeLessThanOrEqual(
      150,
    );
    const packed = await new Promise<Buffer>((resolve, reject) => {
      const socket = net.connect(exporter.port, '127.0.0.1', () =>
        socket.write('GET /metrics HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n'),
      );
      const chunks: Buffer[] = [];
      socket
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () => resolve(Buffer.concat(chunks)))
        .on('error', reject);
    });
    const body = gunzipSync(packed.subarray(packed.indexOf('\r\n\r\n') + 4)).toString();
    expect(body).toContain('godrift_target_info{target="default"');
    const head = await fetch(`${exporter.url}/metrics`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await fetch(`${exporter.url}/metrics`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${exporter.url}/nothing`)).status).toBe(404);
    expect(await (await fetch(exporter.url)).text()).toContain('pin-go-version');
  });

  it('keeps its page in a file that promtool finds nothing in, readable for node_exporter, until it stops', async () => {
    const world = makeWorld(go127);
    const file = join(world.home, 'godrift.prom');
    const exporter = await start(world, ['--interval', '300ms', '--textfile', world.home]);
    await eventually('the file', async () => existsSync(file));
    expect(statSync(file).mode & 0o777).toBe(0o644);
    const page = readFileSync(file, 'utf8');
    expect(seriesOf(page, 'godrift_toolchain_info', { target: 'default', version: '1.27.4' })).toBe(1);
    expect(seriesOf(page, 'godrift_state_directory_writable')).toBe(1);
    expect(await promtool(['check', 'metrics'], page)).toEqual([0, '']);
    goenv(world, 'GOFLAGS=-mod=mod\n');
    await eventually('the change', async () =>
      readFileSync(file, 'utf8').includes('rule="goflags-rewrites-gomod"'),
    );
    expect(await exporter.stop()).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  it('--textfile replaces and removes no file of other content', async () => {
    const world = makeWorld(go127);
    const file = join(world.home, 'notes.txt');
    writeFileSync(file, 'precious\n');
    const exporter = await start(world, ['--interval', '300ms', '--textfile', file]);
    await eventually('the log line', async () =>
      exporter.output().includes('it holds something else than what godrift writes there'),
    );
    expect(await exporter.stop()).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('precious\n');
    const check = await godrift(world, ['check', '--textfile', file, '--quiet']);
    expect([check.exitCode, check.stderr]).toEqual([
      2,
      expect.stringContaining('it holds something else than what godrift writes there'),
    ]);
    expect(readFileSync(file, 'utf8')).toBe('precious\n');
  });

  it('has a page for one target, and the configuration that the docs give for it is one of Prometheus', async () => {
    const world = makeWorld(go127);
    const exporter = await start(world);
    const page = await (await fetch(`${exporter.url}/probe?target=default`)).text();
    expect(seriesOf(page, 'godrift_probe_success')).toBe(1);
    expect(await promtool(['check', 'metrics'], page)).toEqual([0, '']);
    expect((await fetch(`${exporter.url}/probe?target=nobody`)).status).toBe(404);
    const docs = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8');
    const [, example = ''] = /## One target a scrape[\s\S]*?```yaml\n([\s\S]*?)```/.exec(docs) ?? [];
    expect(example).toContain('metrics_path: /probe');
    const file = join(world.home, 'prometheus.yml');
    writeFileSync(file, example);
    const [code] = await promtool(['check', 'config', file]);
    expect(code).toBe(0);
  });

  it('has a page of some collectors, and does not run those that are disabled', async () => {
    const world = makeWorld(go127);
    const exporter = await start(world, ['--interval', '300ms', '--collector.disable=cache,tools']);
    const facetsOn = async (query: string) => {
      const page = await (await fetch(`${exporter.url}/metrics${query}`)).text();
      expect(await promtool(['check', 'metrics'], page)).toEqual([0, '']);
      // Rollback counters exist for all facets from the start.
      const found = page.matchAll(/^(?!godrift_rollback).*[{,](?:facet|collector)="([a-z]+)"/gm);
      return [...new Set([...found].map(([, name]) => name))].sort();
    };
    expect(await facetsOn('')).toEqual(['context', 'env', 'modules', 'toolchain']);
    expect(await facetsOn('?collect[]=env&collect[]=cache')).toEqual(['env']);
    expect(await facetsOn('?exclude[]=env')).toEqual(['context', 'modules', 'toolchain']);
    const refused = await fetch(`${exporter.url}/metrics?collect[]=disk`);
    expect([refused.status, await refused.text()]).toEqual([
      400,
      'there is no such collector; there are toolchain, env, modules, cache, tools, context\n',
    ]);
    expect(await godrift(world, ['serve', '--collector.disable', 'disk'])).toMatchObject({
      exitCode: 2,
      stderr:
        'godrift: cannot use disk as a collector: there are toolchain, env, modules, cache, tools, context; correct --collector.disable\n',
    });
  });

  it('reports a new GOENV line at once, and leaves no stale series when it is removed', async () => {
    const world = makeWorld(go127);
    const file = goenv(world, 'GOPRIVATE=corp.example.com\n');
    const exporter = await start(world);
    await learned(exporter);
    replaceFile(file, 'GOPRIVATE=corp.example.com\nGOFLAGS=-mod=mod\n');
    await eventually(
      'the drift',
      async () => seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'env' }) === 2,
    );
    expect(await exporter.metrics()).toMatch(
      /godrift_drift_entry_info\{[^}]*key="env.GOFLAGS"[^}]*actual="-mod=mod"\} 1/,
    );
    expect(await exporter.metrics()).toContain('rule="goflags-rewrites-gomod"');
    replaceFile(file, 'GOPRIVATE=corp.example.com\n');
    const healed = await eventually('the end of the drift', async () => {
      const page = await exporter.metrics();
      return seriesOf(page, 'godrift_drift_level', { facet: 'env' }) === 0 ? page : undefined;
    });
    expect(healed).not.toContain('env.GOFLAGS');
    expect(healed).not.toContain('goflags-rewrites-gomod');
    expect(seriesOf(healed, 'godrift_changes_total', { facet: 'env', level: 'minor' })).toBe(2);
    expect((await godrift(world, ['events', '--verify'])).exitCode).toBe(0);
  });

  it('reports a GOENV file created in a new directory without waiting for the next periodic pass', async () => {
    const world = makeWorld(go127);
    const exporter = await start(world, ['--interval', '1h']);
    goenv(world, 'CGO_ENABLED=0\n');
    await eventually('the variable', async () =>
      (await exporter.metrics()).includes('name="CGO_ENABLED",value="0",origin="goenv"'),
    );
  });

  it('records a drift that lasts for a hundred passes once', async () => {
    const world = makeWorld(go127);
    const file = goenv(world, '');
    const exporter = await start(world, ['--interval', '100ms']);
    await learned(exporter);
    replaceFile(file, 'GOFLAGS=-tags=netgo\n');
    await eventually(
      'the drift',
      async () => seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'env' }) === 2,
    );
    const passes = seriesOf(await exporter.metrics(), 'godrift_passes_total') ?? 0;
    await eventually(
      'a hundred passes',
      async () => (seriesOf(await exporter.metrics(), 'godrift_passes_total') ?? 0) > passes + 100,
    );
    expect(seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'env' })).toBe(2);
    const types = (await godrift(world, ['events', '--json'])).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).type);
    expect(types).toEqual(['baseline', 'drift']);
  });

  it('reports at start a change made while it was down, and keeps its counters after a kill', async () => {
    const world = makeWorld(go127);
    const file = goenv(world, '');
    let exporter = await start(world);
    await learned(exporter);
    expect(await exporter.stop()).toBe(0);
    writeFileSync(file, 'CGO_ENABLED=0\n');
    exporter = await start(world);
    const page = await exporter.metrics();
    expect(seriesOf(page, 'godrift_drift_level', { facet: 'env' })).toBe(2);
    expect(seriesOf(page, 'godrift_changes_total', { facet: 'env', level: 'minor' })).toBe(1);
    await exporter.stop('SIGKILL');
    exporter = await start(world);
    expect(
      seriesOf(await exporter.metrics(), 'godrift_changes_total', { facet: 'env', level: 'minor' }),
    ).toBe(1);
  });

  it('uses a baseline that is accepted while it runs, and records the reason', async () => {
    const world = makeWorld(go127);
    const file = goenv(world, '');
    const exporter = await start(world);
    await learned(exporter);
    writeFileSync(file, 'CGO_ENABLED=0\n');
    await eventually(
      'the drift',
      async () => seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'env' }) === 2,
    );
    expect((await godrift(world, ['baseline', 'accept', '--reason', 'cgo is off here'])).exitCode).toBe(0);
    await eventually(
      'the end',
      async () => seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'env' }) === 0,
    );
    expect(
      seriesOf(await exporter.metrics(), 'godrift_baseline_info', { kind: 'pinned', source: 'accepted' }),
    ).toBe(1);
    const lines = await eventually('the record', async () => {
      const found = (await godrift(world, ['events', '--json'])).stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      return found.some((line) => line.kind === 'accepted') ? found : undefined;
    });
    expect(lines.filter((line) => line.kind === 'accepted')).toMatchObject([
      { type: 'baseline', why: 'cgo is off here' },
    ]);
    expect(lines.map((line) => line.type).sort()).toEqual(['baseline', 'baseline', 'drift', 'resolved']);
  });

  it('keeps serving while the workspace is missing, and recovers', async () => {
    const world = makeWorld(go127);
    const exporter = await start(world, ['--interval', '200ms', world.workspace]);
    renameSync(world.workspace, `${world.workspace}.gone`);
    const page = await eventually('the failure', async () => {
      const text = await exporter.metrics();
      return seriesOf(text, 'godrift_collector_success', { collector: 'toolchain' }) === 0 ? text : undefined;
    });
    expect(page).not.toContain('godrift_toolchain_info{');
    expect(
      seriesOf(page, 'godrift_collector_last_success_timestamp_seconds', { collector: 'toolchain' }),
    ).toBeGreaterThan(0);
    renameSync(`${world.workspace}.gone`, world.workspace);
    await eventually(
      'the recovery',
      async () =>
        seriesOf(await exporter.metrics(), 'godrift_collector_success', { collector: 'toolchain' }) === 1,
    );
  });

  it('a second process on the same state directory exits with 2 and an error message', async () => {
    const world = makeWorld(go127);
    await start(world);
    const [port] = await freePorts(1);
    const second = await godrift(world, ['serve', '--web.listen-address', `127.0.0.1:${port}`]);
    expect(second.exitCode).toBe(2);
    expect(second.stderr.trim().split('\n').at(-1)).toMatch(
      /^godrift: cannot use state directory .*another process/,
    );
  });

  it('exits with 2 if the port is taken, and leaves the state directory unlocked', async () => {
    const world = makeWorld(go127);
    const taken = net.createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as net.AddressInfo;
    const run = await godrift(world, ['serve', '--web.listen-address', `127.0.0.1:${port}`]);
    taken.close();
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(/cannot listen on .*: the port is taken; /);
    await start(world);
  });

  it('serves with a state directory that is not writable, and reports that in metrics', async () => {
    const world = makeWorld(go127);
    const exporter = await start({
      ...world,
      env: { ...world.env, GODRIFT_STATE_DIRECTORY: '/proc/nowhere' },
    });
    const page = await exporter.metrics();
    expect(seriesOf(page, 'godrift_state_directory_writable')).toBe(0);
    expect(seriesOf(page, 'godrift_journal_errors_total')).toBeGreaterThan(0);
    expect(seriesOf(page, 'godrift_toolchain_info', { version: '1.27.4' })).toBe(1);
  });

  it('reads a published environment, and says when it cannot', async () => {
    const world = makeWorld(go126);
    const published = join(world.home, 'environ');
    writeFileSync(
      published,
      `PATH=${join(go127.goroot, 'bin')}:/usr/bin\0HOME=${world.home}\0CGO_ENABLED=0\0`,
    );
    const config = join(world.home, 'godrift.yml');
    writeFileSync(
      config,
      `targets: [{name: api, workspace: ${world.workspace}, pool: ci, environment: {from: file, path: ${published}}}]\n`,
    );
    const exporter = await start(world, ['--interval', '200ms', '--config.file', config]);
    const page = await exporter.metrics();
    expect(
      seriesOf(page, 'godrift_target_info', { target: 'api', pool: 'ci', environment_source: 'file' }),
    ).toBe(1);
    expect(seriesOf(page, 'godrift_toolchain_info', { target: 'api', version: '1.27.4' })).toBe(1);
    expect(page).toContain('name="CGO_ENABLED",value="0",origin="process"');
    rmSync(published);
    await eventually(
      'the reason',
      async () =>
        seriesOf(await exporter.metrics(), 'godrift_target_readable', { target: 'api', reason: 'absent' }) ===
        0,
    );
    expect(await exporter.metrics()).not.toContain('godrift_toolchain_info{');
  });

  it('reloads on SIGHUP and over the socket; a broken file leaves the old configuration in force', async () => {
    const world = makeWorld(go127);
    const config = join(world.home, 'godrift.yml');
    writeFileSync(config, `targets: [{name: one, workspace: ${world.workspace}}]\n`);
    const exporter = await start(world, ['--interval', '200ms', '--config.file', config]);
    const hash = async () => seriesOf(await exporter.metrics(), 'godrift_config_hash');
    const first = await hash();
    writeFileSync(config, `targets: [{name: two, workspace: ${world.workspace}}]\n`);
    const { stdout: digest } = await execa('sha256sum', [config]);
    expect(await hash()).toBe(first);
    process.kill(exporter.pid, 'SIGHUP');
    await eventually('the new target', async () =>
      (await exporter.metrics()).includes('godrift_target_info{target="two"'),
    );
    expect(await exporter.metrics()).not.toContain('target="one"');
    // The first 48 bits of the SHA-256, which a shell can compute too.
    const wanted = Number.parseInt(digest.slice(0, 12), 16);
    await eventually('the new hash', async () => (await hash()) === wanted);
    writeFileSync(config, 'targets: [{name: three, rollback: yes}]\n');
    const answer = await execa(
      'curl',
      [
        '-s',
        '-w',
        '%{http_code}',
        '-X',
        'POST',
        '--unix-socket',
        join(world.state, 'admin.sock'),
        'http://godrift/-/reload',
      ],
      { reject: false },
    );
    expect(answer.stdout).toMatch(/targets\.0.*unknown keys: rollback.*400$/s);
    const page = await exporter.metrics();
    expect(page).toContain('godrift_target_info{target="two"');
    expect(seriesOf(page, 'godrift_config_last_reload_successful')).toBe(0);
    expect(seriesOf(page, 'godrift_config_hash')).toBe(wanted);
  });

  it('reports drifts and their ends after the clock went back an hour', async () => {
    const world = makeWorld(go127);
    const file = goenv(world, '');
    const preload = join(world.home, 'clock.mjs');
    writeFileSync(
      preload,
      'const real = Date.now; const start = real(); Date.now = () => real() - (real() - start > 1500 ? 3_600_000 : 0);\n',
    );
    const exporter = await start(world, ['--interval', '200ms'], {
      env: { NODE_OPTIONS: `--import ${preload}` },
    });
    await learned(exporter);
    await eventually(
      'the clock to go back',
      async () =>
        (seriesOf(await exporter.metrics(), 'godrift_collector_last_success_timestamp_seconds') ?? 0) <
        Date.now() / 1000 - 3000,
    );
    replaceFile(file, 'GOFLAGS=-trimpath\n');
    await eventually(
      'the drift',
      async () => seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'env' }) === 2,
    );
    replaceFile(file, '');
    await eventually(
      'the end',
      async () => seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'env' }) === 0,
    );
    expect((await godrift(world, ['events', '--verify'])).exitCode).toBe(0);
  });

  it('shows no secret on any page, in the journal, the log or any stored file', async () => {
    const secret = 'hunter2hunter2';
    const world = makeWorld(go127);
    const file = goenv(world, `GOPROXY=https://bob:${secret}@proxy.example.com\n`);
    const exporter = await start(world, ['--interval', '200ms', '--log.level', 'debug'], {
      env: { GOAUTH: `/usr/bin/askpass ${secret}`, GOFLAGS: `-ldflags=-X=main.token=${secret}` },
    });
    await learned(exporter);
    replaceFile(file, `GOPROXY=https://bob:${secret}other@proxy.example.org\n`);
    await eventually(
      'the drift',
      async () => seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'env' }) === 2,
    );
    const all = [
      await exporter.metrics(),
      await (await fetch(exporter.url)).text(),
      exporter.output(),
      (await godrift(world, ['events', '--json'])).stdout,
    ];
    await exporter.stop();
    const stored = await execa('grep', ['-r', secret, world.state], { reject: false });
    expect(stored.stdout).toBe('');
    for (const text of all) expect(text).not.toContain(secret);
  });

  it('exits with 0 on SIGTERM, and healthcheck exits with 0 before and 1 after', async () => {
    const world = makeWorld(go127);
    const exporter = await startExporter(world);
    const args = ['healthcheck', '--web.listen-address', `127.0.0.1:${exporter.port}`];
    expect((await godrift(world, args)).exitCode).toBe(0);
    expect(await exporter.stop()).toBe(0);
    expect((await godrift(world, args)).exitCode).toBe(1);
    expect(existsSync(join(world.state, 'admin.sock'))).toBe(false);
  });

  it('reports go-missing if the go on PATH is not executable', async () => {
    const world = makeWorld(undefined);
    const bin = join(world.home, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'go'), readFileSync(program));
    chmodSync(join(bin, 'go'), 0o644);
    const exporter = await start({ ...world, env: { ...world.env, PATH: bin } });
    expect(await exporter.metrics()).toContain('rule="go-missing"');
  });
});
