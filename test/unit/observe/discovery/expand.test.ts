/** What patterns find in real trees when one owner wants all the room. */
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

/** No time passes unless `more` has a clock: how much is looked at depends on no machine. */
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

/** A directory of somebody's with more directories in it than are looked at; `zz` among them is a module. */
async function crowded() {
  const src = await scratch();
  const bob = path.join(src, 'bob');
  mkdirSync(bob);
  for (let index = 0; index < nameLimit + 1; index++) mkdirSync(path.join(bob, `d${index}`));
  return { src, bob, zz: addModule(bob, 'zz'), api: addModule(src, 'zoe', 'api') };
}

test('directories of one do not take the room or the watches of others, and what was observed is looked at first', async () => {
  const { src, bob, zz, api } = await crowded();
  const first = expand(`${src}/*/*`);
  expect(first.found).toEqual([api]);
  expect(first.incomplete).toEqual([{ directory: bob, reason: 'names' }]);
  expect(first.watch).toContain(path.join(src, 'zoe', '*'));
  const went = path.join(bob, 'went');
  expect(expand(`${src}/*/*`, [zz, went])).toMatchObject({ found: [zz, api], gone: [went] });
  expect(expand(`${src}/**`).found).toEqual([api]);
});

test('names directly in the fixed directory take time as all do, and what is not looked at is said once', () => {
  const src = mkdtempSync(path.join(tmpdir(), 'godrift-'));
  onTestFinished(() => rmSync(src, { recursive: true, force: true }));
  for (let index = 0; index < 2_000; index++) mkdirSync(path.join(src, `d${index}`));
  const zoe = addModule(src, 'zoe');
  const all = [{ directory: src, reason: 'names' }];
  // So many questions for the time until it is late: among the names, and among the shares.
  for (const questions of [500, 2_050]) {
    let asked = 0;
    const clock = () => (++asked > questions ? 1_000_000 : 0);
    expect(expand(`${src}/*`, [zoe], { clock })).toMatchObject({ found: [zoe], incomplete: all });
    expect(asked).toBeLessThan(questions + 10);
  }
  const knownOnly = expand(`${src}/*`, [zoe, path.join(src, 'went')], { knownOnly: true });
  expect(knownOnly).toMatchObject({ found: [zoe], incomplete: [], gone: [path.join(src, 'went')] });
});

/** A pattern of an absolute path. */
function patternOf(text: string) {
  const pattern = parsePattern(text);
  if (typeof pattern === 'string') throw new Error(pattern);
  return pattern;
}

test('what is directly in a directory is looked at once, however many patterns begin there', async () => {
  const src = await scratch();
  const zoe = addModule(src, 'zoe');
  mkdirSync(path.join(src, 'plain'));
  const entries = [1, 2, 3].map(() => ({ label: '', workspace: patternOf(`${src}/*`), settings }));
  // What comes between two patterns of a look is for the next look.
  const isKnown = () => {
    addModule(src, 'came');
    return false;
  };
  const { expansions } = expandEntries(entries, isKnown, { clock: () => 0 });
  const found = expansions.map(({ workspaces }) => workspaces.map((one) => one.path));
  expect(found).toEqual([[zoe], [zoe], [zoe]]);
  expect(expand(`${src}/*`).found).toEqual([path.join(src, 'came'), zoe]);
});

test('names are not read to the end where it gets late', async () => {
  const src = await scratch();
  for (let index = 0; index < 2_000; index++) writeFileSync(path.join(src, `f${index}`), '');
  const place = { root: '/', path: src };
  expect(readSomeNames(place, 'file', 10_000)).toMatchObject({ read: 2_000, whole: true });
  const some = readSomeNames(place, 'file', 10_000, () => true);
  expect(some?.whole).toBe(false);
  expect(some?.read).toBeLessThan(1_000);
});

test('a go that cannot be looked at may make more targets of each workspace of its entry', async () => {
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

test('what was observed stays where the fixed directory itself cannot be looked at, and is gone with it', async () => {
  const top = await scratch();
  const src = path.join(top, 'src');
  const zoe = addModule(src, 'zoe');
  renameSync(src, path.join(top, 'away'));
  expect(expand(`${src}/*`, [zoe]).found).toEqual([]);
  // A link that leads to itself answers root as little as a directory without rights answers others.
  symlinkSync(src, src);
  const { workspaces, incomplete } = expand(`${src}/*`, [zoe, path.join(src, 'a', 'b')]);
  expect(workspaces).toEqual([{ path: zoe, real: zoe, below: ['zoe'], kept: true }]);
  expect(incomplete).toEqual([{ directory: src, reason: 'unreadable' }]);
});

test('files in a directory take no room', async () => {
  const src = await scratch();
  mkdirSync(path.join(src, 'bob'));
  for (let index = 0; index < nameLimit + 1; index++) writeFileSync(path.join(src, 'bob', `f${index}`), '');
  const modules = [addModule(src, 'bob', 'zz'), addModule(src, 'zoe', 'api')];
  expect(expand(`${src}/*/*`)).toMatchObject({ found: modules, incomplete: [] });
});

test('what was observed and cannot be looked at is there, and what became a link or is gone is not', async () => {
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

test('a path that was observed is taken where the pattern would find it, and nowhere else', async () => {
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
])('%s and %s: %s', (pattern, file, matches) => {
  expect(matchesPath(pattern.split('/'), file.split('/'), depthLimit)).toBe(matches);
});
