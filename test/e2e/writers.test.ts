/**
 * The probable writer of a drifted file: real writers beside a running exporter, reported in the journal, the
 * event log and by commands.
 */
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import type { DriftRecord } from '../../src/drift/events.ts';
import { eventually, godrift, makeWorld, type World } from '../lab/godrift.ts';
import { missingMounts, mounts } from '../lab/namespaces.ts';
import { replaceFile } from '../lab/replace-file.ts';
import { startsExporters } from '../lab/running.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const go = await ensureToolchain('1.27.4');
const started = startsExporters();
const ajv = new Ajv2020({ allErrors: true });
addFormats.default(ajv);
const schemaOf = (name: string) =>
  ajv.compile(
    JSON.parse(readFileSync(join(import.meta.dirname, `../../schema/${name}.schema.json`), 'utf8')),
  );
const valid = { check: schemaOf('check'), blame: schemaOf('blame') };
const isRoot = process.getuid?.() === 0;

/** Returns all drifts in the journal of a world. */
async function drifts(world: World): Promise<readonly DriftRecord[]> {
  const { stdout } = await godrift(world, ['events', '--json']);
  const lines = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  return lines.filter(({ type }) => type === 'drift');
}

/**
 * A world with a GOENV file and an accepted baseline, and a running exporter
 * that has made its first observation.
 */
async function observed(): Promise<{ world: World; goenv: string; log: string }> {
  const world = makeWorld(go);
  const goenv = join(world.home, '.config/go/env');
  mkdirSync(dirname(goenv), { recursive: true });
  writeFileSync(goenv, 'GOFLAGS=-v\n');
  const accepted = await godrift(world, ['baseline', 'accept', '--reason', 'healthy']);
  expect(accepted.exitCode).toBe(0);
  const log = join(world.home, 'events.log');
  const exporter = await started(world, ['--event-log.file', log]);
  await eventually('a look', async () => exporter.output().includes('msg=observed'));
  return { world, goenv, log };
}

/** Waits for a drift in which the entry has this value, and returns it. */
const driftTo = (world: World, key: string, actual: string) =>
  eventually(`${key} to be ${actual}`, async () =>
    (await drifts(world)).find(({ changes }) =>
      changes.some((change) => change.key === key && change.actual === actual),
    ),
  );

it('a program that has the file open is named in the journal, the event log and the commands, without its arguments', async () => {
  const { world, goenv, log } = await observed();
  // A shell writes once, keeps the file open until its input ends, and has a secret argument.
  const holder = execa(
    '/bin/sh',
    ['-c', 'exec 3<>"$0"; echo GOFLAGS=-x >&3; read -r line', goenv, 'token=secret'],
    {
      reject: false,
      stdin: 'pipe',
    },
  );
  onTestFinished(async () => {
    holder.kill('SIGKILL');
    await holder;
  });
  const drift = await driftTo(world, 'env.GOFLAGS', '-x');
  expect(drift.writers).toMatchObject([
    { how: 'open', pid: holder.pid, confidence: 'likely', path: goenv, facets: ['env'] },
  ]);
  const said = `${goenv} likely written by`;
  expect((await godrift(world, ['events', '--since', '1h'])).stdout).toContain(said);
  expect((await godrift(world, ['events', '--trace', drift.trace_id, '--report'])).stdout).toContain(
    'likely written by',
  );
  const why = JSON.parse((await godrift(world, ['why', 'GOFLAGS', '--json'])).stdout);
  expect(why.history.at(-1).note).toContain(said);
  const line = await eventually(
    'a line of the event log',
    async () =>
      existsSync(log) && readFileSync(log, 'utf8').includes('"writers"') && readFileSync(log, 'utf8'),
  );
  expect(line).toContain(said);
  expect(line).not.toContain('secret');
  expect(JSON.stringify(drift)).not.toContain('secret');
});

