/**
 * Hostile workspace files: no file may hide another target or the page, or its own target without a report.
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { valuesOnPage } from '../../lab/collector-values.ts';
import {
  type Exporter,
  eventually,
  godrift,
  makeWorld,
  seriesOf,
  startExporter,
  type World,
} from '../../lab/godrift.ts';
import { ensureToolchain } from '../../lab/toolchains.ts';

const go = await ensureToolchain('1.26.0');
const collectors = ['toolchain', 'env', 'modules', 'cache', 'tools', 'context'] as const;
const running: Exporter[] = [];

afterEach(async () => {
  for (const exporter of running.splice(0)) await exporter.stop();
});

/** Nested YAML aliases: a dozen lines that expand to 10^8 words. */
function aliasBomb(): string {
  const lines = [`a0: &a0 [${'x, '.repeat(10)}x]`];
  for (let level = 1; level < 9; level++)
    lines.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );
  return `${lines.join('\n')}\n`;
}

const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join('');

/** Hostile files: description, name, content, and the reason that `check` gives. */
const hostile: readonly (readonly [string, string, string, RegExp])[] = [
  ['aliases that multiply', '.godrift.yml', aliasBomb(), /\.godrift\.yml: Excessive alias count/],
  [
    '20,000 tools',
    '.godrift.yml',
    `pins:\n  tools:\n${lines(20_000, (i) => `    t${i}: "1"\n`)}`,
    /is larger than 65536 bytes/,
  ],
  ['deep nesting', '.godrift.yml', '['.repeat(20_000), /nested too deeply|Flow sequence/],
  ['a key twice', '.godrift.yml', 'required: []\nrequired: [X]\n', /keys must be unique at line 2/],
  [
    'a snapshot of 200,000 entries',
    '.godrift.snapshot',
    `#SNAPSHOT v1 2026-11-28T13:36:26.691Z\n${lines(200_000, (i) => `env.X${String(i).padStart(8, '0')}=v\n`)}`,
    /\.godrift\.snapshot: .*(larger than 4194304 bytes|more than 20000 entries)/,
  ],
  [
    'a go.mod of 140,000 requirements',
    'go.mod',
    `module e.com/x\n\ngo 1.21\nrequire (\n${lines(140_000, (i) => `\te.com/m${i} v1.0.${i}\n`)})\n`,
    /the go\.mod is larger than 1 MiB/,
  ],
  [
    'a go.work of 3,000 directories',
    'go.work',
    `go 1.21\nuse (\n${lines(3_000, (i) => `\t./m${i}\n`)})\n`,
    /the go\.work uses more than 2000 directories/,
  ],
  [
    'a go.sum of 60,000 lines',
    'go.sum',
    lines(60_000, (i) => `e.com/m${i} v1.0.${i} h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n`),
    /the go\.sum is larger than 4 MiB/,
  ],
];

/** A world with two targets, `good` and `evil`; its workspace is that of `evil`. */
function twoTargets(): { readonly world: World; readonly args: readonly string[] } {
  const world = makeWorld(go);
  const good = join(world.home, 'src/good');
  mkdirSync(good);
  writeFileSync(join(good, 'go.mod'), 'module example.com/good\n\ngo 1.21\n');
  const config = join(world.home, 'godrift.yml');
  writeFileSync(
    config,
    `targets:\n  - {name: evil, workspace: ${world.workspace}}\n  - {name: good, workspace: ${good}}\n`,
  );
  return { world, args: ['--interval', '300ms', '--config.file', config] };
}

/** Writes a workspace file atomically, as editors do. */
function put(world: World, name: string, text: string): void {
  const draft = join(world.home, 'draft');
  writeFileSync(draft, text);
  renameSync(draft, join(world.workspace, name));
}

const successes = (page: string, target: string) =>
  collectors.map((collector) => seriesOf(page, 'godrift_collector_success', { target, collector }));

/**
 * Expects that the values of each failed collector of `evil` are absent, as the HELP of
 * godrift_collector_success promises, and that `good` has all its values.
 */
function expectNoFailedValue(page: string): void {
  for (const collector of collectors) {
    if (seriesOf(page, 'godrift_collector_success', { target: 'evil', collector }) === 0)
      expect(valuesOnPage(page, 'evil', collector), collector).toEqual([]);
    expect(valuesOnPage(page, 'good', collector), collector).not.toEqual([]);
  }
}

describe('files of a workspace', () => {
  it.each(hostile)('%s: check prints the reason in one line and exits with 2', async (_, name, text, why) => {
    const world = makeWorld(go);
    put(world, name, text);
    const { stdout, stderr, exitCode } = await godrift(world, ['check']);
    expect(stdout + stderr).toMatch(why);
    expect(stderr.split('\n').length).toBeLessThanOrEqual(2);
    expect(exitCode).toBe(2);
  });

  it.each(hostile)(
    '%s: serve reports a failed collector for that target only, also after a restart',
    async (_, name, text) => {
      const { world, args } = twoTargets();
      const before = await startExporter(world, args);
      running.push(before);
      expect(successes(await before.metrics(), 'evil')).toEqual(collectors.map(() => 1));
      put(world, name, text);
      const page = await eventually('a failing collector', async () => {
        const seen = await before.metrics();
        return successes(seen, 'evil').includes(0) ? seen : undefined;
      });
      expect(successes(page, 'good')).toEqual(collectors.map(() => 1));
      expectNoFailedValue(page);
      await before.stop();

      const after = await startExporter(world, args);
      running.push(after);
      const again = await after.metrics();
      expect(successes(again, 'evil')).toContain(0);
      expect(successes(again, 'good')).toEqual(collectors.map(() => 1));
      expectNoFailedValue(again);
      expect(seriesOf(again, 'godrift_toolchain_info', { target: 'good', version: '1.26.0' })).toBe(1);

      rmSync(join(world.workspace, name));
      if (name === 'go.mod') put(world, name, 'module example.com/app\n\ngo 1.21\n');
      await eventually('its recovery', async () => !successes(await after.metrics(), 'evil').includes(0));
    },
  );

  it.each([
    ['an invalid snapshot', '.godrift.snapshot', 'not a snapshot'],
    ['an unknown key', '.godrift.yml', 'targets: []\n'],
  ])('%s: all values of the target are removed from the page', async (_, name, text) => {
    const { world, args } = twoTargets();
    const exporter = await startExporter(world, args);
    running.push(exporter);
    for (const collector of collectors)
      expect(valuesOnPage(await exporter.metrics(), 'evil', collector), collector).not.toEqual([]);
    put(world, name, text);
    const page = await eventually('a failing collector', async () => {
      const seen = await exporter.metrics();
      return successes(seen, 'evil').includes(0) ? seen : undefined;
    });
    expect(successes(page, 'evil')).toEqual(collectors.map(() => 0));
    expectNoFailedValue(page);
  });

  it('a file in place of the workspace: all values of the target are removed from the page', async () => {
    const { world, args } = twoTargets();
    const exporter = await startExporter(world, args);
    running.push(exporter);
    renameSync(world.workspace, `${world.workspace}.away`);
    writeFileSync(world.workspace, 'no directory');
    const page = await eventually('an unreadable target', async () => {
      const seen = await exporter.metrics();
      return successes(seen, 'evil').includes(0) ? seen : undefined;
    });
    expect(seriesOf(page, 'godrift_target_readable', { target: 'evil', reason: 'workspace-absent' })).toBe(0);
    expect(successes(page, 'evil')).toEqual(collectors.map(() => 0));
    expectNoFailedValue(page);
  });
});
