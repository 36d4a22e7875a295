/** What an exporter knows of its targets, while its disk, its configuration or its clock is against it: a drift that stands stays one. */
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

/** A world with one target `t` that is configured in a file and whose environment is another file. */
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

/** Drifts GOFLAGS and waits until the page says so. */
async function drift(
  exporter: Exporter,
  { goflags }: Pick<ReturnType<typeof targetWorld>, 'goflags'>,
  value: string,
): Promise<void> {
  goflags(value);
  await shows(exporter, new RegExp(`drift_entry_info\\{.*actual="${value}"`));
}

/** Reloads, and waits until so many reloads are done. */
async function reload(exporter: Exporter, done: number): Promise<void> {
  process.kill(exporter.pid, 'SIGHUP');
  await eventually('the reload', async () => {
    const count = exporter.output().split('configuration reloaded').length - 1;
    return count >= done;
  });
}

/** Waits for so many more passes. */
async function passes(exporter: Exporter, more: number): Promise<void> {
  const count = async () => seriesOf(await exporter.metrics(), 'godrift_passes_total') ?? 0;
  const before = await count();
  await eventually(`${more} passes`, async () => (await count()) >= before + more);
}

/** What the page says of the drift of the environment: a reload must change none of it. */
async function standing(exporter: Exporter) {
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

/** The journal in short: type, and the value of GOFLAGS that a drift found. */
const told = (lines: readonly Line[]) =>
  lines.map(({ type, kind, changes = [] }) =>
    [type, kind, changes.find(({ key }) => key === 'env.GOFLAGS')?.actual].filter(Boolean).join(' '),
  );

const tmpfs = 'mount -t tmpfs -o size=256k,mode=0700 tmpfs "$GODRIFT_STATE_DIRECTORY"';

/** The words before a program that give it a state directory of its own, made by `script`. */
function wrapped(script: string): readonly string[] {
  if ('missing' in mounts) throw new Error(mounts.missing);
  return [...mounts.unshare, 'sh', '-c', `${script} && exec "$@"`, 'sh'];
}

/** A file that grows until not one byte more finds room. */
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
    const before = await standing(exporter);
    expect(before).toMatchObject({ level: 2, changes: 1 });
    await reload(exporter, 1);
    await passes(exporter, 4);
    expect(await standing(exporter)).toEqual(before);
    // Gone from the configuration and back: the same target still.
    target.configure('u');
    await reload(exporter, 2);
    target.configure('t', 'u');
    await reload(exporter, 3);
    await passes(exporter, 4);
    expect(await standing(exporter)).toEqual(before);
  },
);

test.skipIf(missingMounts !== '')(
  `on a full disk a reload tells no drift twice, and no end${missingMounts}`,
  async () => {
    const target = targetWorld();
    const exporter = await target.start(wrapped(tmpfs));
    const state = join('/proc', String(exporter.pid), 'root', target.world.state);
    await learned(exporter);
    fill(join(state, 'ballast'));
    const values = Array.from({ length: 12 }, (_, index) => `-tags=x${index}`);
    for (const value of values) await drift(exporter, target, value);
    const before = await standing(exporter);
    expect(before).toMatchObject({ level: 2, changes: 12 });
    await reload(exporter, 1);
    await passes(exporter, 4);
    expect(await standing(exporter)).toEqual(before);
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

/** The directory of target `t`. */
function filesOf({ world }: ReturnType<typeof targetWorld>): string {
  const targets = join(world.state, 'targets');
  return join(targets, readdirSync(targets)[0] ?? '');
}

/** A target whose exporter learned a baseline, saw a drift, and was stopped. */
async function driftedTarget() {
  const target = targetWorld();
  const exporter = await target.start();
  await learned(exporter);
  await drift(exporter, target, '-mod=mod');
  const before = await standing(exporter);
  expect(await exporter.stop()).toBe(0);
  return { target, before, lines: told(await linesOf(target.world)) };
}

const named = (prefix: string) => (directory: string) =>
  readdirSync(directory)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(directory, name))[0] as string;

/** The words before a program for which the mode of a file counts, also where the tests run as root. */
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
  `a target that drifted keeps all that was known of it when %s cannot be read at a start${missingModes}`,
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
    expect(await standing(exporter)).toEqual(before);
    expect(told(await linesOf(target.world))).toEqual(lines);
    expect(await godrift(target.world, ['events', '--verify'])).toMatchObject({ exitCode: 0 });
  },
);

test.each([
  ['damaged', (file: string) => writeFileSync(file, `${readFileSync(file, 'utf8')}\n`)],
  ['gone', (file: string) => rmSync(file)],
] as const)('a learned baseline whose snapshot is %s is lost until a person accepts one', async (_, hurt) => {
  const { target, lines } = await driftedTarget();
  hurt(named('learned-')(filesOf(target)));
  await lostUntilAccepted(target, lines);
});

test('a learned baseline whose file was removed is lost, the counters with it or not', async () => {
  for (const names of [['learned.json'], ['learned.json', 'state.json']]) {
    const { target, lines } = await driftedTarget();
    for (const name of names) rmSync(join(filesOf(target), name));
    await lostUntilAccepted(target, lines);
  }
});

/** Nothing is learned, nothing ends, and it is said, by the exporter and by a check; until a baseline is accepted. */
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

test('accepted at once beside an exporter, each is recorded, and the last one is whole', async () => {
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
  `what a full disk refuses a person is in no line of the journal${missingMounts}`,
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
