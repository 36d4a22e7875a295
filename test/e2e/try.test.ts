/**
 * `godrift try` as a user runs it: with a real go and real files, alone and beside a running exporter, and
 * killed at the worst moment.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { goenvOf, goIn, worldWithGoenv } from '../lab/accepted.ts';
import { eventually, godrift, startExporter, type World } from '../lab/godrift.ts';
import { ensureToolchain, type Toolchain } from '../lab/toolchains.ts';
import { homeOf } from '../lab/tree.ts';
import { startTry, tried } from '../lab/trying.ts';

let toolchain: Toolchain;
beforeAll(async () => {
  toolchain = await ensureToolchain('1.27.4');
});

const healthy = '# mine\nGOFLAGS=-trimpath\n';
const made = () => worldWithGoenv(toolchain, healthy);
const goenv = (world: World) => readFileSync(goenvOf(world), 'utf8');
const trying = (world: World, ...args: string[]) => godrift(world, ['try', ...args]);

/** Returns the changes that wait to be confirmed. */
async function waiting(world: World): Promise<readonly { id: string; facet: string }[]> {
  const { stdout } = await godrift(world, ['approvals', '--json']);
  return JSON.parse(stdout).unconfirmed;
}

const idOf = (world: World) =>
  eventually('a try that waits to be confirmed', async () => (await waiting(world))[0]?.id);

describe('godrift try without an exporter', () => {
  it('reverts an unconfirmed change byte for byte, keeps a confirmed one, and reverts a denied one', async () => {
    const world = made();
    const before = homeOf(world);
    const late = await trying(world, '--confirm-within', '1s', ...tried);
    expect(late.exitCode).toBe(1);
    expect(late.stderr).toContain(`kept of default: ${goenvOf(world)}`);
    expect(late.stderr).toContain('not kept: variables of the shell');
    expect(late.stderr).toContain('env of default is taken back');
    expect(homeOf(world)).toEqual(before);

    const child = startTry(world, '--confirm-within', '1h', ...tried);
    await eventually('the change', async () => goenv(world).includes('-mod=mod'));
    const id = await idOf(world);
    // A baseline accepted now would drift when the change is reverted.
    expect(await godrift(world, ['baseline', 'accept', '--reason', 'all well'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(`env of default waits to be confirmed: godrift confirm ${id} keeps it`),
    });
    expect((await godrift(world, ['confirm', id])).exitCode).toBe(0);
    expect(await child).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('was confirmed') });
    expect(goIn(world, 'env', 'GOFLAGS')).toBe('-mod=mod');

    const denied = startTry(world, '--confirm-within', '1h', '--', 'go', 'env', '-w', 'GOFLAGS=-v');
    await eventually('the change', async () => goenv(world).includes('=-v'));
    const other = await trying(world, ...tried);
    expect(other).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('waits to be confirmed') });
    expect((await godrift(world, ['deny', await idOf(world)])).exitCode).toBe(0);
    expect((await denied).exitCode).toBe(1);
    expect(goIn(world, 'env', 'GOFLAGS')).toBe('-mod=mod');
    expect((await godrift(world, ['events', '--verify'])).exitCode).toBe(0);
  });

  it('reverts at once if the command fails or the terminal is closed, and records no secret', async () => {
    const world = made();
    const mod = readFileSync(join(world.workspace, 'go.mod'), 'utf8');
    const script = `go env -w GOFLAGS=-mod=mod GOPROXY=https://me:hunter2@proxy.example; echo '!' >> go.mod; exit 3`;
    const failed = await trying(world, '--', 'sh', '-c', script);
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toMatch(/env of default is taken back.*\n.*modules of default is taken back/);
    expect(goenv(world)).toBe(healthy);
    expect(readFileSync(join(world.workspace, 'go.mod'), 'utf8')).toBe(mod);
    const events = await godrift(world, ['events']);
    expect(events.stdout).toContain('failed (exit 3)');
    expect(events.stdout).not.toContain('hunter2');

    const closed = startTry(world, '--confirm-within', '1h', ...tried);
    await idOf(world);
    await eventually('the command to have ended', async () =>
      (await godrift(world, ['events'])).stdout.includes('which waits to be confirmed'),
    );
    closed.kill('SIGHUP');
    expect((await closed).exitCode).toBe(1);
    expect(goenv(world)).toBe(healthy);

    const nothing = await trying(world, '--', 'go', 'version');
    expect(nothing.exitCode).toBe(0);
    expect(nothing.stderr).toContain('no kept file was changed');
    expect(nothing.stdout).toContain('go1.27.4');
    const absent = await trying(world, '--', 'no-such-program');
    expect(absent).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('it cannot be run (ENOENT)'),
    });
    expect(await waiting(world)).toEqual([]);
  });

  it('killed with SIGKILL: the next godrift try or exporter reverts the change', async () => {
    const world = made();
    const killed = startTry(world, '--confirm-within', '1s', ...tried);
    await eventually('the command to have ended', async () =>
      (await godrift(world, ['events'])).stdout.includes('which waits to be confirmed'),
    );
    killed.kill('SIGKILL');
    await killed;
    const next = await eventually('the time to be over', async () => {
      const done = await trying(world, '--', 'go', 'version');
      return done.exitCode === 0 ? done : undefined;
    });
    expect(next.stderr).toContain('env of default is taken back');
    expect(goenv(world)).toBe(healthy);

    // Killed while its command runs, so no end is recorded. The command has a
    // time limit of 1 s, and 6 s more to end.
    const during = startTry(
      world,
      '--timeout',
      '1s',
      '--',
      'sh',
      '-c',
      'rm "$0"; exec sleep 10 > /dev/null 2>&1',
      goenvOf(world),
    );
    await eventually('the change', async () => !existsSync(goenvOf(world)));
    during.kill('SIGKILL');
    await during;
    const exporter = await startExporter(world);
    try {
      await eventually('the previous file', async () => existsSync(goenvOf(world)));
      expect(goenv(world)).toBe(healthy);
      const { stdout } = await eventually('the other facets', async () => {
        const events = await godrift(world, ['events']);
        return events.stdout.includes('nothing to revert of modules') && events;
      });
      expect(stdout).toMatch(/nothing to revert of modules: it is as it was before try [0-9a-f]{16}/);
      expect(stdout).not.toContain('confirmed by');
    } finally {
      await exporter.stop();
    }
  });
});

