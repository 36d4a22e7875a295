/**
 * Unconfirmed changes are reverted even if the revert is interrupted by a kill, a signal or a stop of the
 * exporter: with a real go, real files and real signals.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { accept, goenvOf, goIn, worldWithGoenv } from '../lab/accepted.ts';
import { eventually, godrift, startExporter, type World } from '../lab/godrift.ts';
import { ensureToolchain, type Toolchain } from '../lab/toolchains.ts';
import { startTry, tried } from '../lab/trying.ts';

let toolchain: Toolchain;
beforeAll(async () => {
  toolchain = await ensureToolchain('1.27.4');
});

const healthy = '# mine\nGOFLAGS=-trimpath\n';
const goenv = (world: World) => readFileSync(goenvOf(world), 'utf8');

interface Line {
  readonly type: string;
  readonly reverts?: string;
  readonly result?: string;
  readonly retry_at?: number;
}

/** Returns the journal's lines of a type that belong to a revert. */
function revertsOf({ state }: World, type: string): readonly Line[] {
  const directory = join(state, 'journal');
  const text = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
  return text
    .flatMap((one) => one.split('\n'))
    .filter((line) => line.endsWith('}'))
    .map((line): Line => JSON.parse(line))
    .filter((line) => line.type === type && line.reverts !== undefined);
}

/** Waits until a revert has begun. It has not ended then, because it still verifies the result. */
const begun = (world: World) =>
  eventually('the revert to begin', async () => revertsOf(world, 'intent').length > 0);

const waiting = async (world: World): Promise<readonly { id: string; overdue: boolean }[]> =>
  JSON.parse((await godrift(world, ['approvals', '--json'])).stdout).unconfirmed;

/** Waits until the commands of this number of tries have ended. */
const commandEnded = (world: World, tries = 1) =>
  eventually('the command to have ended', async () => {
    const { stdout } = await godrift(world, ['events']);
    return stdout.split('which waits to be confirmed').length > tries;
  });

