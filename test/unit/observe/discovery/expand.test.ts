/** What patterns match in real trees, where one owner tries to use up all limits. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readSomeNames } from '../../../../src/host/directory.ts';
import {
  hiddenTargetsIn,
  nothingFound,
  type TargetEntry,
} from '../../../../src/observe/discovery/entries.ts';
import { type ExpandOptions, expandEntries } from '../../../../src/observe/discovery/expand.ts';
import { matchesPath, parsePattern } from '../../../../src/observe/discovery/pattern.ts';
import { depthLimit, nameLimit } from '../../../../src/observe/discovery/walk.ts';
import { scratch } from '../../store/scratch.ts';

const settings: TargetEntry['settings'] = {
  environment: { from: 'none' },
  pool: '',
  baseline: 'auto',
  pins: { goMod: 'floor', tools: {} },
  required: [],
  tools: [],
};

function addModule(...parts: readonly string[]): string {
  const directory = path.join(...parts);
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, 'go.mod'), 'module e.com/x\n\ngo 1.21\n');
  return directory;
}

/**
 * Expands a pattern. No time passes unless `more` has a clock, so the result does not depend on the machine.
 */
function expand(pattern: string, known: readonly string[] = [], more: ExpandOptions = {}) {
  const workspace = parsePattern(pattern);
  if (typeof workspace === 'string') throw new Error(workspace);
  const { expansions, watch } = expandEntries([{ label: '', workspace, settings }], () => false, {
    known,
    clock: () => 0,
    ...more,
  });
  const [{ workspaces, incomplete, gone } = { ...nothingFound, gone: [] }] = expansions;
  return { found: workspaces.map((one) => one.path), workspaces, incomplete, watch, gone };
}

/** Makes a directory of one user with more directories than are searched; `zz` among them is a module. */
async function crowded() {
  const src = await scratch();
  const bob = path.join(src, 'bob');
  mkdirSync(bob);
  for (let index = 0; index < nameLimit + 1; index++) mkdirSync(path.join(bob, `d${index}`));
  return { src, bob, zz: addModule(bob, 'zz'), api: addModule(src, 'zoe', 'api') };
}

test('one user’s directories do not use up the limits of others, and observed targets come first', async () => {
  const { src, bob, zz, api } = await crowded();
  const first = expand(`${src}/*/*`);
  expect(first.found).toEqual([api]);
  expect(first.incomplete).toEqual([{ directory: bob, reason: 'names' }]);
  expect(first.watch).toContain(path.join(src, 'zoe', '*'));
  const went = path.join(bob, 'went');
  expect(expand(`${src}/*/*`, [zz, went])).toMatchObject({ found: [zz, api], gone: [went] });
  expect(expand(`${src}/**`).found).toEqual([api]);
});

test('names in the fixed directory count against the time limit, and an unfinished search is reported once', () => {
  const src = mkdtempSync(path.join(tmpdir(), 'godrift-'));
  onTestFinished(() => rmSync(src, { recursive: true, force: true }));
  for (let index = 0; index < 2_000; index++) mkdirSync(path.join(src, `d${index}`));
  const zoe = addModule(src, 'zoe');
  const all = [{ directory: src, reason: 'names' }];
  // How many questions to the clock until the time is up: while reading names, and while searching shares.
  for (const questions of [500, 2_050]) {
    let asked = 0;
    const clock = () => (++asked > questions ? 1_000_000 : 0);
    expect(expand(`${src}/*`, [zoe], { clock })).toMatchObject({ found: [zoe], incomplete: all });
    expect(asked).toBeLessThan(questions + 10);
  }
  const knownOnly = expand(`${src}/*`, [zoe, path.join(src, 'went')], { knownOnly: true });
  expect(knownOnly).toMatchObject({ found: [zoe], incomplete: [], gone: [path.join(src, 'went')] });
});

/** Parses a pattern of an absolute path. */
function patternOf(text: string) {
  const pattern = parsePattern(text);
  if (typeof pattern === 'string') throw new Error(pattern);
  return pattern;
}

test('a directory is listed once, however many patterns begin there', async () => {
  const src = await scratch();
  const zoe = addModule(src, 'zoe');
  mkdirSync(path.join(src, 'plain'));
  const entries = [1, 2, 3].map(() => ({ label: '', workspace: patternOf(`${src}/*`), settings }));
  // A directory that appears between two patterns of one search belongs to the next search.
  const isKnown = () => {
    addModule(src, 'came');
    return false;
  };
  const { expansions } = expandEntries(entries, isKnown, { clock: () => 0 });
  const found = expansions.map(({ workspaces }) => workspaces.map((one) => one.path));
  expect(found).toEqual([[zoe], [zoe], [zoe]]);
  expect(expand(`${src}/*`).found).toEqual([path.join(src, 'came'), zoe]);
});