it(`check and blame name the writer of a drift until the file is written again${missingMounts}`, async () => {
  const { world, goenv } = await observed();
  const holder = execa('/bin/sh', ['-c', 'exec 3<>"$0"; echo GOFLAGS=-mod=mend >&3; read -r line', goenv], {
    reject: false,
    stdin: 'pipe',
  });
  onTestFinished(async () => {
    holder.kill('SIGKILL');
    await holder;
  });
  const { writers } = await driftTo(world, 'env.GOFLAGS', '-mod=mend');
  expect(writers).toHaveLength(1);
  const checked = async () => {
    const document = JSON.parse((await godrift(world, ['check', '--json'])).stdout);
    expect(valid.check(document), JSON.stringify(valid.check.errors)).toBe(true);
    return document.findings.filter(({ kind }: { kind: string }) => kind === 'drift');
  };
  expect(await checked()).toMatchObject([{ key: 'env.GOFLAGS', writers }]);
  const said = `writer: ${goenv} likely written by `;
  expect((await godrift(world, ['check'])).stdout).toContain(said);
  if (!('missing' in mounts)) {
    const blame = (...args: string[]) => godrift(world, ['blame', ...args, '--', 'go', 'list', './...']);
    const document = JSON.parse((await blame('--json')).stdout);
    expect(valid.blame(document), JSON.stringify(valid.blame.errors)).toBe(true);
    expect(document.culprits).toMatchObject([{ key: 'env.GOFLAGS', writers }]);
    expect((await blame()).stdout).toContain(said);
  }
  // Written again, with the same content.
  writeFileSync(goenv, readFileSync(goenv));
  expect((await checked())[0]).not.toHaveProperty('writers');
});

it('a writer that has ended is not named, and one that still runs is named only as having the file open', async () => {
  const { world, goenv } = await observed();
  replaceFile(goenv, 'GOFLAGS=-w\n');
  // The writer has closed the file, and its owner is the observing user.
  expect((await driftTo(world, 'env.GOFLAGS', '-w')).writers).toBeUndefined();
  await execa(go.go, ['env', '-w', 'GOFLAGS=-trimpath'], { env: world.env, extendEnv: false });
  const { writers = [] } = await driftTo(world, 'env.GOFLAGS', '-trimpath');
  for (const writer of writers) expect(writer).toMatchObject({ how: 'open', program: 'go' });
});

it.skipIf(!isRoot)('the owner of a file of another user is named as possible writer', async () => {
  const { world, goenv } = await observed();
  writeFileSync(`${goenv}.new`, 'GOFLAGS=-a\n');
  chownSync(`${goenv}.new`, 4711, 4711);
  renameSync(`${goenv}.new`, goenv);
  const { writers } = await driftTo(world, 'env.GOFLAGS', '-a');
  expect(writers).toMatchObject([{ how: 'owner', uid: 4711, confidence: 'possible', path: goenv }]);
});

it('git is named with its subcommand and commit if it wrote the present content of go.mod', async () => {
  const world = makeWorld(go);
  const gomod = join(world.workspace, 'go.mod');
  const git = (...args: readonly string[]) =>
    execa('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      cwd: world.workspace,
      env: { ...world.env, GIT_CONFIG_GLOBAL: '/dev/null' },
      extendEnv: false,
    });
  await git('init', '-q', '-b', 'main', '.');
  await git('add', '.');
  await git('commit', '-qm', 'one');
  const others = Array.from({ length: 8 }, (_, index) => `b${index}`);
  for (const [index, branch] of others.entries()) {
    await git('checkout', '-q', '-b', branch, 'main');
    writeFileSync(gomod, `module example.com/app\n\ngo 1.${index + 12}\n`);
    await git('commit', '-qam', `password=secret${index}`);
  }
  await git('checkout', '-q', 'main');
  expect((await godrift(world, ['baseline', 'accept', '--reason', 'healthy'])).exitCode).toBe(0);
  const exporter = await started(world);
  await eventually('a look', async () => exporter.output().includes('msg=observed'));
  // If a pass comes after git wrote the file but before it wrote the reflog of HEAD, git is not named.
  // Another checkout is tried then.
  let found: DriftRecord | undefined;
  for (const branch of others) {
    if (found !== undefined) break;
    const before = (await drifts(world)).length;
    await git('checkout', '-q', branch);
    await eventually('a drift', async () => (await drifts(world)).length > before);
    found = (await drifts(world)).find(({ writers = [] }) => writers.some(({ how }) => how === 'git'));
  }
  const commit = (await git('rev-parse', 'HEAD')).stdout;
  expect(found?.writers?.filter(({ how }) => how === 'git')).toMatchObject([
    { how: 'git', command: 'checkout', commit, confidence: 'likely', path: gomod },
  ]);
  expect(JSON.stringify(found)).not.toContain('secret');
  // An edit by hand is not attributed to git, although git wrote the file before.
  const before = (await drifts(world)).length;
  replaceFile(gomod, 'module example.com/app\n\ngo 1.20\n');
  const edited = await eventually('a drift', async () => {
    const all = await drifts(world);
    return all.length > before && all.at(-1);
  });
  expect(edited.writers).toBeUndefined();
});
