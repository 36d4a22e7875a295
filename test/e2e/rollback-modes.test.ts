/**
 * Modes, guards, approvals and confirmations of rollbacks in a running exporter: with a real go, real files
 * and the admin socket.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { accept, goenvOf, worldWithGoenv } from '../lab/accepted.ts';
import { type Exporter, eventually, godrift, seriesOf, startExporter, type World } from '../lab/godrift.ts';
import { startPrometheus } from '../lab/servers.ts';
import { ensureToolchain, type Toolchain } from '../lab/toolchains.ts';

let toolchain: Toolchain;
beforeAll(async () => {
  toolchain = await ensureToolchain('1.27.4');
});

const goenv = (world: World) => (existsSync(goenvOf(world)) ? readFileSync(goenvOf(world), 'utf8') : '');
const healthy = 'GOFLAGS=-trimpath\n';

/** Runs the real `go env`. */
const goEnv = (world: World, ...args: string[]) =>
  execFileSync(join(toolchain.goroot, 'bin/go'), ['env', ...args], {
    cwd: world.workspace,
    env: { ...world.env, GOTELEMETRY: 'off' },
    encoding: 'utf8',
  });

/** Posts to the admin socket in the state directory. */
function post(world: World, path: string, body: unknown): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        socketPath: join(world.state, 'admin.sock'),
        path,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      },
    );
    call.on('error', reject);
    call.end(JSON.stringify(body));
  });
}

interface Scene {
  readonly world: World;
  readonly config: string;
  exporter: Exporter;
}

/** Writes the configuration: `rollback` and one target, with the given further settings. */
function configure(world: World, rollback: object, target: object = {}): string {
  const config = join(world.home, 'godrift.yml');
  writeFileSync(
    config,
    stringify({ rollback, targets: [{ name: 'api', workspace: world.workspace, ...target }] }),
  );
  return config;
}

/** Starts an exporter on a host whose GOENV was accepted. */
async function scene(rollback: object, target: object = {}): Promise<Scene> {
  const world = worldWithGoenv(toolchain, healthy);
  const config = configure(world, rollback, target);
  await accept(world, 'all well', '--config.file', config);
  const made = { world, config, exporter: await startExporter(world, ['--config.file', config]) };
  await level(made, 0);
  return made;
}

async function restart(one: Scene): Promise<void> {
  await one.exporter.stop('SIGKILL');
  const { port } = one.exporter;
  one.exporter = await startExporter(one.world, ['--config.file', one.config], { port });
}

const level = ({ exporter }: Scene, wanted: number) =>
  eventually(
    `drift level ${wanted}`,
    async () => seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'env' }) === wanted,
  );

/** Changes settings and waits until the exporter reports the drift. */
async function drift(one: Scene, ...settings: string[]): Promise<void> {
  goEnv(one.world, '-w', ...settings);
  await level(one, 2);
}

interface Decision {
  readonly decision: string;
  readonly why: string;
  readonly rollback?: string;
}

async function ask({ world }: Scene, more: object = {}): Promise<Decision> {
  const body = { target: 'api', facet: 'env', trigger: 'alertmanager', key: 'alert 1', ...more };
  const { status, body: text } = await post(world, '/api/v1/rollbacks', body);
  expect(`${status} ${text}`).toMatch(/^202 /);
  return JSON.parse(text) as Decision;
}

/** Returns the journal's lines of a type. */
function journal({ world }: Scene, type: string): readonly Record<string, unknown>[] {
  const folder = join(world.state, 'journal');
  return readdirSync(folder)
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line['type'] === type);
}

/** Returns the rollback counters of the target from the page, by facet and result. */
async function counted({ exporter }: Scene): Promise<Readonly<Record<string, number>>> {
  const page = await exporter.metrics();
  const lines = page.matchAll(
    /^godrift_rollbacks_total\{target="api",facet="(\w+)",result="(\w+)"\} (\d+)$/gm,
  );
  return Object.fromEntries(
    [...lines].map(([, facet, result, value]) => [`${facet} ${result}`, Number(value)]),
  );
}

