/**
 * Discovery of targets by patterns, with the real exporter: targets appear, vanish and return with their
 * directories, and hostile trees are bounded.
 */
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Exporter, eventually, godrift, makeWorld, seriesOf, type World } from '../lab/godrift.ts';
import { startsExporters } from '../lab/running.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const go126 = await ensureToolchain('1.26.0');
const go127 = await ensureToolchain('1.27.4');
const started = startsExporters();

async function start(world: World, ...args: string[]): Promise<Exporter> {
  return await started(world, args);
}

/** A world whose `src` holds these modules and nothing else. */
function modules(...names: string[]): World & { readonly src: string } {
  const world = makeWorld(go127);
  rmSync(world.workspace, { recursive: true });
  const src = join(world.home, 'src');
  for (const name of names) addModule(src, name);
  return { ...world, src, workspace: world.home };
}

function addModule(src: string, name: string, go = '1.21'): string {
  const directory = join(src, name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'go.mod'), `module example.com/m\n\ngo ${go}\n`);
  return directory;
}

function targetsOn(page: string): readonly string[] {
  return [...page.matchAll(/^godrift_target_info\{target="([^"]*)"/gm)]
    .map(([, name]) => name as string)
    .sort();
}

const targetsAre = (exporter: Exporter, ...names: string[]) =>
  eventually(`the targets ${names.join(' ')}`, async () => {
    const page = await exporter.metrics();
    return JSON.stringify(targetsOn(page)) === JSON.stringify([...names].sort()) ? page : undefined;
  });

async function journal(world: World, type: string) {
  const { stdout } = await godrift(world, ['events', '--json']);
  const lines = stdout.trim().split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line)).filter((line) => line.type === type);
}

