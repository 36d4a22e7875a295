/**
 * A committed baseline edited by a pull request: forged, with lines removed, deleted, and compared with that
 * of the target branch.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { eventually, godrift, makeWorld, seriesOf, startExporter, type World } from '../../lab/godrift.ts';
import { ensureToolchain } from '../../lab/toolchains.ts';

const header = '#SNAPSHOT v1 2026-11-28T13:36:26.691Z\n';
const commit = (world: World, text: string) =>
  writeFileSync(join(world.workspace, '.godrift.snapshot'), text);
const evil = { GOPROXY: 'https://evil.example', GOFLAGS: '-trimpath', CGO_ENABLED: '0' };

function git(world: World, ...args: readonly string[]): void {
  execaSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], {
    cwd: world.workspace,
    env: { HOME: world.home, PATH: '/usr/bin:/bin', GIT_CONFIG_NOSYSTEM: '1' },
    extendEnv: false,
  });
}

describe('a committed baseline', async () => {
  const go = await ensureToolchain('1.26.0');

  it.each([
    'env.unsettled=*',
    'env.unsettled=env.*',
    'toolchain.unsettled=toolchain.*',
    'modules.unsettled=*',
    'tools.unsettled=*',
    'tools.unsettled=tools.* env.*',
    'context.unsettled=context.*',
  ])('is refused if it marks entries as unsettled that every observation settles: %s', async (mark) => {
    const world = makeWorld(go);
    commit(world, `${header}${mark}\n`);
    const { exitCode, stderr, stdout } = await godrift(world, ['check'], evil);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^godrift: cannot use .*\.godrift\.snapshot: \S+ leaves \S+ open/);
  });

  it('is used if it marks only entries as unsettled that an observation can leave open', async () => {
    const world = makeWorld(go);
    commit(world, `${header}modules.unsettled=modules.* modules.vendor\ntools.unsettled=tools.* tools.x\n`);
    const { exitCode, stdout } = await godrift(world, ['check', '--json']);
    expect(exitCode).not.toBe(2);
    expect(JSON.parse(stdout).findings.map(({ facet }: { facet: string }) => facet)).not.toContain('tools');
  });

  it('is reported as baseline-missing with --require-baseline if it is missing, at every --fail-on', async () => {
    const world = makeWorld(go);
    expect(await godrift(world, ['check'])).toMatchObject({ exitCode: 0 });
    const { exitCode, stdout } = await godrift(world, [
      'check',
      '--require-baseline',
      '--fail-on',
      'major',
      '--json',
    ]);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout).findings).toMatchObject([{ kind: 'missing', rule: 'baseline-missing' }]);
    commit(world, (await godrift(world, ['snapshot', '--portable'])).stdout);
    expect(await godrift(world, ['check', '--require-baseline'])).toMatchObject({ exitCode: 0 });
  });

  it('leads to no repair command, neither for entries that it has nor for entries that it lacks', async () => {
    const world = makeWorld(go);
    mkdirSync(join(world.home, '.config/go'), { recursive: true });
    writeFileSync(join(world.home, '.config/go/env'), 'GOPRIVATE=corp.example\nGOPROXY=https://proxy.corp\n');
    const env = { GOFLAGS: '-mod=readonly', GOSUMDB: 'sum.example+1234abcd+x' };
    const { stdout: portable } = await godrift(world, ['snapshot', '--portable'], env);
    commit(
      world,
      portable
        .replaceAll(/^env\.(?:GOFLAGS|GOPRIVATE|GOPROXY|GOSUMDB)=.*\n/gm, '')
        .replace(/\n/, '\nenv.GOINSECURE=*\n'),
    );
    const script = (await godrift(world, ['check', '--fix-hints'], env)).stdout;
    const drift = JSON.parse((await godrift(world, ['check', '--json'], env)).stdout).findings.filter(
      ({ kind }: { kind: string }) => kind === 'drift',
    );
    expect(drift).toHaveLength(5);
    for (const { repair, fix } of drift) {
      expect(fix).toBeUndefined();
      expect(repair).toContain('see which of them is right');
      expect(repair).not.toMatch(/\b(?:unset|export|sed|set) /);
    }
    expect(script).not.toMatch(/^(?:unset|sed|export) ?.*(?:GOPRIVATE|GOPROXY|GOFLAGS|GOINSECURE)/m);
  });

  it('is not read with `baseline: accepted` in the configuration', async () => {
    const world = makeWorld(go);
    const config = join(world.home, 'c.yml');
    writeFileSync(
      config,
      `targets:\n  - {name: default, workspace: "${world.workspace}", baseline: accepted}\n`,
    );
    await godrift(world, ['baseline', 'accept', '--reason', 'x']);
    commit(world, `${header}env.unsettled=*\n`);
    const exporter = await startExporter(world, ['--config.file', config], { env: evil });
    try {
      const page = await eventually('a pass', async () => {
        const text = await exporter.metrics();
        return seriesOf(text, 'godrift_drift_level', { facet: 'env' }) === 2 && text;
      });
      expect(seriesOf(page, 'godrift_baseline_info', { kind: 'pinned', source: 'accepted' })).toBe(1);
      expect(exporter.output()).not.toContain('cannot use');
    } finally {
      await exporter.stop();
    }
  });

  it('of another revision is used with --baseline-ref, and an edit in the working tree is reported', async () => {
    const world = makeWorld(go);
    git(world, 'init', '-q', '-b', 'main');
    commit(world, (await godrift(world, ['snapshot', '--portable'])).stdout);
    git(world, 'add', '-A');
    git(world, 'commit', '-q', '-m', 'x');
    const check = async (...args: readonly string[]) => {
      const run = await godrift(world, ['check', '--json', ...args], evil);
      return {
        ...run,
        rules: JSON.parse(run.stdout || '{"findings":[]}').findings.map(
          ({ rule, key }: Record<string, string>) => `${rule} ${key}`,
        ),
      };
    };
    const drift = ['added env.CGO_ENABLED', 'added env.GOFLAGS', 'changed env.GOPROXY'];
    const own = (await check()).rules;
    expect(own.sort()).toEqual(expect.arrayContaining(drift.slice(0, 2)));
    const same = await check('--baseline-ref', 'main');
    expect([same.exitCode, same.rules.sort()]).toEqual([1, own]);

    commit(world, (await godrift(world, ['snapshot', '--portable'], evil)).stdout);
    expect((await check()).rules).toEqual([]);
    const edited = await check('--baseline-ref', 'main');
    expect([edited.exitCode, edited.rules.sort()]).toEqual([
      1,
      [...own, 'baseline-edited context.baseline'].sort(),
    ]);
    const inWords = async (revision: string) =>
      (await godrift(world, ['check', '--baseline-ref', revision], evil)).stdout;
    expect(await inWords('main')).toContain(
      'baseline-edited context.baseline  .godrift.snapshot of the working tree differs from that of main',
    );
    rmSync(join(world.workspace, '.godrift.snapshot'));
    expect((await check('--baseline-ref', 'HEAD')).rules).toContain('baseline-edited context.baseline');
    expect(await inWords('HEAD')).toContain('baseline-edited context.baseline  .godrift.snapshot of HEAD');
    expect(await inWords('HEAD')).toContain('is gone from the working tree');
    const absent = await check('--baseline-ref', 'origin/main');
    expect([absent.exitCode, absent.stderr.split('\n').length]).toEqual([2, 2]);
    expect(absent.stderr).toContain('no such revision in this clone');
    expect(readFileSync(join(world.workspace, '.git/HEAD'), 'utf8')).toBe('ref: refs/heads/main\n');
  });
});