/** Waits until the counters of the page equal the numbers of the journal. */
const countsTheJournal = (one: Scene) =>
  eventually('counters that equal the journal', async () => {
    const told = ['outcome', 'refusal'].flatMap((type) => journal(one, type));
    const results = told.map((line) => `${(line['facets'] as string[])[0]} ${line['result'] ?? 'refused'}`);
    const shown = await counted(one);
    const names = new Set([...results, ...Object.keys(shown)]);
    return [...names].every((name) => shown[name] === results.filter((result) => result === name).length);
  });

const seriesNow = async ({ exporter }: Scene, name: string, labels: Readonly<Record<string, string>> = {}) =>
  seriesOf(await exporter.metrics(), `godrift_${name}`, labels);

const guardsOf = ({ why }: Decision) => why.split('; ').map((reason) => reason.split(':')[0]);
const cli = ({ world }: Scene, ...args: string[]) => godrift(world, args);

const auto = { mode: 'auto', allow: [{ target: 'api', facets: ['env'] }] };

describe('modes', () => {
  it('off: a request is refused, recorded once in the journal, and changes nothing', async () => {
    const one = await scene({});
    try {
      await drift(one, 'GOFLAGS=-mod=mod');
      const before = goenv(one.world);
      for (let turn = 0; turn < 3; turn++)
        expect(await ask(one)).toMatchObject({ decision: 'refused', why: expect.stringMatching(/^mode: /) });
      expect(goenv(one.world)).toBe(before);
      expect(journal(one, 'refusal')).toHaveLength(1);
      expect(journal(one, 'refusal')[0]).toMatchObject({
        trigger: 'alertmanager',
        trace_id: journal(one, 'drift')[0]?.['trace_id'],
        parent_span_id: journal(one, 'drift')[0]?.['span_id'],
      });
      expect(await ask(one, { target: 'other' })).toMatchObject({ decision: 'ignored' });
      expect(await ask(one, { facet: 'tools' })).toMatchObject({ decision: 'ignored' });
    } finally {
      await one.exporter.stop();
    }
  });

  it('dry-run: the plan is recorded and nothing is changed', async () => {
    const one = await scene({ mode: 'dry-run' });
    try {
      expect(await ask(one)).toMatchObject({ decision: 'ignored' });
      await drift(one, 'GOFLAGS=-mod=mod');
      const before = goenv(one.world);
      expect(await ask(one)).toMatchObject({ decision: 'accepted', why: expect.stringContaining('dry run') });
      expect(goenv(one.world)).toBe(before);
      expect(journal(one, 'outcome')).toMatchObject([{ result: 'dry_run', mode: 'dry-run' }]);
      expect(journal(one, 'intent')).toEqual([]);
    } finally {
      await one.exporter.stop();
    }
  });

  it('off: all rollback metrics are on the page from the start, at 0', async () => {
    const one = await scene({});
    try {
      await eventually('the counters', async () => Object.keys(await counted(one)).length > 0);
      const shown = await counted(one);
      expect(Object.keys(shown).length).toBeGreaterThanOrEqual(15);
      expect(new Set(Object.values(shown))).toEqual(new Set([0]));
      for (const result of ['applied', 'undone', 'failed'])
        expect(await seriesNow(one, 'rollback_duration_seconds_count', { result })).toBe(0);
      expect(await seriesNow(one, 'rollback_breaker_open')).toBe(0);
      expect(await seriesNow(one, 'rollback_quarantined', { facet: 'env' })).toBe(0);
      expect(await seriesNow(one, 'rollback_pending_approvals')).toBe(0);
      expect(await seriesNow(one, 'rollback_last_timestamp_seconds')).toBeUndefined();
    } finally {
      await one.exporter.stop();
    }
  });

  it('auto: a drift is rolled back once; if it returns, alerts are refused with all reasons, even after a kill', async () => {
    const one = await scene(auto);
    try {
      expect(await ask(one)).toMatchObject({ decision: 'ignored' });
      await drift(one, 'GOFLAGS=-mod=mod');
      expect(await ask(one)).toMatchObject({ decision: 'accepted', rollback: expect.any(String) });
      expect(goenv(one.world)).toBe(healthy);
      await level(one, 0);
      expect(await ask(one)).toMatchObject({ decision: 'ignored' });
      await drift(one, 'GOFLAGS=-mod=mod');
      const before = goenv(one.world);
      const again = await ask(one, { key: 'alert 2' });
      expect(again.decision).toBe('refused');
      expect(guardsOf(again)).toEqual(['cool-down', 'quarantine', 'returned']);
      await countsTheJournal(one);
      await restart(one);
      await level(one, 2);
      await countsTheJournal(one);
      expect(await counted(one)).toMatchObject({ 'env applied': 1, 'env refused': 1, 'env failed': 0 });
      expect(await seriesNow(one, 'rollback_quarantined', { facet: 'env' })).toBe(1);
      expect(await seriesNow(one, 'rollback_duration_seconds_count', { result: 'applied' })).toBe(1);
      expect(guardsOf(await ask(one, { key: 'alert 3' }))).toEqual(['cool-down', 'quarantine', 'returned']);
      expect(goenv(one.world)).toBe(before);
      expect(await cli(one, 'rollback', 'release', '--target', 'api', '--facet', 'env')).toMatchObject({
        exitCode: 0,
      });
      expect(guardsOf(await ask(one, { key: 'alert 4' }))).toEqual(['cool-down']);
      // Cool-down does not apply to a user, who sees the plan.
      expect((await cli(one, 'rollback', '--yes')).exitCode).toBe(0);
      expect(goenv(one.world)).toBe(healthy);
    } finally {
      await one.exporter.stop();
    }
    expect((await cli(one, 'events', '--verify')).exitCode).toBe(0);
  });
});

