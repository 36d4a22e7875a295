/**
 * Files of a pull request or of another user that would make go write elsewhere: go.work.sum as a symlink
 * (dangling or not), sums that go does not recognize, a go.work in a parent directory. godrift lets go see
 * only copies, so nothing is written, and reports the files.
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
/** Contents of go.sum that go does not accept as complete sums, each for another reason. */
const invalidSums: Readonly<Record<string, string>> = {
  'a byte order mark': `\ufeff${whole}`,
  'another algorithm': `e.com/dep v1.0.0/go.mod h2:x\ne.com/dep v1.0.0 ${hash}\n`,
  'no sum': '',
};

function put(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Writes a go.work to `top` with a module whose dependency is in the module cache of the home. */
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

describe.each(Object.entries(invalidSums))(
  'go.work.sum as a dangling symlink, and go.sum with %s',
  (_, sums) => {
    it('a check writes neither the symlink nor its target', async () => {
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

    it('an exporter writes neither the symlink nor its target', async () => {
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
  '%s as a dangling symlink out of the workspace is reported as file-outside',
  async (name) => {
    const world = makeWorld(go127, name === 'go.mod' ? {} : undefined);
    symlinkSync('../../absent', join(world.workspace, name));
    const { stdout } = await godrift(world, ['check', world.workspace, '--json']);
    expect(rulesOf(stdout)).toContain('file-outside');
  },
);

it.each(['.godrift.snapshot', '.godrift.yml'])(
  '%s as a dangling symlink out of the workspace is refused with exit code 2, and snapshot --output does not write through it',
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

it('a snapshot written with --output is accepted as baseline by check --require-baseline', async () => {
  const world = makeWorld(go127);
  expect((await godrift(world, ['snapshot', '--portable', '--output', '.godrift.snapshot'])).exitCode).toBe(
    0,
  );
  expect((await godrift(world, ['check', '--require-baseline'])).exitCode).toBe(0);
});

it.skipIf(process.getuid?.() !== 0)(
  'a go.work of another user above the workspace is reported as gowork-stray, and nothing is written',
  async () => {
    const world = makeWorld(go127, {});
    const open = join(world.home, 'open');
    const own = join(open, 'ws');
    put(join(own, 'go.mod'), 'module e.com/ws\n\ngo 1.21\n');
    plant(world.home, open, invalidSums['a byte order mark'] as string, 'use ./ws\n');
    symlinkSync(victim(world), join(open, 'go.work.sum'));
    // Files named by another user are read only if that user may read them too.
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

it('snapshot prints nothing if .godrift.snapshot is such a symlink, so a shell redirect to it writes no snapshot', async () => {
  const world = makeWorld(go127);
  symlinkSync('../../.bash_profile', join(world.workspace, '.godrift.snapshot'));
  const { exitCode, stdout } = await godrift(world, ['snapshot', '--portable']);
  expect(exitCode).toBe(2);
  expect(stdout).toBe('');
});