describe('targets of a pattern', () => {
  it('appear and vanish with their directories before the next period, and leave no series behind', async () => {
    const world = modules('api', 'web');
    mkdirSync(join(world.src, 'no-go'));
    const exporter = await start(world, '--interval', '1h', join(world.src, '*'));
    const first = await targetsAre(exporter, 'api', 'web');
    expect(seriesOf(first, 'godrift_discovered_targets')).toBe(2);
    addModule(world.src, 'later');
    await targetsAre(exporter, 'api', 'later', 'web');
    // An existing directory gets a go.mod.
    addModule(world.src, 'no-go');
    await targetsAre(exporter, 'api', 'later', 'no-go', 'web');
    rmSync(join(world.src, 'web'), { recursive: true });
    await targetsAre(exporter, 'api', 'later', 'no-go');
    const after = await eventually('the count', async () => {
      const page = await exporter.metrics();
      return seriesOf(page, 'godrift_discovery_changes_total', { change: 'vanished' }) === 1
        ? page
        : undefined;
    });
    expect(after).not.toContain('target="web"');
    expect(seriesOf(after, 'godrift_discovery_changes_total', { change: 'appeared' })).toBe(2);
    expect((await journal(world, 'target')).map(({ change, target }) => `${target} ${change}`)).toEqual([
      'later appeared',
      'no-go appeared',
      'web vanished',
    ]);
    expect((await godrift(world, ['events', '--verify'])).exitCode).toBe(0);
  });

  it('keep their counters and their open drift while they are absent, and resume both on return', async () => {
    const world = modules('api', 'web');
    const exporter = await start(world, '--interval', '200ms', join(world.src, '*'));
    await eventually('learned baselines', async () => {
      const page = await exporter.metrics();
      return ['api', 'web'].every(
        (target) => seriesOf(page, 'godrift_baseline_info', { target, kind: 'learned' }) === 1,
      );
    });
    addModule(world.src, 'web', '1.22');
    const drift = { target: 'web', facet: 'modules' };
    const open = await eventually('the drift', async () => {
      const page = await exporter.metrics();
      return (seriesOf(page, 'godrift_drift_level', drift) ?? 0) > 0 ? page : undefined;
    });
    const since = seriesOf(open, 'godrift_drift_since_timestamp_seconds', drift);
    expect(since).toBeGreaterThan(0);
    const away = join(world.home, 'away');
    renameSync(join(world.src, 'web'), away);
    expect(await targetsAre(exporter, 'api')).not.toContain('target="web"');
    renameSync(away, join(world.src, 'web'));
    await targetsAre(exporter, 'api', 'web');
    const back = await eventually('the drift again', async () => {
      const page = await exporter.metrics();
      return (seriesOf(page, 'godrift_drift_level', drift) ?? 0) > 0 ? page : undefined;
    });
    expect(seriesOf(back, 'godrift_drift_since_timestamp_seconds', drift)).toBe(since);
    const changes = (page: string) =>
      page
        .split('\n')
        .filter((line) => /^godrift_changes_total\{target="web"/.test(line) && !line.endsWith(' 0'));
    expect(changes(back)).toEqual(changes(open));
    expect((await journal(world, 'drift')).filter(({ target }) => target === 'web')).toHaveLength(1);
    expect(await journal(world, 'target')).toMatchObject([
      { target: 'web', change: 'vanished', facets: ['modules'] },
      { target: 'web', change: 'appeared' },
    ]);
  });

  it('stay when their go.mod is removed if they have a baseline', async () => {
    const world = modules('api');
    const exporter = await start(world, '--interval', '200ms', join(world.src, '*'));
    await eventually('a learned baseline', async () => (await exporter.metrics()).includes('kind="learned"'));
    rmSync(join(world.src, 'api/go.mod'));
    await eventually(
      'the drift',
      async () =>
        (seriesOf(await exporter.metrics(), 'godrift_drift_level', { target: 'api', facet: 'modules' }) ??
          0) > 0,
    );
    expect(targetsOn(await exporter.metrics())).toEqual(['api']);
  });

  it('beyond the limit are counted and logged, and displace no other target', async () => {
    const world = modules('m1', 'm2');
    const exporter = await start(world, '--interval', '300ms', '--target-limit', '2', join(world.src, '*'));
    await targetsAre(exporter, 'm1', 'm2');
    addModule(world.src, 'a-first-by-name');
    const page = await eventually('the count', async () => {
      const now = await exporter.metrics();
      return seriesOf(now, 'godrift_discovery_skipped_targets', { reason: 'limit' }) === 1 ? now : undefined;
    });
    expect(targetsOn(page)).toEqual(['m1', 'm2']);
    expect(exporter.output()).toMatch(/a-first-by-name.*more than target_limit 2/);
    rmSync(join(world.src, 'm2'), { recursive: true });
    await targetsAre(exporter, 'a-first-by-name', 'm1');
  });

  it('that were observed keep their places across a restart, and commands select the same targets as the exporter', async () => {
    const world = modules('zoe');
    const config = join(world.home, 'godrift.yml');
    writeFileSync(
      config,
      JSON.stringify({ interval: '300ms', target_limit: 1, targets: [{ workspace: 'src/*' }] }),
    );
    const first = await start(world, '--config.file', config);
    await eventually('a learned baseline', async () => (await first.metrics()).includes('kind="learned"'));
    addModule(world.src, 'zoe', '1.22');
    const drifts = async (exporter: Exporter) =>
      (seriesOf(await exporter.metrics(), 'godrift_drift_level', { target: 'zoe', facet: 'modules' }) ?? 0) >
      0;
    await eventually('the drift', () => drifts(first));
    addModule(world.src, 'bob');
    await first.stop();
    const second = await start(world, '--config.file', config);
    expect(targetsOn(await second.metrics())).toEqual(['zoe']);
    expect(await drifts(second)).toBe(true);
    expect(await journal(world, 'resolved')).toEqual([]);
    await second.stop();
    const of = (name: string) =>
      godrift(world, [
        'baseline',
        'accept',
        '--reason',
        'it is meant',
        '--target',
        name,
        '--config.file',
        config,
      ]);
    expect((await of('zoe')).exitCode).toBe(0);
    expect((await godrift(world, ['config', 'check', '--config.file', config])).stdout).toContain('(zoe)');
  });

  it('are combined with every go of a list, under stable names', async () => {
    const world = modules('api');
    const sdk = join(world.home, 'sdk');
    mkdirSync(sdk);
    symlinkSync(go126.goroot, join(sdk, 'current'));
    const config = join(world.home, 'godrift.yml');
    const targets = [
      { name: 'src', workspace: 'src/*', go: [go126, go127].map(({ goroot }) => `${goroot}/bin/go`) },
    ];
    writeFileSync(config, JSON.stringify({ targets }));
    const exporter = await start(world, '--interval', '1h', '--config.file', config);
    const page = await exporter.metrics();
    const names = targetsOn(page);
    expect(names).toHaveLength(2);
    const versions = names.map(
      (target) =>
        /version="([^"]*)"/.exec(
          page.split('\n').find((line) => line.startsWith(`godrift_toolchain_info{target="${target}"`)) ?? '',
        )?.[1],
    );
    expect(versions.sort()).toEqual(['1.26.0', '1.27.4']);
    expect(names.every((name) => name.startsWith('src--api--'))).toBe(true);
  });

  it('follow a reload that changes the pattern, and stay as they are if the new configuration is invalid', async () => {
    const world = modules('one/api', 'two/web');
    const config = join(world.home, 'godrift.yml');
    const write = (targets: object) => writeFileSync(config, JSON.stringify({ targets }));
    write([{ workspace: 'src/one/*' }]);
    const checked = await godrift(world, ['config', 'check', '--config.file', config]);
    expect(checked.stdout).toBe('ok: 1 target, 1 of them found by patterns (api)\n');
    const exporter = await start(world, '--interval', '1h', '--config.file', config);
    await targetsAre(exporter, 'api');
    write([{ name: 'all', workspace: 'src/**' }]);
    process.kill(exporter.pid, 'SIGHUP');
    await targetsAre(exporter, 'all--one--api', 'all--two--web');
    write([{ workspace: 'src/one/*' }, { workspace: 'src/two/*' }]);
    process.kill(exporter.pid, 'SIGHUP');
    await eventually(
      'the refusal',
      async () => seriesOf(await exporter.metrics(), 'godrift_config_last_reload_successful') === 0,
    );
    expect(exporter.output()).toContain('two patterns without a name');
    addModule(world.src, 'three/more');
    await targetsAre(exporter, 'all--one--api', 'all--three--more', 'all--two--web');
  });
});