describe('guards', () => {
  it('refuse if rollbacks are paused, the target is not allowed, a deployment is in grace, or the change is newer than the alert', async () => {
    const one = await scene({ ...auto, allow: [{ pattern: 'ap', facets: ['env'] }] });
    try {
      await drift(one, 'GOFLAGS=-mod=mod');
      expect((await cli(one, 'rollback', 'pause', '--reason', 'release day')).exitCode).toBe(0);
      expect((await cli(one, 'deployment', 'mark', '--target', 'api', '--reason', 'roll-out')).exitCode).toBe(
        0,
      );
      const refused = await ask(one, { since: 1 });
      expect(guardsOf(refused)).toEqual(['paused', 'allow-list', 'deployment', 'newer']);
      expect(refused.why).toContain('release day');
      expect((await cli(one, 'rollback', 'resume')).exitCode).toBe(0);
      expect(guardsOf(await ask(one))).toEqual(['allow-list', 'deployment']);
      expect(goenv(one.world)).toContain('-mod=mod');
    } finally {
      await one.exporter.stop();
    }
  });

  it('give all reasons of a refusal at once, and the file stays unchanged', async () => {
    const one = await scene(auto, { confirm_within: '24h' });
    try {
      const drifted = ['GOFLAGS=-mod=mod', 'GOTOOLCHAIN=local'];
      await drift(one, ...drifted);
      expect(await ask(one)).toMatchObject({ decision: 'accepted' });
      await level(one, 0);
      await one.exporter.stop();
      const strict = {
        ...{ mode: 'auto', allow: [{ target: 'web', facets: ['env'] }], minimum_go: '1.99' },
        ...{ windows: { deny: ['mon-sun 00:00-24:00'] }, attempts: { max: 1, within: '24h' } },
        breaker: { share: 0, at_least: 1 },
      };
      const targets = [{ name: 'api', workspace: one.world.workspace, confirm_within: '24h' }];
      writeFileSync(one.config, stringify({ whitelist: ['api'], rollback: strict, targets }));
      goEnv(one.world, '-w', ...drifted);
      await restart(one);
      await level(one, 2);
      const before = goenv(one.world);
      for (const command of [
        ['rollback', 'pause'],
        ['deployment', 'mark', '--target', 'api'],
        ['waiver', 'add', '--target', 'api', '--facet', 'env', '--expires', '1d'],
      ])
        expect(await cli(one, ...command, '--reason', 'a test')).toMatchObject({ exitCode: 0 });
      // The exporter reads the waiver in its next pass.
      const refused = await eventually('the waiver to count', async () => {
        const answer = await ask(one, { key: 'alert 2', since: 1 });
        return guardsOf(answer).includes('waiver') ? answer : undefined;
      });
      expect(guardsOf(refused)).toEqual([
        ...['paused', 'allow-list', 'cool-down', 'attempts', 'window', 'breaker', 'floor', 'deployment'],
        ...['waiver', 'whitelist', 'quarantine', 'returned', 'unconfirmed', 'newer'],
      ]);
      expect(goenv(one.world)).toBe(before);
    } finally {
      await one.exporter.stop();
    }
  });

  it('refuse a rollback by a user below minimum_go, with and without an exporter', async () => {
    const one = await scene({ minimum_go: '1.99' });
    try {
      await drift(one, 'GOTOOLCHAIN=local');
      const refused = await cli(one, 'rollback', '--yes');
      expect(refused).toMatchObject({
        exitCode: 1,
        stdout: expect.stringContaining('floor: it would restore go1.27.4'),
      });
      expect(goenv(one.world)).toContain('GOTOOLCHAIN');
    } finally {
      await one.exporter.stop();
    }
    // Without an exporter the named configuration counts, and the refusal
    // comes before the confirmation prompt.
    for (const how of ['--dry-run', '--yes'])
      expect(await cli(one, 'rollback', how, '--config.file', one.config)).toMatchObject({
        exitCode: 1,
        stdout: expect.stringContaining('floor: it would restore go1.27.4'),
      });
    const asDocument = await cli(one, 'rollback', '--dry-run', '--json', '--config.file', one.config);
    expect(JSON.parse(asDocument.stdout)).toMatchObject({
      result: 'refused',
      refusals: [expect.stringMatching(/^floor: /)],
    });
    expect(goenv(one.world)).toContain('GOTOOLCHAIN');
  });
});

