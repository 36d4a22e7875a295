/**
 * A sidecar without a cluster: an exporter of uid 1001 without capabilities, beside processes with their own
 * mount namespaces and roots, as in a pod with a shared process namespace. It may read what the kernel allows
 * (ptrace(2), PTRACE_MODE_READ_FSCREDS).
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { accept, goenvOf, worldWithGoenv } from '../lab/accepted.ts';
import {
  type Exporter,
  eventually,
  godrift,
  makeWorld,
  seriesOf,
  startExporter,
  type World,
} from '../lab/godrift.ts';
import { startReceiver } from '../lab/receiver.ts';
import { ensureToolchain, scratch, type Toolchain } from '../lab/toolchains.ts';

const may =
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['-m', 'setpriv', '--reuid=1001', '--clear-groups', 'true']).status === 0;
const skipped = may ? '' : ' [skipped, missing: root, unshare(1) and setpriv(1)]';

const running: (Exporter | ChildProcess)[] = [];
const inNamespaces: number[] = [];
afterEach(async () => {
  for (const pid of inNamespaces.splice(0)) process.kill(pid, 'SIGTERM');
  for (const one of running.splice(0).reverse()) {
    if ('url' in one) await one.stop();
    else one.kill('SIGKILL');
  }
});

const as = (uid: number, gid: number, more = '--bounding-set=-all --inh-caps=-all --no-new-privs') =>
  `setpriv --reuid=${uid} --regid=${gid} --clear-groups ${more}`;

/**
 * Starts a process of another container: `script` runs with `rights` in a
 * separate root with a toolchain and a workspace.
 */