describe('config check', () => {
  it('warns of a pattern that finds nothing, and names the pattern', async () => {
    const world = modules('api');
    const config = join(world.home, 'godrift.yml');
    const targets = [
      { name: 'here', workspace: 'src/*' },
      { name: 'typo', workspace: 'scr/*' },
    ];
    writeFileSync(config, JSON.stringify({ targets }));
    const { stdout, stderr, exitCode } = await godrift(world, ['config', 'check', '--config.file', config]);
    expect(stdout).toBe('ok: 1 target, 1 of them found by patterns (here--api)\n');
    expect(stderr).toMatch(/^godrift: targets may be missing: a pattern matches nothing.*\/scr\/\*\n$/);
    expect(exitCode).toBe(0);
  });
});

describe('a hostile tree', () => {
  it('with links, loops, strange names and unreadable directories yields the real targets', async () => {
    const world = modules('good', 'new\nline', 'a--b');
    symlinkSync(world.src, join(world.src, 'good/loop'));
    const outside = addModule(world.home, 'outside');
    symlinkSync(outside, join(world.src, 'link'));
    mkdirSync(Buffer.concat([Buffer.from(`${world.src}/bytes-`), Buffer.from([0xff])]));
    const bytes = Buffer.concat([
      Buffer.from(`${world.src}/bytes-`),
      Buffer.from([0xff]),
      Buffer.from('/go.mod'),
    ]);
    writeFileSync(bytes, 'module example.com/b\n\ngo 1.21\n');
    const closed = addModule(world.src, 'closed');
    chmodSync(closed, 0);
    const exporter = await start(world, '--interval', '300ms', join(world.src, '**'));
    const page = await exporter.metrics();
    const names = targetsOn(page);
    expect(names).toContain('good');
    expect(names.filter((name) => /^new_line---[0-9a-f]{16}$/.test(name))).toHaveLength(1);
    expect(names.filter((name) => /^a--b---[0-9a-f]{16}$/.test(name))).toHaveLength(1);
    expect(names.filter((name) => name.startsWith('bytes-'))).toHaveLength(1);
    expect(names.some((name) => name.includes('link') || name.includes('loop'))).toBe(false);
    // Root can read the directory anyway.
    if (process.getuid?.() !== 0)
      expect(seriesOf(page, 'godrift_discovery_incomplete', { reason: 'unreadable' })).toBe(1);
    chmodSync(closed, 0o755);
    await eventually('the directory that was unreadable', async () =>
      targetsOn(await exporter.metrics()).includes('closed'),
    );
  });

  it('with more names than the limit is cut off and reported as incomplete', async () => {
    const world = modules('good');
    const many = join(world.home, 'many');
    mkdirSync(many);
    for (let index = 0; index < 20_500; index++) mkdirSync(join(many, `d${index}`));
    addModule(many, 'a-good-one');
    const exporter = await start(world, '--interval', '1s', join(many, '*'));
    const page = await targetsAre(exporter, 'a-good-one');
    expect(seriesOf(page, 'godrift_discovery_incomplete', { reason: 'names' })).toBe(1);
    expect(readdirSync(many).length).toBeGreaterThan(20_000);
  });

  it('in which a link replaces a workspace reveals nothing about the target of the link', async () => {
    const world = modules('api', 'web');
    const secret = join(world.home, 'secret');
    mkdirSync(secret);
    writeFileSync(join(secret, 'go.mod'), 'module example.com/secret\n\ngo 1.20\n');
    const exporter = await start(world, '--interval', '200ms', join(world.src, '*'));
    await targetsAre(exporter, 'api', 'web');
    rmSync(join(world.src, 'web'), { recursive: true });
    symlinkSync(secret, join(world.src, 'web'));
    const page = await targetsAre(exporter, 'api');
    expect(page).not.toContain('secret');
  });
});
