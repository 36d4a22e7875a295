/**
 * An exporter that runs as root and observes another user's environment: programs which that user may not
 * execute are skipped.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { copyToolchain } from '../lab/copied-toolchain.ts';
import { type Exporter, eventually, makeWorld, seriesOf, startExporter, type World } from '../lab/godrift.ts';
import { buildTool } from '../lab/tool-programs.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const nobody = 65_534;
const mayBeNobody =
  process.getuid?.() === 0 &&
  spawnSync('setpriv', [`--reuid=${nobody}`, '--clear-groups', 'true']).status === 0;
const skipped = mayBeNobody ? '' : ' [skipped, missing: root and setpriv(1)]';

const running: (Exporter | ChildProcess)[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) {
    if ('url' in one) await one.stop();
    else one.kill('SIGKILL');
  }
});

/**
 * Two directories of PATH, each with a go, a gopls and a gcc. `how` makes
 * the first one executable for root only.
 */
async function builder(
  how: (first: string) => void,
): Promise<{ readonly world: World; readonly PATH: string }> {
  const [go126, go127] = [await ensureToolchain('1.26.0'), await ensureToolchain('1.27.4')];
  const world = makeWorld(undefined);
  chmodSync(world.home, 0o755);
  const [first, second] = [join(world.home, 'first'), join(world.home, 'second')];
  copyToolchain(go126, first);
  copyToolchain(go127, second);
  for (const [directory, version] of [
    [first, 'v0.21.1'],
    [second, 'v0.22.2'],
  ] as const) {
    await buildTool(go126, join(directory, 'bin/gopls'), { path: 'golang.org/x/tools/gopls', version });
    writeFileSync(join(directory, 'bin/gcc'), compiler(version));
    chmodSync(join(directory, 'bin/gcc'), 0o755);
  }
  how(join(first, 'bin'));
  return { world, PATH: `${join(first, 'bin')}:${join(second, 'bin')}:/bin` };
}

async function served(world: World, environment: string): Promise<string> {
  const config = join(world.home, 'godrift.yml');
  writeFileSync(
    config,
    `targets: [{name: theirs, workspace: ${world.workspace}, environment: ${environment}}]\n`,
  );
  const exporter = await startExporter(world, ['--config.file', config]);
  running.push(exporter);
  return await eventually('a first look', async () => {
    const page = await exporter.metrics();
    return page.includes('godrift_toolchain_info{') ? page : undefined;
  });
}

/** The compiler in each directory, and the version reported for a compiler that does not state one. */
const compiler = (version: string) => `#!/bin/sh\n# ${version}\n`;
const compilerOf = (version: string) =>
  `gcc sha256:${createHash('sha256').update(compiler(version)).digest('hex').slice(0, 16)}`;

function expectSecond(page: string): void {
  expect(seriesOf(page, 'godrift_toolchain_info', { version: '1.27.4' })).toBe(1);
  expect(seriesOf(page, 'godrift_tool_info', { tool: 'gopls', version: 'v0.22.2' })).toBe(1);
  expect(seriesOf(page, 'godrift_toolchain_info', { version: '1.26.0' })).toBeUndefined();
  expect(page).not.toContain('v0.21.1');
  expect(seriesOf(page, 'godrift_tool_info', { tool: 'cc', version: compilerOf('v0.22.2') })).toBe(1);
  // Only the go commands that the user may execute are compared.
  expect(page).not.toContain('rule="go-shadowed"');
}

const ways: readonly (readonly [string, (first: string) => void])[] = [
  [
    'files of mode 0700',
    (first) => {
      for (const name of ['go', 'gopls', 'gcc']) chmodSync(join(first, name), 0o700);
    },
  ],
  ['a directory of mode 0700', (first) => chmodSync(first, 0o700)],
  [
    'files for a group that it is not in',
    (first) => {
      for (const name of ['go', 'gopls', 'gcc']) {
        chownSync(join(first, name), 0, 64_322);
        chmodSync(join(first, name), 0o750);
      }
    },
  ],
];

describe.skipIf(!mayBeNobody)(`programs that another user may not execute${skipped}`, () => {
  it.each(ways)('are skipped for a process of that user: %s', async (_, how) => {
    const { world, PATH } = await builder(how);
    const child = spawn(
      'setpriv',
      [
        `--reuid=${nobody}`,
        `--regid=${nobody}`,
        '--clear-groups',
        'sh',
        '-c',
        'echo ready; exec sleep 60321',
      ],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { PATH: `${PATH}:/usr/bin`, HOME: world.home, CGO_ENABLED: '1' },
      },
    );
    running.push(child);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    expectSecond(await served(world, '{from: process, uid: 65534, cmdline: sleep 60321}'));
  });

  it('without root, a process of another user is reported as reason="uid", a missing one as "not-found"', async () => {
    const world = makeWorld(undefined);
    for (const directory of [world.home, world.workspace]) chownSync(directory, nobody, nobody);
    const child = spawn('sleep', ['60322']);
    running.push(child);
    const selectors = ['exe: sleep, uid: 0', 'exe: /usr/bin/sleep', 'cmdline: sleep 60322', 'exe: slumber'];
    const targets = selectors.map(
      (selector, at) =>
        `{name: t${at}, workspace: ${world.workspace}, environment: {from: process, ${selector}}}`,
    );
    const config = join(world.home, 'godrift.yml');
    writeFileSync(config, `targets: [${targets.join(', ')}]\n`);
    const wrap = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
    const exporter = await startExporter(world, ['--config.file', config], { wrap });
    running.push(exporter);
    const page = await exporter.metrics();
    const reasons = ['uid', 'uid', 'uid', 'not-found'];
    for (const [at, reason] of reasons.entries())
      expect(seriesOf(page, 'godrift_target_readable', { target: `t${at}`, reason })).toBe(0);
  });

  it('are skipped for an environment that the user publishes', async () => {
    const { world, PATH } = await builder((first) => chmodSync(first, 0o700));
    const published = join(world.home, 'environ');
    writeFileSync(published, `PATH=${PATH}\0HOME=${world.home}\0CGO_ENABLED=1\0`);
    chownSync(published, nobody, nobody);
    expectSecond(await served(world, `{from: file, path: ${published}}`));
  });

  it('are used for an environment that root publishes', async () => {
    const { world, PATH } = await builder((first) => chmodSync(first, 0o700));
    const published = join(world.home, 'environ');
    writeFileSync(published, `PATH=${PATH}\0HOME=${world.home}\0CGO_ENABLED=1\0`);
    const page = await served(world, `{from: file, path: ${published}}`);
    expect(seriesOf(page, 'godrift_toolchain_info', { version: '1.26.0' })).toBe(1);
    expect(seriesOf(page, 'godrift_tool_info', { tool: 'gopls', version: 'v0.21.1' })).toBe(1);
  });
});