describe('approvals', () => {
  it('survive a kill, run exactly the plan that was shown, and count once', async () => {
    const one = await scene({ mode: 'approve' });
    try {
      await drift(one, 'GOFLAGS=-mod=mod');
      const asked = await ask(one);
      const id = asked.rollback ?? '';
      expect(asked).toMatchObject({
        decision: 'accepted',
        why: expect.stringContaining(`godrift approve ${id}`),
      });
      expect(await ask(one)).toMatchObject({ decision: 'duplicate', rollback: id });
      expect(await seriesNow(one, 'rollback_pending_approvals')).toBe(1);
      expect(goenv(one.world)).toContain('-mod=mod');
      await restart(one);
      await level(one, 2);
      const listed = await cli(one, 'approvals', '--json');
      expect(JSON.parse(listed.stdout).waiting).toMatchObject([
        { id, target: 'api', files: [goenvOf(one.world)] },
      ]);
      expect((await cli(one, 'approvals')).stdout).toContain(`godrift approve ${id}`);
      const done = await cli(one, 'approve', id, '--yes');
      expect(done).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('applied and verified') });
      expect(goenv(one.world)).toBe(healthy);
      expect(journal(one, 'outcome')).toMatchObject([{ id, mode: 'approve', result: 'applied' }]);
      expect((await cli(one, 'approvals')).stdout).toBe('nothing waits\n');
      expect(await cli(one, 'approve', id, '--yes')).toMatchObject({ exitCode: 2 });
    } finally {
      await one.exporter.stop();
    }
  });

  it('expire, are refused if the files changed since the plan was made, and stay denied after a denial', async () => {
    const one = await scene({ mode: 'approve', approval_expiry: '1s', cooldown: '0s' });
    try {
      await drift(one, 'GOFLAGS=-mod=mod');
      const expired = (await ask(one)).rollback ?? '';
      await eventually('the expiry', async () => (await cli(one, 'approvals')).stdout === 'nothing waits\n');
      expect(await cli(one, 'approve', expired, '--yes')).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('expired'),
      });
      await one.exporter.stop();
      configure(one.world, { mode: 'approve', cooldown: '0s' });
      await restart(one);
      await level(one, 2);
      const changed = (await ask(one)).rollback ?? '';
      goEnv(one.world, '-w', 'GOPRIVATE=example.com');
      const refused = await cli(one, 'approve', changed, '--yes');
      expect(refused).toMatchObject({
        exitCode: 1,
        stdout: expect.stringContaining('the files have changed since this plan was shown'),
      });
      expect(goenv(one.world)).toContain('GOPRIVATE');
      const denied = (await ask(one, { key: 'alert 2' })).rollback ?? '';
      expect((await cli(one, 'deny', denied, '--reason', 'it is meant so')).exitCode).toBe(0);
      expect(guardsOf(await ask(one, { key: 'alert 2' }))).toEqual(['denied']);
      expect(await ask(one, { key: 'alert 3' })).toMatchObject({ decision: 'accepted' });
      expect(goenv(one.world)).toContain('-mod=mod');
    } finally {
      await one.exporter.stop();
    }
  });
});

