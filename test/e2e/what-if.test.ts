/**
 * `godrift what-if` as users run it: with snapshots of real workspaces, snapshots published by an exporter,
 * and a fleet of files.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import type { WhatIfDocument } from '../../src/explain/what-if/model.ts';
import { eventually, godrift, makeWorld, startExporter, type World } from '../lab/godrift.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../schema/what-if.schema.json'), 'utf8'),
);
const validate = new Ajv2020({ allErrors: true, formats: { 'date-time': true } }).compile(schema);

let world: World;
let fleet: string;

async function ask(...args: readonly string[]) {
  const run = await godrift(world, ['what-if', '--json', ...args]);
  expect(run.stderr === '').toBe(run.exitCode !== 2);
  const document = JSON.parse(run.stdout) as WhatIfDocument;
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  return { exitCode: run.exitCode, document };
}

const snapshot = (entries: Readonly<Record<string, string>>) =>
  `#SNAPSHOT v1 2026-11-29T10:00:00.000Z\n${Object.entries(entries)
    .sort()
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')}`;

beforeAll(async () => {
  world = makeWorld(await ensureToolchain('1.26.0'));
  fleet = join(world.home, 'fleet');
  mkdirSync(join(fleet, 'ci'), { recursive: true });
  const member = {
    'toolchain.version': '1.26.0',
    'toolchain.origin': 'local',
    'modules.go_mod': 'sha256:00',
  };
  for (const name of ['a', 'b', 'c'])
    writeFileSync(
      join(fleet, `ci/${name}.snapshot`),
      snapshot({ ...member, 'env.GOTOOLCHAIN': 'auto', 'env.GOPROXY': 'off' }),
    );
  writeFileSync(join(fleet, 'ci/held.snapshot'), snapshot({ ...member, 'env.GOTOOLCHAIN': 'local' }));
  writeFileSync(join(fleet, 'ci/broken.snapshot'), 'no snapshot\n');
});

describe('what-if', () => {
  it('predicts from the committed snapshot of a workspace, with one line per condition in the text', async () => {
    const written = await godrift(world, ['snapshot', '--portable', '--output', '.godrift.snapshot']);
    expect(written.exitCode).toBe(0);
    const { exitCode, document } = await ask('--go', '1.27.4', '.godrift.snapshot');
    expect(document.members).toMatchObject([
      {
        before: { outcome: 'local', version: '1.26.0' },
        after: [{ outcome: 'local', version: '1.27.4' }],
        unknown: [],
      },
    ]);
    expect(exitCode).toBe(0);
    // The text has one line per condition, the document more.
    const { stdout } = await godrift(world, ['what-if', '--go', '1.27.4', '.godrift.snapshot']);
    const conditions = [...stdout.matchAll(/^ +unless +(.+?): .+$/gm)].map(([, when]) => when);
    expect(conditions.length).toBeGreaterThan(1);
    expect(conditions).toEqual([...new Set(conditions)]);
    expect(document.members[0]?.unless.length).toBeGreaterThan(conditions.length);
  });

  it('predicts without conditions for the workspace of the working directory, and exits with 2 for an empty fleet', async () => {
    const { exitCode, document } = await ask('--set', 'go_mod.go=1.27', '--set', 'env.GOTOOLCHAIN=local');
    expect(document.members).toMatchObject([
      {
        name: world.workspace,
        before: { outcome: 'local', version: '1.26.0' },
        after: [{ outcome: 'local', version: '1.26.0', refuses_module: true }],
        unless: [],
      },
    ]);
    expect(exitCode).toBe(1);
    const none = await godrift(world, ['what-if', '--go', '1.27.4', '--fleet', '.']);
    expect([none.exitCode, none.stderr]).toEqual([0, '']);
    mkdirSync(join(world.home, 'empty'));
    const empty = await godrift(world, ['what-if', '--go', '1.27.4', '--fleet', join(world.home, 'empty')]);
    expect([empty.exitCode, empty.stderr]).toEqual([
      2,
      expect.stringContaining('there is no snapshot below'),
    ]);
  });

  it('reports for a fleet which members fail, which leave the line of their pool, and which files cannot be read', async () => {
    const { exitCode, document } = await ask('--set', 'go_mod.go=1.27', '--fleet', fleet);
    const held = document.members.find(({ name }) => name === 'ci/held');
    expect(held).toMatchObject({ after: [{ outcome: 'local', version: '1.26.0', refuses_module: true }] });
    expect(held?.appear.certain.map(({ rule }) => rule)).toEqual(['toolchain-too-old']);
    expect(
      document.members
        .find(({ name }) => name === 'ci/a')
        ?.after.map(({ outcome }) => outcome)
        .sort(),
    ).toEqual(['cached', 'not-found', 'path']);
    expect(document.unread).toMatchObject([{ file: 'ci/broken' }]);
    expect(exitCode).toBe(1);
    const local = await ask('--go', '1.27.4', '--set', 'go_mod.go=1.27', '--fleet', fleet);
    expect(local.document.pools).toMatchObject([
      { pool: 'ci', members: 4, line_before: '1.26', line_after: '1.27', leave: [] },
    ]);
    // No member fails, but one file could not be read.
    expect(local.exitCode).toBe(2);
    const broken = join(fleet, 'ci/broken.snapshot');
    renameSync(broken, `${broken}.not`);
    expect((await ask('--go', '1.27.4', '--set', 'go_mod.go=1.27', '--fleet', fleet)).exitCode).toBe(0);
    const deep = 'one/two/three/four/five/six/seven';
    mkdirSync(join(fleet, deep), { recursive: true });
    const cut = await ask('--go', '1.27.4', '--set', 'go_mod.go=1.27', '--fleet', fleet);
    expect(cut.document.unread).toEqual([{ file: `${deep}/`, why: 'it is more than 6 folders below' }]);
    expect(cut.exitCode).toBe(2);
    rmSync(join(fleet, 'one'), { recursive: true });
    renameSync(`${broken}.not`, broken);
  });

  it('predicts without conditions from snapshots published by an exporter, which contain the go lines of the project', async () => {
    const exporter = await startExporter(world, [world.workspace]);
    const saved = join(fleet, 'exporter.json');
    await eventually('the target to be published', async () => {
      const { stdout } = await godrift(world, ['targets', '--snapshots']);
      writeFileSync(saved, stdout);
      return stdout.includes('"toolchain.version":"1.26.0"');
    });
    await exporter.stop();
    const { document } = await ask('--set', 'env.GOTOOLCHAIN=auto', saved);
    expect(document.members).toMatchObject([
      { after: [{ outcome: 'local', version: '1.26.0' }], unless: [], unknown: [] },
    ]);
  });

  it('predicts the same conflicts that check finds after the change', async () => {
    const { document } = await ask(
      '--set',
      'env.GOTOOLCHAIN=local',
      '--set',
      'go_mod.go=1.27',
      '--set',
      'env.GOFLAGS=-mod=mod',
      '.godrift.snapshot',
    );
    writeFileSync(join(world.workspace, 'go.mod'), 'module example.com/app\n\ngo 1.27\n');
    const run = await godrift(world, ['check', '--json'], { GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod' });
    const told = (
      JSON.parse(run.stdout) as { findings: { kind: string; rule: string; key: string }[] }
    ).findings
      .filter(({ kind }) => kind === 'conflict')
      .map(({ rule, key }) => `${rule} ${key}`);
    const [member] = document.members;
    expect(member?.appear.certain.map(({ rule, key }) => `${rule} ${key}`).sort()).toEqual(told.sort());
  });

  it('prints a table, and exits with 2 and one line of error for invalid arguments', async () => {
    const { stdout, exitCode } = await godrift(world, [
      'what-if',
      '--set',
      'go_mod.go=1.27',
      '--fleet',
      fleet,
    ]);
    expect(stdout).toContain('what if  go_mod.go=1.27');
    expect(stdout).toMatch(/^3 {2}ci\/a, ci\/b, ci\/c$/m);
    expect(stdout).toContain('not read: ci/broken');
    expect(exitCode).toBe(1);
    for (const args of [
      ['.godrift.snapshot'],
      ['--go', '1.27', '.godrift.snapshot'],
      ['--set', 'env.NOPE=1', 'x'],
    ]) {
      const run = await godrift(world, ['what-if', ...args]);
      expect([run.exitCode, run.stdout, run.stderr.split('\n').length]).toEqual([2, '', 2]);
    }
  });
});