test('reading names stops when the time is up', async () => {
  const src = await scratch();
  for (let index = 0; index < 2_000; index++) writeFileSync(path.join(src, `f${index}`), '');
  const place = { root: '/', path: src };
  expect(readSomeNames(place, 'file', 10_000)).toMatchObject({ read: 2_000, whole: true });
  const some = readSomeNames(place, 'file', 10_000, () => true);
  expect(some?.whole).toBe(false);
  expect(some?.read).toBeLessThan(1_000);
});

test('an unreadable go directory may hide targets of each workspace of its entry', async () => {
  const top = await scratch();
  const [zoe, opt] = [addModule(top, 'src', 'zoe'), path.join(top, 'opt')];
  mkdirSync(path.join(opt, 'a', 'bin'), { recursive: true });
  writeFileSync(path.join(opt, 'a', 'bin', 'go'), '');
  const entry = { label: '', workspace: patternOf(`${top}/src/*`), settings };
  const look = () => {
    const go = [patternOf(`${opt}/*/bin/go`)];
    return expandEntries([{ ...entry, go }, entry], () => false, { clock: () => 0 }).expansions;
  };
  expect(look()[0]?.gos).toHaveLength(1);
  expect(hiddenTargetsIn(look())(zoe)).toBe(false);
  if (process.getuid?.() === 0) chownSync(opt, 65_534, 65_534);
  chmodSync(opt, 0);
  expect(look()[0]).toMatchObject({ gos: [], incomplete: [{ directory: opt, reason: 'unreadable' }] });
  expect(hiddenTargetsIn(look())(zoe)).toBe(true);
  expect(hiddenTargetsIn(look())(path.join(top, 'src', 'went'))).toBe(false);
  chmodSync(opt, 0o700);
});

test('observed targets stay while the fixed directory is unreadable, and go if it is gone', async () => {
  const top = await scratch();
  const src = path.join(top, 'src');
  const zoe = addModule(src, 'zoe');
  renameSync(src, path.join(top, 'away'));
  expect(expand(`${src}/*`, [zoe]).found).toEqual([]);
  // A symlink to itself is unreadable even for root, like a directory without permissions for others.
  symlinkSync(src, src);
  const { workspaces, incomplete } = expand(`${src}/*`, [zoe, path.join(src, 'a', 'b')]);
  expect(workspaces).toEqual([{ path: zoe, real: zoe, below: ['zoe'], kept: true }]);
  expect(incomplete).toEqual([{ directory: src, reason: 'unreadable' }]);
});

test('files in a directory do not count against the limit of names', async () => {
  const src = await scratch();
  mkdirSync(path.join(src, 'bob'));
  for (let index = 0; index < nameLimit + 1; index++) writeFileSync(path.join(src, 'bob', `f${index}`), '');
  const modules = [addModule(src, 'bob', 'zz'), addModule(src, 'zoe', 'api')];
  expect(expand(`${src}/*/*`)).toMatchObject({ found: modules, incomplete: [] });
});

test('an observed target that is unreadable stays; one that is gone or became a symlink does not', async () => {
  const src = await scratch();
  const closed = addModule(src, 'closed');
  if (process.getuid?.() === 0) chownSync(closed, 65_534, 65_534);
  chmodSync(closed, 0);
  symlinkSync(addModule(src, 'api'), path.join(src, 'link'));
  const known = ['closed', 'link', 'went', 'api'].map((name) => path.join(src, name));
  const { found, incomplete } = expand(`${src}/*`, known);
  expect(found).toEqual([path.join(src, 'api'), closed]);
  expect(incomplete).toContainEqual({ directory: closed, reason: 'unreadable' });
  chmodSync(closed, 0o700);
});

test('an observed path is kept only if the pattern would match it', async () => {
  const src = await scratch();
  const [mono, part] = [addModule(src, 'mono'), addModule(src, 'mono', 'part')];
  const hidden = addModule(src, '.cache', 'x');
  expect(expand(`${src}/**`, [mono, part, hidden, '/elsewhere']).found).toEqual([mono, part]);
  writeFileSync(path.join(mono, 'go.work'), 'go 1.21\n');
  expect(expand(`${src}/**`, [mono, part, hidden]).found).toEqual([mono]);
  expect(expand(`${src}/*`, [part]).found).toEqual([mono]);
});

test.each([
  ['*', 'a', true],
  ['*', 'a/b', false],
  ['*/go', 'a/go', true],
  ['*/go', 'a/g', false],
  ['**', 'a/b/c', true],
  ['**', 'a/vendor/c', false],
  ['**', 'a/b/c/d/e/f/g/h', true],
  ['**', 'a/b/c/d/e/f/g/h/i', false],
  ['a*/**/x', 'ab/x', true],
  ['a*/**/x', 'ab/c/x', true],
  ['a*/**/x', 'x', false],
])('%s matches %s: %s', (pattern, file, matches) => {
  expect(matchesPath(pattern.split('/'), file.split('/'), depthLimit)).toBe(matches);
});