describe('a Prometheus', () => {
  it('sees counters of changes and rollbacks that continue after kills without a reset and equal the journal', async () => {
    const one = await scene(auto);
    const prometheus = await startPrometheus({
      config: stringify({
        global: { scrape_interval: '500ms', scrape_timeout: '500ms' },
        scrape_configs: [
          { job_name: 'godrift', static_configs: [{ targets: [`127.0.0.1:${one.exporter.port}`] }] },
        ],
      }),
    });
    const values = async (expr: string) => (await prometheus.query(expr)).map(({ value }) => value);
    /** Waits until Prometheus has scraped this number of exporter starts. */
    const starts = (wanted: number) =>
      eventually(`${wanted} starts in Prometheus`, async () => {
        const [changes] = await values('changes(process_start_time_seconds[1h])');
        return changes === wanted - 1;
      });
    /** Waits until the sum of a counter in Prometheus has this value. */
    const sums = (counter: string, wanted: number) =>
      eventually(`${counter} of ${wanted} in Prometheus`, async () => {
        const [sum] = await values(`sum(${counter})`);
        return sum === wanted;
      });
    try {
      await starts(1);
      await drift(one, 'GOFLAGS=-mod=mod');
      expect(await ask(one)).toMatchObject({ decision: 'accepted' });
      // Killed after Prometheus scraped the rollback, before it scraped the
      // refusal, and once without any change.
      await sums('godrift_rollbacks_total{result="applied"}', 1);
      await restart(one);
      await starts(2);
      await drift(one, 'GOFLAGS=-mod=mod');
      expect(await ask(one, { key: 'alert 2' })).toMatchObject({ decision: 'refused' });
      await restart(one);
      await starts(3);
      await restart(one);
      await starts(4);
      await level(one, 2);
      await countsTheJournal(one);
      await sums('godrift_rollbacks_total{result="refused"}', journal(one, 'refusal').length);
      await sums('godrift_rollbacks_total{result="applied"}', journal(one, 'outcome').length);
      await sums('godrift_rollback_duration_seconds_count', journal(one, 'outcome').length);
      const changes = ['drift', 'resolved'].flatMap((type) => journal(one, type));
      expect(changes.length).toBeGreaterThanOrEqual(3);
      await sums('godrift_changes_total', changes.length);
      for (const counter of ['rollbacks_total', 'changes_total', 'rollback_duration_seconds_count'])
        expect(new Set(await values(`resets(godrift_${counter}[1h])`)), counter).toEqual(new Set([0]));
    } finally {
      await one.exporter.stop();
      await prometheus.stop();
    }
  });
});

