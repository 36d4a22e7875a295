/**
 * The memory of an exporter about its targets, with a failing disk, reloads and damaged files: an existing
 * drift stays one.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Exporter, eventually, godrift, makeWorld, seriesOf, type World } from '../../lab/godrift.ts';
import { missingMounts, mounts } from '../../lab/namespaces.ts';
import { replaceFile } from '../../lab/replace-file.ts';
import { startsExporters } from '../../lab/running.ts';
import { ensureToolchain } from '../../lab/toolchains.ts';

const go = await ensureToolchain('1.27.4');
const started = startsExporters();

interface Line {
  readonly seq: number;
  readonly type: string;
  readonly kind?: string;
  readonly target?: string;
  readonly trace_id?: string;
  readonly changes?: readonly { readonly key: string; readonly actual?: string }[];
}

/** A world with a configuration file of one target `t`, whose environment is a file too. */
function targetWorld() {
  const world = makeWorld(go);
  mkdirSync(world.state, { mode: 0o700 });
  const environment = join(world.home, 'environment');
  const config = join(world.home, 'godrift.yml');
  const goflags = (value: string) =>
    replaceFile(environment, `PATH=${world.env['PATH']}\0HOME=${world.home}\0GOFLAGS=${value}\0`);
  const configure = (...names: readonly string[]) =>
    writeFileSync(
      config,
      `interval: 200ms\ntargets:\n${names.map((name) => `  - {name: ${name}, workspace: ${world.workspace}, environment: {from: file, path: ${environment}}}\n`).join('')}`,
    );
  goflags('-mod=readonly');
  configure('t');
  const start = async (wrap: readonly string[] = [], env: Readonly<Record<string, string>> = {}) => {
    return await started(world, ['--config.file', config], { wrap, env });
  };
  return { world, goflags, configure, start };
}

/** Waits until the page has a line that matches. */
const shows = (exporter: Exporter, line: RegExp) =>
  eventually(`${line} on the page`, async () => line.test(await exporter.metrics()));

const learned = (exporter: Exporter) => shows(exporter, /^godrift_baseline_info\{.*kind="learned"/m);

/** Changes GOFLAGS and waits until the page shows the drift. */
async function drift(
  exporter: Exporter,
  { goflags }: Pick<ReturnType<typeof targetWorld>, 'goflags'>,
  value: string,
): Promise<void> {
  goflags(value);
  await shows(exporter, new RegExp(`drift_entry_info\\{.*actual="${value}"`));
}

/** Reloads, and waits until the log shows this number of reloads. */
async function reload(exporter: Exporter, done: number): Promise<void> {
  process.kill(exporter.pid, 'SIGHUP');
  await eventually('the reload', async () => {
    const count = exporter.output().split('configuration reloaded').length - 1;
    return count >= done;
  });
}

/** Waits for this number of further passes. */
async function passes(exporter: Exporter, more: number): Promise<void> {
  const count = async () => seriesOf(await exporter.metrics(), 'godrift_passes_total') ?? 0;
  const before = await count();
  await eventually(`${more} passes`, async () => (await count()) >= before + more);
}

/** Returns the values of the page about the drift of facet env. A reload must not change them. */
async function driftState(exporter: Exporter) {
  const page = await exporter.metrics();
  const of = (name: string, labels: Readonly<Record<string, string>>) =>
    seriesOf(page, `godrift_${name}`, { target: 't', ...labels });
  return {
    level: of('drift_level', { facet: 'env' }),
    changes: of('changes_total', { facet: 'env', level: 'minor' }),
    since: of('drift_since_timestamp_seconds', { facet: 'env' }),
    baseline: of('baseline_timestamp_seconds', {}),
    trace: /drift_trace_info\{.*facet="env".*trace_id="([0-9a-f]+)"/.exec(page)?.[1],
  };
}

async function linesOf(world: World, state = world.state): Promise<readonly Line[]> {
  const { stdout } = await godrift(world, ['events', '--json'], { GODRIFT_STATE_DIRECTORY: state });
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]));
}

/** Summarizes journal lines: type, kind, and the value of GOFLAGS found by a drift. */
const told = (lines: readonly Line[]) =>
  lines.map(({ type, kind, changes = [] }) =>
    [type, kind, changes.find(({ key }) => key === 'env.GOFLAGS')?.actual].filter(Boolean).join(' '),
  );

const tmpfs = 'mount -t tmpfs -o size=256k,mode=0700 tmpfs "$GODRIFT_STATE_DIRECTORY"';

/** Returns the command prefix that runs a program with a private mount made by `script`. */
function wrapped(script: string): readonly string[] {
  if ('missing' in mounts) throw new Error(mounts.missing);
  return [...mounts.unshare, 'sh', '-c', `${script} && exec "$@"`, 'sh'];
}