async function container(go: Toolchain, rights: string, script: string): Promise<ChildProcess> {
  const [root, files] = [scratch('root'), scratch('files')];
  for (const name of ['workspace', 'home']) mkdirSync(join(files, name));
  writeFileSync(join(files, 'workspace/go.mod'), 'module example.com/app\n\ngo 1.21\n');
  writeFileSync(join(files, 'workspace/main.go'), 'package main\n\nfunc main() {}\n');
  // A -toolexec program that only sleeps keeps a build running without CPU time.
  writeFileSync(join(files, 'slow'), '#!/bin/sh\nsleep 60\n');
  chmodSync(join(files, 'slow'), 0o755);
  for (const name of ['', 'workspace', 'home']) chmodSync(join(files, name), 0o777);
  const start = `set -e
mount -t tmpfs -o mode=755 tmpfs '${root}'; cd '${root}'; mkdir usr etc proc go dev; mkdir -m 1777 tmp
for one in bin lib lib64; do [ -e /$one ] && ln -s usr/$one $one; done
mount --bind /usr usr; mount --bind /dev dev; mount -t proc proc proc; mount --bind '${go.goroot}' go
for one in workspace home; do mkdir $one; mount --bind '${files}'/$one $one; done
cp '${join(files, 'slow')}' .
exec chroot '${root}' ${rights} /bin/sh -c 'cd /workspace; echo ready; ${script}'`;
  const child = spawn('unshare', ['-m', 'sh', '-c', start], {
    env: { PATH: '/go/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/home', CGO_ENABLED: '0' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  running.push(child);
  await said(child, 'ready');
  return child;
}

/** Resolves when a process has written a word; rejects if the process ends before. */
async function said(child: ChildProcess, word: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (bytes: Buffer) => {
      if (bytes.toString().includes(word)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the process ended with exit code ${code}`)));
  });
}

/** Starts an exporter of uid 1001 with these targets, wrapped in the command `before`. */
async function sidecar(
  targets: string,
  before: readonly string[] = [],
): Promise<Exporter & { world: World }> {
  const world = makeWorld(undefined);
  const config = join(world.home, 'godrift.yml');
  writeFileSync(config, `targets:\n${targets}`);
  mkdirSync(world.state, { mode: 0o700 });
  chmodSync(world.home, 0o755);
  chownSync(world.state, 1001, 1001);
  const wrap = [...before, ...as(1001, 1001).split(' ')];
  const exporter = await startExporter(world, ['--interval', '500ms', '--config.file', config], { wrap });
  running.push(exporter);
  return { ...exporter, world };
}

const target = (name: string, environment: string, workspace = '/workspace') =>
  `  - {name: ${name}, workspace: ${workspace}, environment: {${environment}}}\n`;

describe.skipIf(!may)(`a sidecar${skipped}`, () => {
  it('reads processes with its ids and no more capabilities, and reports the reason for all others', async () => {
    const go = await ensureToolchain('1.27.4');
    const capable = '--inh-caps=+net_bind_service --ambient-caps=+net_bind_service';
    const groups = [
      ['same', 1001, as(1001, 1001), 'ok'],
      ['capable', 1001, as(1001, 1001, capable), 'capabilities'],
      ['group', 1001, as(1001, 2000), 'gid'],
      ['user', 1002, as(1002, 1001), 'uid'],
    ] as const;
    for (const [index, [, , rights]] of groups.entries())
      await container(go, rights, `exec sleep 6050${index}`);
    const exporter = await sidecar(
      [
        ...groups.map(([name, uid], index) =>
          target(name, `from: process, cmdline: sleep 6050${index}, uid: ${uid}`),
        ),
        // Without `uid` a process of another user is not observed, but reported.
        target('untold', 'from: process, cmdline: sleep 60503'),
        target('nobody', 'from: process, cmdline: sleep 60509, uid: 1001'),
      ].join(''),
    );
    // A target whose first pass was slow may report another reason at first.
    const shows = async (name: string, reason: string, value: number) =>
      await eventually(`${name} to be ${reason}`, async () => {
        const page = await exporter.metrics();
        return seriesOf(page, 'godrift_target_readable', { target: name, reason }) === value
          ? page
          : undefined;
      });
    for (const [name, , , reason] of groups) {
      const ok = reason === 'ok' ? 1 : 0;
      const page = await shows(name, reason, ok);
      const version = seriesOf(page, 'godrift_toolchain_info', { target: name, version: '1.27.4' });
      expect(version, name).toBe(ok === 1 ? 1 : undefined);
    }
    await shows('untold', 'uid', 0);
    await shows('nobody', 'not-found', 0);
  });

  it('observes a build of three seconds in another container, and keeps its environment after the build has ended', async () => {
    const go = await ensureToolchain('1.27.4');
    const build = 'GOAMD64=v3 timeout 3 go build -toolexec /slow -o /dev/null .';
    const builder = await container(go, as(1001, 1001), `read line; ${build}; echo built; exec sleep 60510`);
    const exporter = await sidecar(target('build', 'from: build, uid: 1001'));
    const before = await exporter.metrics();
    expect(seriesOf(before, 'godrift_target_readable', { target: 'build' })).toBe(0);
    const built = said(builder, 'built');
    builder.stdin?.write('now\n');
    await built;
    // The build has ended by now, and its parent was unknown to the exporter.
    const page = await eventually('its environment', async () => {
      const now = await exporter.metrics();
      return seriesOf(now, 'godrift_target_readable', { target: 'build', reason: 'ok' }) === 1
        ? now
        : undefined;
    });
    const labels = { target: 'build', name: 'GOAMD64', value: 'v3' };
    expect(seriesOf(page, 'godrift_env_info', labels)).toBe(1);
    expect(seriesOf(page, 'godrift_toolchain_info', { target: 'build', version: '1.27.4' })).toBe(1);
    const info = { target: 'build', environment_source: 'build' };
    expect(seriesOf(page, 'godrift_target_info', info)).toBe(1);
    // The builder's root disappears with the container, and the exporter's own root does not replace it.
    builder.kill('SIGKILL');
    const gone = await eventually('the target to be unreadable', async () => {
      const now = await exporter.metrics();
      return seriesOf(now, 'godrift_target_readable', { target: 'build' }) === 0 ? now : undefined;
    });
    expect(seriesOf(gone, 'godrift_toolchain_info', { target: 'build' })).toBeUndefined();
  });

  it('without a shared process namespace observes the mounted workspace and reports the reason; hidepid is another reason', async () => {
    const mounted = scratch('mounted');
    chmodSync(mounted, 0o755);
    writeFileSync(join(mounted, 'go.mod'), 'module example.com/app\n\ngo 1.21\n');
    const alone = ['unshare', '-m', '-p', '-f', '--mount-proc'];
    const unshared = await sidecar(target('build', 'from: build', mounted), alone);
    // unshare(1) waits for the exporter but forwards no signals, so the exporter is stopped directly.
    const inner = Number(readFileSync(`/proc/${unshared.pid}/task/${unshared.pid}/children`, 'utf8'));
    inNamespaces.push(inner);
    const reason = 'no-shared-pid-namespace';
    const page = await eventually('the reason', async () => {
      const now = await unshared.metrics();
      return seriesOf(now, 'godrift_target_readable', { target: 'build', reason }) === 0 ? now : undefined;
    });
    expect(seriesOf(page, 'godrift_collector_success', { target: 'build', collector: 'context' })).toBe(1);
    const expected = { target: 'build', version: '1.21', source: 'go.mod' };
    expect(seriesOf(page, 'godrift_toolchain_expected_info', expected)).toBe(1);

    const script = 'mount -t proc -o hidepid=invisible proc /proc && exec "$@"';
    const hiding = await sidecar(target('build', 'from: process, cmdline: sleep 60520, uid: 1002'), [
      ...['unshare', '-m', 'sh', '-c', script, 'sh'],
    ]);
    const hidden = { target: 'build', reason: 'hidepid' };
    await eventually(
      'the reason',
      async () => seriesOf(await hiding.metrics(), 'godrift_target_readable', hidden) === 0,
    );
  });
});

describe('stopping a sidecar', () => {
  it('makes a last pass, and the drift found in it is sent', async () => {
    const world = worldWithGoenv(await ensureToolchain('1.27.4'), 'GOFLAGS=-trimpath\n');
    await accept(world);
    const backend = await startReceiver(() => ({
      headers: { 'content-type': 'application/json' },
      body: '{}',
    }));
    try {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: backend.url };
      const exporter = await startExporter(world, ['--interval', '1h'], { env });
      running.push(exporter);
      writeFileSync(goenvOf(world), 'GOFLAGS=-mod=mod\n');
      // Stopped before the change is observed: the debounce waits for further changes.
      expect(await exporter.stop()).toBe(0);
      // On a slow machine the last pass may time out, which is logged.
      if (exporter.output().includes('the last pass did not end in time')) return;
      const told = (await godrift(world, ['events', '--json'])).stdout;
      expect(told).toContain('"type":"drift"');
      expect(backend.received.map(({ body }) => body).join('')).toContain('detect drift');
    } finally {
      await backend.close();
    }
  });
});