describe('an interrupted revert of an unconfirmed change', () => {
  it('is done by the next godrift try if no exporter runs', async () => {
    const world = worldWithGoenv(toolchain, healthy);
    const killed = startTry(world, '--confirm-within', '1s', ...tried);
    await begun(world);
    killed.kill('SIGKILL');
    await killed;
    expect(await waiting(world)).toMatchObject([{ facet: 'env', tried: true }]);
    const next = await godrift(world, ['try', '--', 'true']);
    expect(next.stderr).toContain('rollback of env undone: it was interrupted');
    expect(next.stderr).toContain('env of default is taken back');
    expect(goenv(world)).toBe(healthy);
    expect(await waiting(world)).toEqual([]);
    expect((await godrift(world, ['events', '--verify'])).exitCode).toBe(0);
  });

  it('is done by godrift deny', async () => {
    const world = worldWithGoenv(toolchain, healthy);
    const killed = startTry(world, '--confirm-within', '1s', ...tried);
    await begun(world);
    killed.kill('SIGKILL');
    await killed;
    const id = (await waiting(world))[0]?.id ?? '';
    const denied = await godrift(world, ['deny', id]);
    expect(denied.stdout).toContain('env of default is taken back');
    expect(denied.exitCode).toBe(0);
    expect(goenv(world)).toBe(healthy);
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)('is done by the next exporter after %s', async (signal) => {
    const world = worldWithGoenv(toolchain, healthy);
    const config = join(world.home, 'godrift.yml');
    const target = { name: 'api', workspace: world.workspace, confirm_within: '2s' };
    writeFileSync(config, stringify({ targets: [target] }));
    await accept(world, 'all well', '--config.file', config);
    goIn(world, 'env', '-w', 'GOFLAGS=-mod=mod');
    const drifted = goenv(world);
    let exporter = await startExporter(world, ['--config.file', config]);
    try {
      const done = await godrift(world, ['rollback', '--yes', '--config.file', config]);
      expect(done.exitCode).toBe(0);
      expect(done.stdout).toMatch(
        /what was there before comes back by itself at .*Z, unless: godrift confirm [0-9a-f]{16}\nto have it back now: godrift deny/,
      );
      expect(goenv(world)).toBe(healthy);
      await begun(world);
      await exporter.stop(signal);
      exporter = await startExporter(world, ['--config.file', config]);
      await eventually('the previous content', async () => goenv(world) === drifted);
      await eventually('the outcome of the revert', async () =>
        revertsOf(world, 'outcome').some(({ result }) => result === 'applied'),
      );
      expect(await waiting(world)).toEqual([]);
    } finally {
      await exporter.stop();
    }
  });
});

describe('a rollback that requires confirmation', () => {
  it('reports its deadline in text and JSON if no exporter runs', async () => {
    const world = worldWithGoenv(toolchain, healthy);
    const config = join(world.home, 'godrift.yml');
    const target = { name: 'api', workspace: world.workspace, confirm_within: '1h' };
    writeFileSync(config, stringify({ targets: [target] }));
    await accept(world, 'all well', '--config.file', config);
    const rollback = ['rollback', '--yes', '--config.file', config];
    goIn(world, 'env', '-w', 'GOFLAGS=-mod=mod');
    expect((await godrift(world, rollback)).stdout).toMatch(
      /the next exporter puts back what was there before at .*Z, unless: godrift confirm/,
    );
    goIn(world, 'env', '-w', 'GOFLAGS=-mod=mod');
    const { id, confirm_by: by } = JSON.parse((await godrift(world, [...rollback, '--json'])).stdout);
    expect(await waiting(world)).toMatchObject([{ id, confirm_by: by }]);
  });
});

describe('signals to a godrift try that reverts a change', () => {
  it('do not interrupt the revert, and are answered', async () => {
    const world = worldWithGoenv(toolchain, healthy);
    const child = startTry(world, '--confirm-within', '1h', ...tried);
    await commandEnded(world);
    child.kill('SIGTERM');
    await begun(world);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const) child.kill(signal);
    const { exitCode, stderr } = await child;
    expect(stderr).toContain('it was interrupted: taking the change back');
    expect(stderr).toContain('taking the change back: this command ends when that is done');
    expect(exitCode).toBe(1);
    expect(goenv(world)).toBe(healthy);
    expect(await waiting(world)).toEqual([]);
  });

  it('do not interrupt the revert after the deadline or with stderr closed', async () => {
    const world = worldWithGoenv(toolchain, healthy);
    const late = startTry(world, '--confirm-within', '1s', ...tried);
    await begun(world);
    late.kill('SIGTERM');
    expect(await late).toMatchObject({ exitCode: 1 });
    expect(goenv(world)).toBe(healthy);

    const closed = startTry(world, '--confirm-within', '1h', ...tried);
    await commandEnded(world, 2);
    closed.stderr.destroy();
    closed.kill('SIGHUP');
    expect((await closed).exitCode).toBe(1);
    expect(goenv(world)).toBe(healthy);
  });
});

describe('an overdue unconfirmed change', () => {
  it('is listed with the commands that will revert it, and stays if it is confirmed first', async () => {
    const world = worldWithGoenv(toolchain, healthy);
    const killed = startTry(world, '--confirm-within', '1s', ...tried);
    await commandEnded(world);
    killed.kill('SIGKILL');
    await killed;
    const { id } = await eventually('the time to be over', async () =>
      (await waiting(world)).find(({ overdue }) => overdue),
    );
    expect((await godrift(world, ['approvals'])).stdout).toMatch(
      /is tried, and its time was over at .*Z: the next godrift try, rollback or baseline accept, or an exporter, takes it back/,
    );
    const confirmed = await godrift(world, ['confirm', id]);
    expect(confirmed.stdout).toMatch(/^confirmed after its time \(.*Z\), before it was taken back/);
    expect((await godrift(world, ['try', '--', 'true'])).stderr).not.toContain('taken back');
    expect(goenv(world)).toContain('-mod=mod');
  });
});