/** Appends to a file until the disk is full to the last byte. */
function fill(file: string): void {
  for (let size = 65_536; size >= 1; ) {
    try {
      writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
    } catch {
      size = Math.floor(size / 2);
    }
  }
}

test.skipIf(missingMounts !== '')(
  `on a disk that was never writable a reload keeps baseline, counters and drift${missingMounts}`,
  async () => {
    const target = targetWorld();
    const exporter = await target.start(
      wrapped(`${tmpfs} && mount -o remount,ro "$GODRIFT_STATE_DIRECTORY"`),
    );
    await learned(exporter);
    await drift(exporter, target, '-mod=mod');
    const before = await driftState(exporter);
    expect(before).toMatchObject({ level: 2, changes: 1 });
    await reload(exporter, 1);
    await passes(exporter, 4);
    expect(await driftState(exporter)).toEqual(before);
    // Removed from the configuration and added again: still the same target.
    target.configure('u');
    await reload(exporter, 2);
    target.configure('t', 'u');
    await reload(exporter, 3);
    await passes(exporter, 4);
    expect(await driftState(exporter)).toEqual(before);
  },
);

test.skipIf(missingMounts !== '')(
  `on a full disk reloads make no duplicate drift and no false end in the journal${missingMounts}`,
  async () => {
    const target = targetWorld();
    const exporter = await target.start(wrapped(tmpfs));
    const state = join('/proc', String(exporter.pid), 'root', target.world.state);
    await learned(exporter);
    fill(join(state, 'ballast'));
    const values = Array.from({ length: 12 }, (_, index) => `-tags=x${index}`);
    for (const value of values) await drift(exporter, target, value);
    const before = await driftState(exporter);
    expect(before).toMatchObject({ level: 2, changes: 12 });
    await reload(exporter, 1);
    await passes(exporter, 4);
    expect(await driftState(exporter)).toEqual(before);
    target.goflags('-mod=readonly');
    await shows(exporter, /^godrift_drift_level\{.*facet="env".* 0$/m);
    await reload(exporter, 2);
    await passes(exporter, 4);
    rmSync(join(state, 'ballast'));
    await shows(exporter, /^godrift_state_directory_writable 1$/m);
    expect(told(await linesOf(target.world, state))).toEqual([
      'baseline learned',
      ...values.map((value) => `drift ${value}`),
      'resolved',
    ]);
    expect(await exporter.stop()).toBe(0);
  },
);

/** Returns the state directory of target `t`. */
function filesOf({ world }: ReturnType<typeof targetWorld>): string {
  const targets = join(world.state, 'targets');
  return join(targets, readdirSync(targets)[0] ?? '');
}

/** A target whose exporter learned a baseline, reported a drift, and was stopped. */
async function driftedTarget() {
  const target = targetWorld();
  const exporter = await target.start();
  await learned(exporter);
  await drift(exporter, target, '-mod=mod');
  const before = await driftState(exporter);
  expect(await exporter.stop()).toBe(0);
  return { target, before, lines: told(await linesOf(target.world)) };
}

const named = (prefix: string) => (directory: string) =>
  readdirSync(directory)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(directory, name))[0] as string;

/** The command prefix that makes file modes effective even if the tests run as root. */
const modesCount =
  process.geteuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'] : [];
const missingModes =
  spawnSync(modesCount[0] ?? 'true', [...modesCount.slice(1), 'true']).status === 0
    ? ''
    : ' [skipped, missing: setpriv(1)]';