describe('the breaker', () => {
  it('refuses requests by alerts, but not by a user, while too many targets drift at once', async () => {
    const world = worldWithGoenv(toolchain, healthy);
    const config = join(world.home, 'godrift.yml');
    const names = ['api', 'web'] as const;
    const gomod = (name: string) => join(world.home, name, 'go.mod');
    const write = (name: string, version: string) =>
      writeFileSync(gomod(name), `module example.com/${name}\n\ngo ${version}\n`);
    for (const name of names) {
      mkdirSync(join(world.home, name));
      write(name, '1.21');
    }
    const targets = names.map((name) => ({ name, workspace: join(world.home, name) }));
    const rollback = {
      ...auto,
      breaker: { share: 0.5, at_least: 2 },
      allow: names.map((target) => ({ target, facets: ['modules'] })),
    };
    writeFileSync(config, stringify({ rollback, targets }));
    for (const name of names) await accept(world, 'well', '--config.file', config, '--target', name);
    const one: Scene = { world, config, exporter: await startExporter(world, ['--config.file', config]) };
    const drifting = (facet: string, wanted: readonly number[]) =>
      eventually(`drift levels ${wanted} of ${facet}`, async () => {
        const page = await one.exporter.metrics();
        return names.every(
          (target, index) => seriesOf(page, 'godrift_drift_level', { target, facet }) === wanted[index],
        );
      });
    const breaker = () => seriesNow(one, 'rollback_breaker_open');
    try {
      // Both targets share one GOENV: a setting in it drifts in both but counts once.
      goEnv(world, '-w', 'GOFLAGS=-mod=mod');
      await drifting('env', [2, 2]);
      expect(await breaker()).toBe(0);
      writeFileSync(goenvOf(world), healthy);
      await drifting('env', [0, 0]);
      for (const name of names) write(name, '1.22');
      await drifting('modules', [1, 1]);
      expect(await breaker()).toBe(1);
      expect(guardsOf(await ask(one, { facet: 'modules' }))).toEqual(['breaker']);
      expect(readFileSync(gomod('api'), 'utf8')).toContain('go 1.22');
      const args = ['rollback', '--yes', '--config.file', config, '--target', 'api', '--facet', 'modules'];
      expect(await godrift(world, args)).toMatchObject({ exitCode: 0 });
      await drifting('modules', [0, 1]);
      expect(await breaker()).toBe(0);
      const other = { target: 'web', facet: 'modules', key: 'alert 2' };
      expect(await ask(one, other)).toMatchObject({ decision: 'accepted' });
      expect(readFileSync(gomod('web'), 'utf8')).toContain('go 1.21');
    } finally {
      await one.exporter.stop();
    }
  });
});

