/** What an exporter knows of its targets, while its disk, its configuration or its clock is against it: a drift that stands stays one. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import {
  type Exporter,
  eventually,
  godrift,
  makeWorld,
  seriesOf,
  startExporter,
  type World,
} from '../../lab/godrift.ts';
import { missingMounts, mounts } from '../../lab/namespaces.ts';
import { ensureToolchain } from '../../lab/toolchains.ts';

const go = await ensureToolchain('1.27.4');
const running: Exporter[] = [];

afterEach(async () => {
  for (const exporter of running.splice(0)) await exporter.stop();
});

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
    writeFileSync(environment, `PATH=${world.env['PATH']}\0HOME=${world.home}\0GOFLAGS=${value}\0`);
  const configure = (...names: readonly string[]) =>
    writeFileSync(
      config,
      `interval: 200ms\ntargets:\n${names.map((name) => `  - {name: ${name}, workspace: ${world.workspace}, environment: {from: file, path: ${environment}}}\n`).join('')}`,
    );
  goflags('-mod=readonly');
  configure('t');
  const start = async (wrap: readonly string[] = [], env: Readonly<Record<string, string>> = {}) => {
    const exporter = await startExporter(world, ['--config.file', config], { wrap, env });
    running.push(exporter);
    return exporter;
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
