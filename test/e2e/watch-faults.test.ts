/**
 * Failing watches of a built exporter: an event queue that overflows, the limit of watches, directories that
 * are moved or mounted over, and a mount that hangs. A change without an inotify event is found and counted
 * by the next pass. A target that hangs is reported and delays no other target.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { copyToolchain } from '../lab/copied-toolchain.ts';
import { type Exporter, eventually, makeWorld, seriesOf } from '../lab/godrift.ts';
import { missingMounts, mounts } from '../lab/namespaces.ts';
import { replaceFile } from '../lab/replace-file.ts';
import { startsExporters } from '../lab/running.ts';
import { ensureToolchain, scratch } from '../lab/toolchains.ts';

const go = await ensureToolchain('1.27.4');
const started = startsExporters('SIGKILL');
const holders: ChildProcess[] = [];
afterEach(() => {
  for (const one of holders.splice(0)) one.kill('SIGKILL');
});

const good = '-mod=readonly';
const bad = '-mod=mod';

/** A world in which each target has a directory with an environment file and a workspace `work`. */
function furnish(names: readonly string[]) {
  const toolchain = join(scratch('faults'), 'go');
  copyToolchain(go, toolchain);
  const world = makeWorld({ ...go, goroot: toolchain });
  const at = (name: string, file = '') => join(world.home, 'targets', name, file);
  const set = (name: string, flags: string) =>
    replaceFile(at(name, 'environ'), `PATH=${world.env['PATH']}\0HOME=${world.home}\0GOFLAGS=${flags}\0`);
  const make = (name: string, flags: string) => {
    mkdirSync(at(name, 'work'), { recursive: true });
    writeFileSync(at(name, 'work/go.mod'), 'module example.com/a\n\ngo 1.21\n');
    set(name, flags);
  };
  for (const name of names) make(name, good);
  const config = join(world.home, 'godrift.yml');
  const targets = names.map((name) => ({
    name,
    workspace: at(name, 'work'),
    environment: { from: 'file', path: at(name, 'environ') },
  }));
  const write = (interval: string) => writeFileSync(config, JSON.stringify({ interval, targets }));
  return { world, at, set, make, write, args: ['--config.file', config] };
}

const value = async (exporter: Exporter, name: string, labels: Readonly<Record<string, string>> = {}) =>
  seriesOf(await exporter.metrics(), `godrift_${name}`, labels);

/** Waits until a target has this drift level. */
const drifted = (exporter: Exporter, target: string, level: 0 | 2) =>
  eventually(
    `level ${level} of ${target}`,
    async () => (await value(exporter, 'drift_level', { target, facet: 'env' })) === level,
  );

const learned = (exporter: Exporter, names: readonly string[]) =>
  eventually('learned baselines', async () => {
    const page = await exporter.metrics();
    return names.every(
      (target) => seriesOf(page, 'godrift_baseline_info', { target, kind: 'learned' }) !== undefined,
    );
  });

/** Starts an exporter of these targets and waits until it has learned their baselines. */
async function observed(
  names: readonly string[],
  furnished: ReturnType<typeof furnish>,
  wrap: readonly string[] = [],
): Promise<Exporter> {
  furnished.write('1s');
  const exporter = await started(furnished.world, furnished.args, { wrap });
  await learned(exporter, names);
  // After two more passes all files of the last observation are watched.
  const passes = await value(exporter, 'passes_total');
  await eventually('two more passes', async () => {
    const now = await value(exporter, 'passes_total');
    return now !== undefined && passes !== undefined && now >= passes + 2;
  });
  return exporter;
}

const missed = (exporter: Exporter) => value(exporter, 'watch_missed_changes_total');

/** Expects that a change is announced by inotify: it is reported without a missed change being counted. */
async function announces(exporter: Exporter, target: string, change: () => void, level: 0 | 2) {
  const before = await missed(exporter);
  change();
  await drifted(exporter, target, level);
  expect(await missed(exporter), `missed of ${target}`).toBe(before);
}

it('after an overflow of the event queue, lost changes are found and counted, and later ones are announced', async () => {
  const names = ['busy', 'quiet'];
  const furnished = furnish(names);
  const { at, set, make } = furnished;
  const exporter = await observed(names, furnished);
  const queued = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
  process.kill(exporter.pid, 'SIGSTOP');
  await eventually('the exporter to be stopped', async () =>
    / T /.test(readFileSync(`/proc/${exporter.pid}/stat`, 'utf8')),
  );
  for (let event = 0; event < 2 * queued; event += 2) {
    writeFileSync(at('busy', 'work/flood'), '');
    rmSync(at('busy', 'work/flood'));
  }
  // The other target's directories are removed and recreated, mostly with the same inodes.
  rmSync(at('quiet'), { recursive: true });
  make('quiet', bad);
  process.kill(exporter.pid, 'SIGCONT');
  await drifted(exporter, 'quiet', 2);
  expect(await missed(exporter)).toBe(1);
  await announces(exporter, 'quiet', () => set('quiet', good), 0);
  await announces(exporter, 'busy', () => set('busy', bad), 2);
});

const limitOf = (watches: number) => [
  'unshare',
  '-U',
  '-r',
  'sh',
  '-c',
  `echo ${watches} > /proc/sys/user/max_inotify_watches && exec "$@"`,
  'sh',
];
const [unshare = '', ...withLimit] = limitOf(4);
const mayLimit = spawnSync(unshare, [...withLimit, 'true']).status === 0;

