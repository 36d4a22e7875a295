/**
 * Editors of a workspace as real processes: programs with the names of editors, started in other directories
 * and environments.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/drift/model.ts';
import {
  eventually,
  godrift,
  makeWorld,
  patienceMs,
  seriesOf,
  startExporter,
  type World,
} from '../lab/godrift.ts';
import { ensureToolchain, scratch } from '../lab/toolchains.ts';

const go126 = await ensureToolchain('1.26.0');
const go127 = await ensureToolchain('1.27.4');
const shelf = scratch('editors');
for (const name of ['gopls', 'code', 'nvim', 'zed', 'less']) copyFileSync('/bin/bash', join(shelf, name));

const running: { end: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.end();
});

interface Started {
  readonly pid: number;
  /** The first line that the process printed. */
  readonly said: string;
  readonly end: () => Promise<void>;
}

/**
 * Starts a program that waits until its input ends, after running `script`. Resolves when the program runs.
 */
async function start(
  name: string,
  place: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
  args: readonly string[] = [],
  script = '',
): Promise<Started> {
  const child = execa(join(shelf, name), ['-c', `${script} echo $$; read -r _`, ...args], {
    ...place,
    extendEnv: false,
    reject: false,
    stdin: 'pipe',
    stdout: 'pipe',
    timeout: patienceMs,
  });
  const said = await new Promise<string>((resolve) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
  });
  const end = async () => {
    child.kill('SIGKILL');
    await child;
  };
  const started = { pid: child.pid ?? -1, said, end };
  running.push(started);
  return started;
}

async function checkEditors(
  world: World,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly found: readonly Finding[]; readonly editors: unknown }> {
  const { stdout } = await godrift(world, ['check', '--json'], env);
  const document = JSON.parse(stdout);
  return {
    found: document.findings.filter(({ rule }: Finding) => rule === 'ide-environment-differs'),
    editors: document.context.editors,
  };
}

const said = (found: readonly Finding[]) =>
  found.map(({ level, expected, actual }) => [level, expected, actual]);

const mayBeNobody = process.getuid?.() === 0 && existsSync('/usr/bin/perl') && existsSync('/usr/bin/setpriv');