test.skipIf(missingModes !== '').each([
  ['the file of its learned baseline', named('learned.json')],
  ['the snapshot of its learned baseline', named('learned-')],
  ['its counters', named('state.json')],
  ['its last snapshot', named('last-')],
  ['the journal', (directory: string) => named('journal-')(join(directory, '../../journal'))],
] as const)(
  `a drifted target keeps its baseline, counters and drift if %s cannot be read at a start${missingModes}`,
  async (_, find) => {
    const { target, before, lines } = await driftedTarget();
    const file = find(filesOf(target));
    chmodSync(file, 0o000);
    const exporter = await target.start(modesCount);
    await passes(exporter, 5);
    expect(exporter.output()).toContain('permission denied');
    if (!file.includes('journal')) {
      const page = await exporter.metrics();
      expect(page).toMatch(/^godrift_collector_success\{.*collector="env".*\} 0$/m);
      expect(page).not.toMatch(/^godrift_changes_total\{/m);
    }
    chmodSync(file, 0o600);
    await shows(exporter, /^godrift_collector_success\{.*collector="env".*\} 1$/m);
    await shows(exporter, /^godrift_state_directory_writable 1$/m);
    await passes(exporter, 4);
    expect(await driftState(exporter)).toEqual(before);
    expect(told(await linesOf(target.world))).toEqual(lines);
    expect(await godrift(target.world, ['events', '--verify'])).toMatchObject({ exitCode: 0 });
  },
);

test.each([
  ['damaged', (file: string) => writeFileSync(file, `${readFileSync(file, 'utf8')}\n`)],
  ['missing', (file: string) => rmSync(file)],
] as const)(
  'a learned baseline whose snapshot is %s is not learned again: the target fails until a baseline is accepted',
  async (_, hurt) => {
    const { target, lines } = await driftedTarget();
    hurt(named('learned-')(filesOf(target)));
    await lostUntilAccepted(target, lines);
  },
);

test('a learned baseline whose file is missing is not learned again, even if the counters are missing too', async () => {
  for (const names of [['learned.json'], ['learned.json', 'state.json']]) {
    const { target, lines } = await driftedTarget();
    for (const name of names) rmSync(join(filesOf(target), name));
    await lostUntilAccepted(target, lines);
  }
});

/**
 * Expects that until a baseline is accepted none is learned, no drift ends,
 * and the collector is reported as failed.
 */
async function lostUntilAccepted(target: ReturnType<typeof targetWorld>, lines: readonly string[]) {
  const exporter = await target.start();
  await passes(exporter, 5);
  const page = await exporter.metrics();
  expect(page).toMatch(/^godrift_baseline_info\{.*kind="none"/m);
  expect(page).toMatch(/^godrift_collector_success\{.*collector="env".*\} 0$/m);
  expect(told(await linesOf(target.world))).toEqual(lines);
  const accept = ['baseline', 'accept', '--target', 't', '--reason', 'it is right', target.world.workspace];
  const environment = { GOFLAGS: '-mod=mod' };
  expect(await godrift(target.world, accept, environment)).toMatchObject({ exitCode: 0 });
  await shows(exporter, /^godrift_collector_success\{.*collector="env".*\} 1$/m);
  await shows(exporter, /^godrift_baseline_info\{.*kind="pinned",source="accepted"/m);
  expect(await exporter.stop()).toBe(0);
}

test('four concurrent baseline accepts beside an exporter are all recorded, and the last one is complete', async () => {
  const target = targetWorld();
  const exporter = await target.start();
  await learned(exporter);
  const accept = (reason: string) =>
    godrift(
      target.world,
      ['baseline', 'accept', '--target', 't', '--reason', reason, target.world.workspace],
      {
        GOFLAGS: `-tags=${reason}`,
      },
    );
  const reasons = ['a', 'b', 'c', 'd'];
  for (const { exitCode } of await Promise.all(reasons.map(accept))) expect(exitCode).toBe(0);
  const accepts = (await linesOf(target.world)).filter(({ kind }) => kind === 'accepted');
  expect(accepts).toHaveLength(reasons.length);
  await passes(exporter, 3);
  const snapshots = readdirSync(filesOf(target)).filter((name) => name.startsWith('accepted-'));
  expect(snapshots).toHaveLength(1);
  expect(readFileSync(named('accepted.json')(filesOf(target)), 'utf8')).toContain(snapshots[0]);
  const show = await godrift(target.world, ['baseline', 'show', '--target', 't', target.world.workspace]);
  expect(show).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^accepted, /) });
  expect((await linesOf(target.world)).filter(({ kind }) => kind === 'accepted')).toHaveLength(
    reasons.length,
  );
});

test.skipIf(missingMounts !== '')(
  `waivers and baselines that were refused because of a full disk are not in the journal${missingMounts}`,
  async () => {
    const target = targetWorld();
    const exporter = await target.start(wrapped(tmpfs));
    const state = join('/proc', String(exporter.pid), 'root', target.world.state);
    const env = { GODRIFT_STATE_DIRECTORY: state, GOFLAGS: '-mod=mod' };
    await learned(exporter);
    const before = told(await linesOf(target.world, state));
    fill(join(state, 'ballast'));
    const waiver = ['waiver', 'add', '--target', 't', '--reason', 'known', '--expires', '1d'];
    const accept = ['baseline', 'accept', '--target', 't', '--reason', 'so it is', target.world.workspace];
    for (const command of [waiver, accept]) {
      const refused = await godrift(target.world, command, env);
      expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('the disk is full') });
    }
    rmSync(join(state, 'ballast'));
    await shows(exporter, /^godrift_state_directory_writable 1$/m);
    expect(told(await linesOf(target.world, state))).toEqual(before);
    for (const command of [waiver, accept])
      expect(await godrift(target.world, command, env)).toMatchObject({ exitCode: 0 });
    const lines = told(await linesOf(target.world, state));
    expect(lines.slice(before.length).filter((line) => !line.startsWith('drift'))).toEqual([
      'waiver',
      'baseline accepted',
    ]);
  },
);
