/**
 * A pull request, or another user of the host, brings files by which go would write somewhere else: go.work.sum as a link, dangling or not, sums that
 * godrift counts and go does not, a go.work above. godrift shows go copies only, so nothing is written, and says what it found.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { eventually, godrift, makeWorld, seriesOf, startExporter, type World } from '../../lab/godrift.ts';
import { ensureToolchain } from '../../lab/toolchains.ts';

const go127 = await ensureToolchain('1.27.4');
const hash = 'h1:JZU+SuA1ifxOrxAS9HirSC2QolxzLiBJ5LM1TnOFml8=';
const whole = `e.com/dep v1.0.0/go.mod ${hash}\ne.com/dep v1.0.0 ${hash}\n`;
/** Sums that are none for go, each for another reason. */
const unlike: Readonly<Record<string, string>> = {
  'a byte order mark': `\ufeff${whole}`,
  'another algorithm': `e.com/dep v1.0.0/go.mod h2:x\ne.com/dep v1.0.0 ${hash}\n`,
  'no sum': '',
};

function put(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** A go.work at `top` with a module whose dependency is in the cache of the home, as any other module is there. */
function plant(home: string, top: string, sums: string, others = ''): void {
  const cached = join(home, 'go/pkg/mod/cache/download/e.com/dep/@v/v1.0.0');
  put(`${cached}.mod`, 'module e.com/dep\n\ngo 1.21\n');
  put(`${cached}.info`, '{"Version":"v1.0.0"}');
  put(`${cached}.zip`, 'x');
  put(join(top, 'm/go.mod'), 'module e.com/m\n\ngo 1.21\n\nrequire e.com/dep v1.0.0\n');
  put(join(top, 'm/go.sum'), sums);
  put(join(top, 'go.work'), `go 1.21\n\nuse ./m\n${others}`);
}

const victim = (world: World) => join(world.home, '.bash_profile');
const rulesOf = (stdout: string) =>
  (JSON.parse(stdout) as { findings: { rule: string }[] }).findings.map(({ rule }) => rule);

describe.each(Object.entries(unlike))(
  'go.work.sum as a link that leads nowhere, and go.sum with %s',
  (_, sums) => {
    it('is written by no check', async () => {
      const world = makeWorld(go127, {});
      plant(world.home, world.workspace, sums);
      symlinkSync('../../.bash_profile', join(world.workspace, 'go.work.sum'));
      const { stdout } = await godrift(world, ['check', '--json']);
      expect(rulesOf(stdout)).toContain('file-outside');
      rmSync(join(world.workspace, 'go.work.sum'));
      const { exitCode } = await godrift(world, ['check', '--json']);
      expect(exitCode).not.toBe(2);
      expect(existsSync(victim(world)) || existsSync(join(world.workspace, 'go.work.sum'))).toBe(false);
      expect(existsSync(join(world.home, 'go/pkg/mod/cache/lock'))).toBe(false);
    });

    it('is written by no exporter', async () => {
      const world = makeWorld(go127, {});
      plant(world.home, world.workspace, sums);
      const exporter = await startExporter(world, ['--interval', '200ms']);
      const passes = async () => seriesOf(await exporter.metrics(), 'godrift_passes_total') ?? 0;
      try {
        await eventually('passes', async () => (await passes()) >= 3);
        symlinkSync('../../.bash_profile', join(world.workspace, 'go.work.sum'));
        put(join(world.workspace, 'm/go.mod'), 'module e.com/m\n\ngo 1.22\n\nrequire e.com/dep v1.0.0\n');
        const before = await passes();
        await eventually('more passes', async () => (await passes()) >= before + 3);
      } finally {
        await exporter.stop();
      }
      expect(existsSync(victim(world))).toBe(false);
      expect(lstatSync(join(world.workspace, 'go.work.sum')).isSymbolicLink()).toBe(true);
      expect(existsSync(join(world.home, 'go/pkg/mod/cache/lock'))).toBe(false);
      expect(readdirSync(join(world.state, 'copies'))).toEqual([]);
    });
  },
);

it.each(['go.mod', 'go.sum', 'go.work', '.go-version', '.tool-versions', 'mise.toml'])(
  '%s as a link out of the workspace that leads nowhere is told',
  async (name) => {
    const world = makeWorld(go127, name === 'go.mod' ? {} : undefined);
    symlinkSync('../../absent', join(world.workspace, name));
    const { stdout } = await godrift(world, ['check', world.workspace, '--json']);
    expect(rulesOf(stdout)).toContain('file-outside');
  },
);

it.each(['.godrift.snapshot', '.godrift.yml'])(
  '%s as a link out of the workspace that leads nowhere is refused, and the hint that names it replaces a file',
  async (name) => {
    const world = makeWorld(go127);
    const sound = await godrift(world, []);
    expect(sound.stdout).toContain('godrift snapshot --portable --output .godrift.snapshot');
    symlinkSync('../../.bash_profile', join(world.workspace, name));
    const { stderr, stdout, exitCode } = await godrift(world, []);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('is a link out of the workspace');
    expect(stdout).not.toContain('Next:');
    const written = await godrift(world, ['snapshot', '--portable', '--output', name]);
    expect(written.exitCode).toBe(2);
    expect(existsSync(victim(world))).toBe(false);
  },
);

it('a snapshot that is written to a file is the one that is printed', async () => {
  const world = makeWorld(go127);
  expect((await godrift(world, ['snapshot', '--portable', '--output', '.godrift.snapshot'])).exitCode).toBe(
    0,
  );
  expect((await godrift(world, ['check', '--require-baseline'])).exitCode).toBe(0);
});

it.skipIf(process.getuid?.() !== 0)(
  'a go.work of another user above the workspace is told, and nothing is written',
  async () => {
    const world = makeWorld(go127, {});
    const open = join(world.home, 'open');
    const own = join(open, 'ws');
    put(join(own, 'go.mod'), 'module e.com/ws\n\ngo 1.21\n');
    plant(world.home, open, unlike['a byte order mark'] as string, 'use ./ws\n');
    symlinkSync(victim(world), join(open, 'go.work.sum'));
    // What somebody names counts where he may read it himself.
    chmodSync(world.home, 0o755);
    chmodSync(open, 0o1777);
    for (const name of ['go.work', 'm', 'm/go.mod', 'm/go.sum']) chownSync(join(open, name), 65534, 65534);
    const linked = await godrift(world, ['check', own, '--json']);
    expect(rulesOf(linked.stdout)).toContain('file-outside');
    rmSync(join(open, 'go.work.sum'));
    const { stdout } = await godrift(world, ['check', own, '--json']);
    expect(rulesOf(stdout)).toContain('gowork-stray');
    expect(existsSync(join(open, 'go.work.sum'))).toBe(false);
    expect(existsSync(victim(world))).toBe(false);
  },
);

it('a shell that writes the snapshot through such a link writes nothing of it', async () => {
  const world = makeWorld(go127);
  symlinkSync('../../.bash_profile', join(world.workspace, '.godrift.snapshot'));
  const { exitCode, stdout } = await godrift(world, ['snapshot', '--portable']);
  expect(exitCode).toBe(2);
  expect(stdout).toBe('');
});
