/**
 * An exporter that runs as root and observes builders with their own roots and mount namespaces. It must
 * report the files of each builder, although the host and the other builder have different files under the
 * same paths.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Exporter, eventually, makeWorld, seriesOf, startExporter } from '../lab/godrift.ts';
import { buildTool } from '../lab/tool-programs.ts';
import { ensureToolchain, scratch, type Toolchain } from '../lab/toolchains.ts';

const mayUnshare = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;
const skipped = mayUnshare ? '' : ' [skipped, missing: root and unshare(1)]';

/** The path of each builder's files. The same path exists on the host. */
const place = '/tmp/godrift-same-place';

const running: (Exporter | ChildProcess)[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) {
    if ('url' in one) await one.stop();
    else one.kill('SIGKILL');
  }
  // The host's own directory is empty: its mount is in the exporter's namespace.
  rmSync(place, { recursive: true, force: true });
});

/** Creates below `top` the files of a toolchain that an observation reads first, a tool and a workspace. */
async function furnish(top: string, go: Toolchain, tool: string, line: string): Promise<void> {
  const goroot = join(top, 'go');
  for (const name of ['bin/go', 'bin/gofmt', 'VERSION', 'go.env']) {
    mkdirSync(join(goroot, name, '..'), { recursive: true });
    copyFileSync(join(go.goroot, name), join(goroot, name));
  }
  mkdirSync(join(goroot, 'pkg/tool'), { recursive: true });
  for (const name of ['go', 'gofmt']) chmodSync(join(goroot, 'bin', name), 0o755);
  await buildTool(go, join(top, 'tools/gopls'), { path: 'golang.org/x/tools/gopls', version: tool });
  mkdirSync(join(top, 'src'));
  writeFileSync(join(top, 'src/go.mod'), `module example.com/app\n\ngo ${line}\n`);
  writeFileSync(join(top, 'src/.godrift.yml'), `required: [WANTED_WITH_GO_${line.replaceAll('.', '_')}]\n`);
}

/** Starts a builder whose root is a separate file system, with `files` mounted at {@link place}. */
async function builder(name: string, files: string): Promise<ChildProcess> {
  const root = scratch(`root-${name}`);
  const script = `set -e
mount -t tmpfs tmpfs '${root}'; cd '${root}'; mkdir -p usr etc proc '.${place}'; mount --bind /usr usr; mount --bind '${files}' '.${place}'
for one in bin lib lib64; do [ -e /$one ] && ln -s usr/$one $one; done
exec chroot '${root}' /bin/sh -c 'echo ready; exec /bin/sleep ${name}'`;
  const child = spawn('unshare', ['-m', 'sh', '-c', script], {
    env: { PATH: `${place}/go/bin:${place}/tools:/usr/sbin:/usr/bin:/sbin:/bin`, HOME: place },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(child);
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the builder ended with exit code ${code}`)));
  });
  return child;
}

describe.skipIf(!mayUnshare)(`builders in other roots${skipped}`, () => {
  it('are each told by their own files, though all paths are equal, and never by the host’s', async () => {
    const [go124, go126, go127] = await Promise.all(
      ['1.24.13', '1.26.0', '1.27.4'].map((one) => ensureToolchain(one)),
    );
    const homes = [scratch('one'), scratch('two')] as const;
    await furnish(homes[0], go126 as Toolchain, 'v0.21.1', '1.21.1');
    await furnish(homes[1], go127 as Toolchain, 'v0.22.2', '1.21.2');
    // The exporter's own namespace has a third tree at this path. It would be read if the root were ignored.
    const own = scratch('host');
    await furnish(own, go124 as Toolchain, 'v0.20.0', '1.21.3');
    await builder('60401', homes[0]);
    await builder('60402', homes[1]);
    const world = makeWorld(go124 as Toolchain);
    const config = join(world.home, 'godrift.yml');
    const target = (name: string, sleep: string) =>
      `  - {name: ${name}, workspace: ${place}/src, environment: {from: process, cmdline: sleep ${sleep}}}\n`;
    writeFileSync(config, `targets:\n${target('one', '60401')}${target('two', '60402')}`);
    const exporter = await startExporter(world, ['--interval', '300ms', '--config.file', config], {
      wrap: [
        'unshare',
        '-m',
        'sh',
        '-c',
        `mkdir -p ${place} && mount --bind '${own}' ${place} && exec "$@"`,
        'sh',
      ],
    });
    running.push(exporter);
    const page = await exporter.metrics();
    for (const [name, version, tool, line] of [
      ['one', '1.26.0', 'v0.21.1', '1.21.1'],
      ['two', '1.27.4', 'v0.22.2', '1.21.2'],
    ] as const) {
      const of = (family: string, labels: Readonly<Record<string, string>>) =>
        seriesOf(page, `godrift_${family}`, { target: name, ...labels });
      expect(of('target_readable', { reason: 'ok' }), name).toBe(1);
      expect(of('toolchain_info', { version }), name).toBe(1);
      expect(of('tool_info', { tool: 'gopls', version: tool }), name).toBe(1);
      expect(of('toolchain_expected_info', { version: line, source: 'go.mod' }), name).toBe(1);
      const wanted = `WANTED_WITH_GO_${line.replaceAll('.', '_')}`;
      expect(of('env_required_missing', { name: wanted }), name).toBe(1);
      for (const collector of ['toolchain', 'env', 'modules', 'cache', 'tools', 'context'])
        expect(of('collector_success', { collector }), `${name} ${collector}`).toBe(1);
    }
    expect(page).not.toMatch(/1\.24\.13|v0\.20\.0|1[._]21[._]3/);
    expect(page).not.toContain('.root-');

    // A change in one builder's files is reported for its target only.
    writeFileSync(join(homes[0], 'src/go.mod'), 'module example.com/app\n\ngo 1.21.4\n');
    const expects = (on: string, name: string, version: string) =>
      seriesOf(on, 'godrift_toolchain_expected_info', { target: name, version, source: 'go.mod' });
    const changed = await eventually('the change', async () => {
      const now = await exporter.metrics();
      return expects(now, 'one', '1.21.4') === 1 ? now : undefined;
    });
    expect(expects(changed, 'two', '1.21.2')).toBe(1);

    // When the builder's process ends, its series end too. No file of the host replaces them.
    const [first] = running as [ChildProcess];
    first.kill('SIGKILL');
    const gone = await eventually('the target to be unreadable', async () => {
      const now = await exporter.metrics();
      return seriesOf(now, 'godrift_target_readable', { target: 'one' }) === 0 ? now : undefined;
    });
    expect(seriesOf(gone, 'godrift_toolchain_info', { target: 'one' })).toBeUndefined();
    expect(seriesOf(gone, 'godrift_toolchain_info', { target: 'two', version: '1.27.4' })).toBe(1);
  });
});
