/** Commands find the target of a workspace: by the running exporter, or else by its configuration. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { type Exporter, eventually, godrift, makeWorld, seriesOf, type World } from '../lab/godrift.ts';
import { program } from '../lab/program.ts';
import { startsExporters } from '../lab/running.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const go127 = await ensureToolchain('1.27.4');
const started = startsExporters();

/** A world with a configuration file of these targets. */
function configured(targets: (world: World) => readonly object[]): World & { readonly config: string } {
  const world = makeWorld(go127);
  const config = join(world.home, 'godrift.yml');
  writeFileSync(config, JSON.stringify({ targets: targets(world) }));
  return { ...world, config };
}

async function start(world: World, ...args: string[]): Promise<Exporter> {
  return await started(world, ['--interval', '200ms', ...args]);
}

const accept = (world: World, ...args: string[]) =>
  godrift(world, ['baseline', 'accept', '--reason', 'test', ...args]);

describe('a workspace whose target has a configured name', () => {
  it('gets its accepted baseline, waiver and deployment under the name that the exporter uses', async () => {
    const world = configured(({ workspace }) => [{ name: 'api', workspace }]);
    const exporter = await start(world, '--config.file', world.config);
    const accepted = await accept(world);
    expect(accepted.stdout).toMatch(/^accepted \d+ entries of api /);
    expect(accepted.stderr).toBe('');
    await eventually(
      'the accepted baseline',
      async () =>
        seriesOf(await exporter.metrics(), 'godrift_baseline_info', {
          target: 'api',
          kind: 'pinned',
          source: 'accepted',
        }) === 1,
    );
    const shown = await godrift(world, ['baseline', 'show', '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ source: 'accepted', why: 'test' });
    const mark = await godrift(world, ['deployment', 'mark', '--reason', 'rollout']);
    expect(mark.stdout).toContain(`of api (${world.workspace})`);
    const until = ['--reason', 'lab', '--expires', '1d'];
    expect((await godrift(world, ['waiver', 'add', '--facet', 'env', ...until])).stdout).toContain(
      `of api (${world.workspace})`,
    );
    expect(
      seriesOf(await exporter.metrics(), 'godrift_waiver_expiry_timestamp_seconds', { target: 'api' }),
    ).toBeGreaterThan(0);
  });

  it('with a committed baseline: check names the other target for which a rollback is possible', async () => {
    const world = makeWorld(go127);
    const snapshot = await godrift(world, ['snapshot', '--portable']);
    writeFileSync(join(world.workspace, '.godrift.snapshot'), snapshot.stdout);
    await accept(world, '--target', 'api');
    expect((await godrift(world, ['check'])).stderr).toBe('');
    mkdirSync(join(world.home, '.config/go'), { recursive: true });
    writeFileSync(join(world.home, '.config/go/env'), 'GOFLAGS=-tags=x\n');
    const check = await godrift(world, ['check']);
    expect(check.stdout).toContain('repair: the committed baseline has no GOFLAGS');
    expect(check.stderr).toBe(
      'godrift: what could be rolled back to is stored for api in the same workspace, and not for default: name it with --target\n',
    );
    const named = await godrift(world, ['check', '--target', 'api']);
    expect(named.stderr).toBe('');
    expect(named.stdout).toMatch(
      /repair: godrift rollback --target api --key GOFLAGS: .* \(or commit a new \.godrift\.snapshot\)/,
    );
  });

  it('is found through a symlink, and with --target from another directory', async () => {
    const world = configured(({ workspace }) => [{ name: 'api', workspace }]);
    await start(world, '--config.file', world.config);
    const link = join(world.home, 'link');
    symlinkSync(world.workspace, link);
    expect((await accept(world, link)).stdout).toContain('entries of api ');
    const elsewhere = join(world.home, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'go.mod'), 'module example.com/elsewhere\n\ngo 1.21\n');
    const away = { ...world, workspace: elsewhere };
    expect((await accept(away, '--target', 'api')).stdout).toContain('entries of api ');
    const shown = await godrift(away, ['baseline', 'show', '--target', 'api', '--json']);
    expect(shown.stdout).toBe((await godrift(world, ['baseline', 'show', '--json'])).stdout);
    expect(JSON.parse(shown.stdout).source).toBe('accepted');
  });

  it('is found through a symlink by its real path if no exporter runs', async () => {
    const world = configured(() => []);
    await accept(world);
    const link = join(world.home, 'link');
    symlinkSync(world.workspace, link);
    expect((await godrift({ ...world, workspace: world.home }, ['check', link])).stdout).toContain(
      'baseline accepted of ',
    );
  });

  it('needs --target if several targets observe it; without --target commands exit with 2', async () => {
    const world = configured(({ workspace }) => [
      { name: 'api', workspace },
      { name: 'api-files', workspace, environment: 'none' },
    ]);
    await start(world, '--config.file', world.config);
    const refused = await accept(world);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr.trim().split('\n')).toHaveLength(1);
    expect(refused.stderr).toMatch(/api, api-files observe .*name one of them with --target/);
    const marked = await godrift(world, ['deployment', 'mark', '.', '--reason', 'rollout']);
    expect(marked.exitCode).toBe(2);
    expect((await accept(world, '--target', 'api-files')).stdout).toContain('entries of api-files ');
  });

  it('is found in the configuration if no exporter runs, and so is the state directory', async () => {
    const world = configured(({ workspace }) => [{ name: 'api', workspace }]);
    const state = join(world.home, 'other-state');
    writeFileSync(
      world.config,
      JSON.stringify({ state_directory: state, targets: [{ name: 'api', workspace: world.workspace }] }),
    );
    const { GODRIFT_STATE_DIRECTORY: _, ...env } = world.env;
    const bare = { ...world, env };
    expect((await accept(bare, '--config.file', world.config)).stdout).toContain('entries of api ');
    const exporter = await started(bare, ['--config.file', world.config]);
    expect(
      seriesOf(await exporter.metrics(), 'godrift_baseline_info', { target: 'api', source: 'accepted' }),
    ).toBe(1);
  });

  it('is named by commands that find a baseline only for it, unless --target is given', async () => {
    const world = configured(({ workspace }) => [{ name: 'api', workspace }]);
    await accept(world, '--config.file', world.config);
    const said =
      'godrift: no baseline is stored for default, but for api in the same workspace: name it with --target\n';
    for (const args of [
      ['check', '--json'],
      ['why', 'GOFLAGS'],
      ['baseline', 'show'],
    ])
      expect((await godrift(world, args)).stderr).toBe(said);
    expect((await godrift(world, ['rollback', '--dry-run'])).stderr.split('\n')[0]).toBe(said.trim());
    const named = await godrift(world, ['check', '--json', '--target', 'api']);
    expect([named.stderr, JSON.parse(named.stdout).baseline.source]).toEqual(['', 'accepted']);
  });

  it('that the running exporter does not observe is reported by baseline accept', async () => {
    const world = configured(({ home }) => [{ name: 'other', workspace: join(home, 'src') }]);
    await start(world, '--config.file', world.config);
    const accepted = await accept(world);
    expect(accepted.exitCode).toBe(0);
    expect(accepted.stderr).toContain('observes no target default in');
  });
});

describe('a removed working directory', () => {
  it('is a one-line error with exit code 2 for commands that need one, and no error for others', async () => {
    const { home, env } = makeWorld(go127);
    const script = 'mkdir "$1/gone" && cd "$1/gone" && rmdir "$1/gone" && shift && exec "$@"';
    const run = async (...args: string[]) => {
      const started = await execa('sh', ['-c', script, 'sh', home, process.execPath, program, ...args], {
        env,
        extendEnv: false,
        reject: false,
      });
      return { exitCode: started.exitCode, stderr: started.stderr };
    };
    expect(await run('check')).toEqual({
      exitCode: 2,
      stderr:
        'godrift: cannot tell the working directory: it was removed, or lies outside of the root; go to a directory that is there',
    });
    expect(await run('version')).toEqual({ exitCode: 0, stderr: '' });
  });
});