describe('an editor of the workspace', () => {
  it.runIf(mayBeNobody)(
    `is not a setuid program started by another user${mayBeNobody ? '' : ' [skipped, missing: root, setpriv(1) and perl]'}`,
    async () => {
      const world = makeWorld(go127);
      chmodSync(world.home, 0o755);
      const fake = join(world.home, 'gopls');
      copyFileSync('/usr/bin/perl', fake);
      chmodSync(fake, 0o4755);
      const code = '$< = $>; $| = 1; print "ready\\n"; sleep 600';
      const child = execa(
        'setpriv',
        ['--reuid=65534', '--regid=65534', '--clear-groups', fake, '-e', code, world.workspace],
        { env: { ...world.env, GOFLAGS: '-tags=s3cr3t' }, extendEnv: false, reject: false },
      );
      running.push({
        end: async () => {
          child.kill('SIGKILL');
          await child;
        },
      });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      expect(readFileSync(`/proc/${child.pid}/status`, 'utf8')).toMatch(/^Uid:\t0\t0\t0\t0$/m);
      expect(await checkEditors(world)).toEqual({ found: [], editors: [] });
    },
  );

  it('is skipped if its GOENV is too large, without an effect on the target', async () => {
    const world = makeWorld(go127);
    const large = join(world.home, 'large');
    writeFileSync(large, '#'.repeat(5_000_000));
    await start('gopls', { cwd: world.workspace, env: { ...world.env, GOENV: large } });
    const other = await start('nvim', { cwd: world.workspace, env: { ...world.env, GOFLAGS: '-tags=ide' } });
    const { found, editors } = await checkEditors(world);
    expect(editors).toEqual([{ ide: 'neovim', pid: other.pid }]);
    expect(found).toHaveLength(1);
  });

  it('is reported with its pid if gopls has other flags and another go, but not in the same environment', async () => {
    const world = makeWorld(go127);
    const same = await start('gopls', { cwd: world.workspace, env: world.env });
    expect(await checkEditors(world)).toEqual({ found: [], editors: [{ ide: 'gopls', pid: same.pid }] });
    await same.end();

    const env = {
      ...world.env,
      GOFLAGS: '-tags=ide',
      PATH: (world.env['PATH'] ?? '').replace(go127.goroot, go126.goroot),
    };
    const other = await start('gopls', { cwd: join(world.workspace), env });
    const { found } = await checkEditors(world);
    expect(said(found)).toEqual([
      ['minor', 'go1.27.4', 'go1.26.0'],
      ['minor', 'GOFLAGS=', 'GOFLAGS=-tags=ide'],
    ]);
    for (const { summary, key } of found) {
      expect(summary).toContain(`gopls (pid ${other.pid})`);
      expect(key).toBe('context.ide');
    }
  });

  it('is represented by the gopls that it started', async () => {
    const world = makeWorld(go127);
    const editor = await start(
      'code',
      { cwd: '/', env: world.env },
      [world.workspace],
      `GOFLAGS=-tags=ide ${join(shelf, 'gopls')} -c 'echo $$; read -r _' <&0 &`,
    );
    const { found, editors } = await checkEditors(world);
    expect(editors).toEqual([{ ide: 'vscode', pid: expect.any(Number) }]);
    expect(editors).not.toEqual([{ ide: 'vscode', pid: editor.pid }]);
    expect(found[0]?.summary).toMatch(/^gopls of vscode \(pid \d+\) has GOFLAGS -tags=ide/);
  });

  it('is a patch finding if a graphical editor lacks a variable, and a minor one if a terminal editor does', async () => {
    const world = makeWorld(go127);
    await start('code', { cwd: '/', env: world.env }, [`file://${world.workspace}`]);
    await start('nvim', { cwd: world.workspace, env: world.env }, ['main.go']);
    const { found } = await checkEditors(world, { GOFLAGS: '-trimpath' });
    expect(found.map(({ level, summary }) => [level, summary.split(' ')[0]])).toEqual([
      ['minor', 'neovim'],
      ['patch', 'vscode'],
    ]);
  });

  it('is a patch finding without secrets if only GOPROXY differs', async () => {
    const world = makeWorld(go127);
    const env = {
      ...world.env,
      GOPROXY: 'https://u:s3cret@proxy.example.com',
      GOCACHE: '/elsewhere',
      LANG: 'C',
    };
    await start('nvim', { cwd: world.workspace, env });
    const { found } = await checkEditors(world, { GOPROXY: 'https://u:0ther@proxy.example.com' });
    expect(found.map(({ level }) => level)).toEqual(['patch']);
    expect(JSON.stringify(found)).not.toMatch(/s3cret|0ther/);
  });

  it('does not include editors of another workspace or a parent folder, nor other programs', async () => {
    const world = makeWorld(go127);
    const elsewhere = join(world.home, 'src/app2');
    mkdirSync(elsewhere);
    const env = { ...world.env, GOFLAGS: '-tags=ide' };
    await start('gopls', { cwd: elsewhere, env });
    await start('zed', { cwd: '/', env }, [elsewhere]);
    await start('nvim', { cwd: world.home, env }, [world.home]);
    await start('less', { cwd: world.workspace, env });
    expect(await checkEditors(world)).toEqual({ found: [], editors: [] });
  });

  it('is looked for without an error while processes come and go', async () => {
    const world = makeWorld(go127);
    const gopls = join(shelf, 'gopls');
    const script = `for i in {1..200}; do ${gopls} -c : ; done &`;
    const storm = await start('less', { cwd: world.workspace, env: world.env }, [], script);
    for (let i = 0; i < 2; i++) expect((await godrift(world, ['check', '--json'])).exitCode).toBe(0);
    await storm.end();
  });

  it('is seen by the exporter when it starts and ends, in an otherwise unchanged target', async () => {
    const world = makeWorld(go127);
    const exporter = await startExporter(world, ['--interval', '200ms']);
    const conflict = () =>
      exporter
        .metrics()
        .then((page) =>
          seriesOf(page, 'godrift_conflict_info', { rule: 'ide-environment-differs', level: 'minor' }),
        );
    try {
      await eventually(
        'a few passes',
        async () => (seriesOf(await exporter.metrics(), 'godrift_passes_total') ?? 0) > 8,
      );
      const env = { ...world.env, GOFLAGS: '-tags=ide' };
      const editor = await start('gopls', { cwd: world.workspace, env });
      await eventually('the conflict', async () => (await conflict()) === 1);
      await editor.end();
      await eventually('its end', async () => (await conflict()) === undefined);
    } finally {
      await exporter.stop();
    }
  });
});
