/**
 * State left by a newer godrift and found after a downgrade: it is neither used, nor changed, nor mistaken
 * for damage.
 */
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { sha256Hex } from '../../src/host/digest.ts';
import { accept, goIn, worldWithGoenv } from '../lab/accepted.ts';
import { eventually, godrift, seriesOf, startExporter, type World } from '../lab/godrift.ts';
import { ensureToolchain, type Toolchain } from '../lab/toolchains.ts';

let toolchain: Toolchain;
beforeAll(async () => {
  toolchain = await ensureToolchain('1.27.4');
});

const journalOf = (world: World) => join(world.state, 'journal/journal-000000000001.jsonl');

/** Every JSON file with a schema number, by its path. */
function versionedFiles(world: World): ReadonlyMap<string, string> {
  const found = readdirSync(world.state, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    found
      .map((file) => [file, readFileSync(file, 'utf8')] as const)
      .filter(([, text]) => text.includes('"schema":1')),
  );
}

/** Appends a chained journal line of a type that this version does not know. */
function appendNovel(world: World): void {
  const last = readFileSync(journalOf(world), 'utf8').trimEnd().split('\n').at(-1) as string;
  const line = {
    seq: JSON.parse(last).seq + 1,
    time: new Date().toISOString(),
    type: 'novel',
    target: 'default',
    prev: sha256Hex(last),
  };
  appendFileSync(journalOf(world), `${JSON.stringify(line)}\n`);
}

/** A world with a drift that an exporter recorded before it stopped. */
async function drifted(): Promise<World> {
  const world = worldWithGoenv(toolchain, 'GOFLAGS=-trimpath\n');
  await accept(world);
  goIn(world, 'env', '-w', 'GOFLAGS=-mod=mod');
  const exporter = await startExporter(world);
  await eventually('the drift', async () => {
    const level = seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'env' });
    return level !== undefined && level > 0;
  });
  await exporter.stop();
  return world;
}

it('a journal line of an unknown type is kept as part of the chain, and blocks rollbacks until the next acceptance', async () => {
  const world = await drifted();
  appendNovel(world);
  const text = readFileSync(journalOf(world), 'utf8');
  const verified = await godrift(world, ['events', '--verify']);
  expect(verified).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('is of a newer godrift (novel)'),
  });
  const refused = await godrift(world, ['rollback', '--dry-run']);
  expect(refused.stdout).toContain(
    'was written by a newer godrift (novel), and this version does not understand it',
  );
  const exporter = await startExporter(world);
  try {
    await eventually('the journal to be verified', async () =>
      /^godrift_journal_intact 1$/m.test(await exporter.metrics()),
    );
  } finally {
    await exporter.stop();
  }
  // New lines follow that line, so that the newer godrift finds an intact chain.
  expect(readFileSync(journalOf(world), 'utf8').startsWith(text)).toBe(true);
  expect(readFileSync(journalOf(world), 'utf8')).not.toContain('"gap"');
  expect((await godrift(world, ['events', '--verify'])).exitCode).toBe(0);
  await accept(world);
  expect((await godrift(world, ['rollback', '--dry-run'])).stdout).not.toContain('newer godrift');
});

it('files of a newer schema are reported and left unchanged', async () => {
  const world = await drifted();
  const before = await godrift(world, ['check']);
  const own = versionedFiles(world);
  expect(own.size).toBeGreaterThan(4);
  for (const [file, text] of own)
    writeFileSync(file, text.replace('"schema":1', '"schema":2,"novel":{"a":1}'));
  const newer = versionedFilesAt(own);
  const check = await godrift(world, ['check']);
  expect(check.exitCode).toBe(1);
  expect(check.stdout).toContain('accepted.json has schema 2 of a newer godrift');
  expect(check.stdout).toContain('or run the godrift that wrote it');
  expect(`${check.stdout}${check.stderr}`).not.toContain('damaged');
  const exporter = await startExporter(world);
  try {
    await eventually('a page', async () => (await exporter.metrics()).includes('godrift_target_readable'));
  } finally {
    await exporter.stop();
  }
  expect(versionedFilesAt(own)).toEqual(newer);
  expect(
    readdirSync(world.state, { recursive: true }).filter((name) => String(name).includes('.corrupt')),
  ).toEqual([]);
  for (const [file, text] of own) writeFileSync(file, text);
  expect((await godrift(world, ['check'])).stdout).toBe(before.stdout);
});

/** The current content of these files. */
function versionedFilesAt(files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...files.keys()].map((file) => [file, readFileSync(file, 'utf8')]));
}
