/**
 * Output that is lost because the reader has gone or the disk is full: the command still completes, and its
 * exit code reports the outcome.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatSnapshot } from '../../src/drift/snapshot.ts';
import { accept, goenvOf, goIn, worldWithGoenv } from '../lab/accepted.ts';
import { godrift, type World } from '../lab/godrift.ts';
import { godriftInto, type Unheard } from '../lab/lost-output.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const toolchain = await ensureToolchain('1.27.4');
const approved = 'GOFLAGS=-trimpath\n';

/** A world in which `diff` finds something. */
function differing(): World {
  const world = worldWithGoenv(toolchain, approved);
  for (const [name, value] of Object.entries({ a: '-trimpath', b: '-mod=mod' }))
    writeFileSync(join(world.workspace, name), formatSnapshot(new Map([['env.GOFLAGS', value]]), 0));
  return world;
}

const noise = (code: number): string =>
  `godrift: cannot print the answer: the disk is full; make room, or send it elsewhere: all else was done, with exit code ${code}\n`;

const unheard = (code: number): Unheard => ({ exitCode: 2, stderr: noise(code) });
const silent = (exitCode: number): Unheard => ({ exitCode, stderr: '' });

test.each([
  ['check', ['check', '--fail-on', 'minor'], 1],
  ['check --json', ['check', '--json'], 1],
  ['diff', ['diff', 'a', 'b'], 1],
  ['snapshot', ['snapshot'], 0],
  ['snapshot --output -', ['snapshot', '--output', '-'], 0],
  ['version', ['version'], 0],
  ['--help', ['--help'], 0],
  ['baseline show', ['baseline', 'show'], 1],
])('%s keeps its exit code without a reader, and exits with 2 on a full disk', (_, args, code) => {
  const world = differing();
  const env = { GOFLAGS: '-mod=mod' };
  expect(godriftInto('a reader that has gone', world, args, env)).toEqual(silent(code));
  expect(godriftInto('a full disk', world, args, env)).toEqual(unheard(code));
});

test('rollback --yes is carried out without a reader or on a full disk, and a dry run still changes nothing', async () => {
  const world = worldWithGoenv(toolchain, approved);
  await accept(world);
  const drift = () => goIn(world, 'env', '-w', 'GOFLAGS=-mod=mod');
  const goenv = () => readFileSync(goenvOf(world), 'utf8');
  drift();
  const drifted = goenv();
  const dry = ['rollback', '--dry-run'];
  expect(godriftInto('a reader that has gone', world, dry)).toEqual(silent(0));
  expect(godriftInto('a full disk', world, dry)).toEqual(unheard(0));
  expect(goenv()).toBe(drifted);
  const done = ['rollback', '--yes'];
  expect(godriftInto('a reader that has gone', world, done)).toEqual(silent(0));
  expect(goenv()).toBe(approved);
  drift();
  expect(godriftInto('a full disk', world, done)).toEqual(unheard(0));
  expect(goenv()).toBe(approved);
});

test('an acceptance whose output is lost to a full disk is carried out and reported as done', async () => {
  const world = worldWithGoenv(toolchain, approved);
  await accept(world, 'once');
  const args = ['baseline', 'accept', '--reason', 'again'];
  expect(godriftInto('a full disk', world, args)).toEqual(unheard(0));
  expect((await godrift(world, ['baseline', 'show'])).stderr).toContain('again');
  // Following the journal ends when the reader has gone.
  expect(godriftInto('a reader that has gone', world, ['events', '--follow'])).toEqual(silent(0));
});