it.skipIf(!mayLimit)(
  `at the limit of watches, the page shows how many failed, and the next pass finds each change${mayLimit ? '' : ' [skipped, missing: user namespaces with their own limit]'}`,
  async () => {
    const names = ['a', 'b', 'c', 'd'];
    const furnished = furnish(names);
    const exporter = await observed(names, furnished, limitOf(4));
    expect(await value(exporter, 'watches_failed')).toBeGreaterThan(4);
    for (const name of names) furnished.set(name, bad);
    for (const name of names) await drifted(exporter, name, 2);
    for (const name of names) furnished.set(name, good);
    for (const name of names) await drifted(exporter, name, 0);
    expect(await missed(exporter)).toBeGreaterThan(0);
  },
);

it('a workspace that is moved, or whose parent is moved, is reported as absent and watched again when it is back', async () => {
  const names = ['a', 'b'];
  const furnished = furnish(names);
  const { world, at, set } = furnished;
  const exporter = await observed(names, furnished);
  const readable = (target: string, reason: string) =>
    eventually(`${target} ${reason}`, async () => {
      const page = await exporter.metrics();
      return seriesOf(page, 'godrift_target_readable', { target, reason }) === (reason === 'ok' ? 1 : 0);
    });
  renameSync(at('a', 'work'), at('a', 'away'));
  await readable('a', 'workspace-absent');
  expect(await value(exporter, 'target_readable', { target: 'b', reason: 'ok' })).toBe(1);
  renameSync(at('a', 'away'), at('a', 'work'));
  await readable('a', 'ok');
  // inotify does not announce the move of a parent of the watched directories (inotify(7)).
  const top = join(world.home, 'targets');
  renameSync(top, `${top}.away`);
  for (const name of names) await readable(name, 'workspace-absent');
  renameSync(`${top}.away`, top);
  for (const name of names) await readable(name, 'ok');
  for (const name of names) await announces(exporter, name, () => set(name, bad), 2);
  // After a directory was replaced, changes in the new one are announced.
  renameSync(at('a'), at('old'));
  furnished.make('a', good);
  await drifted(exporter, 'a', 0);
  await announces(exporter, 'a', () => set('a', bad), 2);
});

/** Runs a script in the mount namespace of an exporter; resolves when the script writes its first output. */
async function beside(exporter: Exporter, script: string, ...args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(
    'nsenter',
    [`--mount=/proc/${exporter.pid}/ns/mnt`, 'sh', '-ec', script, 'sh', ...args],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  holders.push(child);
  await Promise.race([
    once(child.stdout as NodeJS.ReadableStream, 'data'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the script ended with ${code}`))),
  ]);
  return child;
}

const isRoot = process.getuid?.() === 0 && 'unshare' in mounts;
const needs = isRoot ? '' : missingMounts || ' [skipped, missing: root]';

it.skipIf(!isRoot)(
  `a directory that is mounted over is observed with its new content from the next pass on, and watched${needs}`,
  async () => {
    const names = ['a', 'b'];
    const furnished = furnish(names);
    const { world, at, set } = furnished;
    const exporter = await observed(names, furnished, ['unshare', '-m']);
    const other = join(world.home, 'other');
    mkdirSync(join(other, 'work'), { recursive: true });
    writeFileSync(join(other, 'work/go.mod'), readFileSync(at('a', 'work/go.mod')));
    const environ = readFileSync(at('a', 'environ'), 'utf8');
    const setOther = (flags: string) => replaceFile(join(other, 'environ'), environ.replace(good, flags));
    setOther(bad);
    const mounted = await beside(
      exporter,
      'mount --bind "$1" "$2"; echo; read -r _; umount "$2"',
      other,
      at('a'),
    );
    await drifted(exporter, 'a', 2);
    await announces(exporter, 'a', () => setOther(good), 0);
    mounted.stdin?.end('\n');
    await once(mounted, 'exit');
    await announces(exporter, 'b', () => set('b', bad), 2);
    set('a', bad);
    await drifted(exporter, 'a', 2);
  },
);

const mayHang = isRoot && existsSync('/dev/fuse');

it.skipIf(!mayHang)(
  `a hanging mount gives its target reason="timeout" until it is unmounted; other targets, page and health are not affected${mayHang ? '' : needs || ' [skipped, missing: /dev/fuse]'}`,
  async () => {
    const names = ['a', 'b', 'hung'];
    const furnished = furnish(names);
    const { at, set } = furnished;
    const exporter = await observed(names, furnished, ['unshare', '-m']);
    // A FUSE file system whose process never answers. When that process
    // ends, all waiting calls end (fuse(4)).
    const mounted = await beside(
      exporter,
      'exec 3<>/dev/fuse; mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 hung "$1"; echo; read -r _; umount -l "$1"',
      at('hung', 'work'),
    );
    await eventually('the target to time out', async () => {
      const page = await exporter.metrics();
      return seriesOf(page, 'godrift_target_readable', { target: 'hung', reason: 'timeout' }) === 0;
    });
    expect((await fetch(`${exporter.url}/-/healthy`)).ok).toBe(true);
    expect((await fetch(`${exporter.url}/-/ready`)).ok).toBe(true);
    for (const [flags, level] of [
      [bad, 2],
      [good, 0],
    ] as const) {
      for (const name of ['a', 'b']) set(name, flags);
      for (const name of ['a', 'b']) await drifted(exporter, name, level);
    }
    // Other targets whose watches were set while a file hung are not reported as unreadable.
    for (const target of ['a', 'b'])
      expect(await value(exporter, 'target_readable', { target, reason: 'ok' }), target).toBe(1);
    mounted.stdin?.end('\n');
    await once(mounted, 'exit');
    await eventually('the target to be readable again', async () => {
      const page = await exporter.metrics();
      return seriesOf(page, 'godrift_target_readable', { target: 'hung', reason: 'ok' }) === 1;
    });
    await announces(exporter, 'hung', () => set('hung', bad), 2);
    expect(await exporter.stop('SIGTERM')).toBe(0);
  },
);