describe('godrift try beside an exporter', () => {
  it('returns at once; the exporter reverts unconfirmed changes, also after a restart, but not over newer changes', async () => {
    const world = made();
    let exporter = await startExporter(world);
    try {
      const first = await trying(world, '--confirm-within', '1s', ...tried);
      expect(first).toMatchObject({
        exitCode: 0,
        stderr: expect.stringContaining('it comes back by itself'),
      });
      await eventually('the previous content', async () => goenv(world) === healthy);

      await trying(world, '--confirm-within', '3s', ...tried);
      await exporter.stop('SIGKILL');
      exporter = await startExporter(world);
      await eventually('the previous content', async () => goenv(world) === healthy);
      await eventually('an end of it', async () => (await waiting(world)).length === 0);

      await trying(world, '--confirm-within', '2s', ...tried);
      writeFileSync(goenvOf(world), 'GOFLAGS=-v\n');
      await eventually('a refusal', async () =>
        (await godrift(world, ['events'])).stdout.includes('after the unconfirmed rollback'),
      );
      expect(goenv(world)).toBe('GOFLAGS=-v\n');
      expect(await waiting(world)).toEqual([]);
      expect((await godrift(world, ['events', '--report'])).stdout).toContain(
        'the revert of the unconfirmed change was refused',
      );

      await trying(world, '--confirm-within', '1h', '--reason', 'an experiment', ...tried);
      const id = await idOf(world);
      expect((await godrift(world, ['confirm', id])).exitCode).toBe(0);
      expect(await waiting(world)).toEqual([]);
      expect((await godrift(world, ['deny', id])).exitCode).toBe(2);
      const failed = await trying(world, '--', 'sh', '-c', 'go env -u GOFLAGS; exit 1');
      expect(failed.exitCode).toBe(1);
      expect(goIn(world, 'env', 'GOFLAGS')).toBe('-mod=mod');
      expect((await godrift(world, ['events', '--verify'])).exitCode).toBe(0);
    } finally {
      await exporter.stop();
    }
  });
});