describe('confirmations', () => {
  it('an unconfirmed rollback is reverted automatically, even after a kill', async () => {
    const one = await scene(auto, { confirm_within: '3s' });
    try {
      await drift(one, 'GOFLAGS=-mod=mod');
      const drifted = goenv(one.world);
      const { rollback: id = '' } = await ask(one);
      expect(goenv(one.world)).toBe(healthy);
      expect((await cli(one, 'approvals')).stdout).toContain(`godrift confirm ${id}`);
      await restart(one);
      await eventually('the way back', async () => goenv(one.world) === drifted);
      await level(one, 2);
      await eventually('its outcome', async () => journal(one, 'outcome').length === 2);
      expect(journal(one, 'outcome')[1]).toMatchObject({
        trigger: 'unconfirmed',
        reverts: id,
        result: 'applied',
      });
      expect(guardsOf(await ask(one, { key: 'alert 2' }))).toEqual(['cool-down', 'quarantine']);
    } finally {
      await one.exporter.stop();
    }
  });

  it('an unconfirmed rollback is not reverted if the file was changed since, which is recorded once', async () => {
    const one = await scene(auto, { confirm_within: '3s' });
    try {
      await drift(one, 'GOFLAGS=-mod=mod');
      const { rollback: id = '' } = await ask(one);
      goEnv(one.world, '-w', 'GOPRIVATE=example.com');
      const mine = goenv(one.world);
      const refusal = await eventually('the refusal', async () => journal(one, 'refusal')[0]);
      expect(refusal).toMatchObject({
        trigger: 'unconfirmed',
        reverts: id,
        refusals: [
          `${goenvOf(one.world)} was changed after the unconfirmed rollback or try: reverting it would lose that change`,
        ],
      });
      expect(goenv(one.world)).toBe(mine);
      expect((await cli(one, 'approvals')).stdout).toBe('nothing waits\n');
    } finally {
      await one.exporter.stop();
    }
  });

  it('an unconfirmed rollback of a target that is no longer configured stays, is recorded once, and cannot be denied', async () => {
    const one = await scene(auto, { confirm_within: '3s' });
    try {
      await drift(one, 'GOFLAGS=-mod=mod');
      const { rollback: id = '' } = await ask(one);
      await one.exporter.stop('SIGKILL');
      writeFileSync(one.config, stringify({ targets: [{ name: 'other', workspace: one.world.workspace }] }));
      await restart(one);
      await eventually('the refusal', async () => journal(one, 'refusal').length > 0);
      expect(journal(one, 'refusal')).toMatchObject([
        { reverts: id, refusals: ['api is no longer observed: its files stay as they are'] },
      ]);
      expect(goenv(one.world)).toBe(healthy);
      expect((await cli(one, 'approvals')).stdout).toBe('nothing waits\n');
      expect((await cli(one, 'deny', id)).exitCode).toBe(2);
    } finally {
      await one.exporter.stop();
    }
  });

  it('confirm_command confirms when it exits 0, gets few variables, and is not run if others may write it', async () => {
    const world = worldWithGoenv(toolchain, healthy);
    const [script, seen, passes] = ['check.sh', 'seen', 'passes'].map((name) => join(world.home, name)) as [
      string,
      string,
      string,
    ];
    // Writes its environment to `seen`, and passes once the file `passes` exists.
    writeFileSync(script, `#!/bin/sh\nenv >> ${seen}.part\nmv ${seen}.part ${seen}\ntest -f ${passes}\n`);
    chmodSync(script, 0o777);
    const config = configure(world, auto, {
      confirm_within: '24h',
      confirm_command: [script, '$(touch /tmp/never)'],
    });
    await accept(world, 'all well', '--config.file', config);
    const exporter = await startExporter(world, ['--config.file', config], {
      env: { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=secret' },
    });
    const one: Scene = { world, config, exporter };
    try {
      await level(one, 0);
      await drift(one, 'GOFLAGS=-mod=mod');
      const { rollback: id = '' } = await ask(one);
      await eventually('the refusal to run it', async () =>
        one.exporter.output().includes('confirm_command is not run'),
      );
      expect(one.exporter.output()).toContain('can be written by everybody');
      expect(existsSync(seen)).toBe(false);
      chmodSync(script, 0o755);
      writeFileSync(passes, '');
      await restart(one);
      await eventually('the confirmation', async () => journal(one, 'control').length === 1);
      expect(journal(one, 'control')[0]).toMatchObject({ action: 'confirm', id, who: 'confirm_command' });
      const variables = readFileSync(seen, 'utf8');
      expect(variables).toContain(`GODRIFT_ROLLBACK=${id}\n`);
      expect(variables).not.toContain('secret');
      expect((await cli(one, 'approvals')).stdout).toBe('nothing waits\n');
      expect(goenv(world)).toBe(healthy);
    } finally {
      await one.exporter.stop();
    }
  });

  it('a confirmed rollback stays', async () => {
    const one = await scene(auto, { confirm_within: '24h' });
    try {
      await drift(one, 'GOFLAGS=-mod=mod');
      const { rollback: id = '' } = await ask(one);
      expect((await cli(one, 'confirm', '0123456789abcdef')).exitCode).toBe(2);
      expect(await cli(one, 'confirm', id)).toMatchObject({ exitCode: 0 });
      expect((await cli(one, 'approvals')).stdout).toBe('nothing waits\n');
      expect(goenv(one.world)).toBe(healthy);
    } finally {
      await one.exporter.stop();
    }
  });
});
