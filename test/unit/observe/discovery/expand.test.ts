/** What patterns find in real trees when one owner wants all the room. */
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { TargetEntry } from '../../../../src/observe/discovery/entries.ts';
import { expandEntries } from '../../../../src/observe/discovery/expand.ts';
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

function expand(pattern: string, known: readonly string[] = []) {
  const workspace = parsePattern(pattern);
  if (typeof workspace === 'string') throw new Error(workspace);
  const { expansions, watch } = expandEntries([{ label: '', workspace, settings }], () => false, known);
  const [{ workspaces, incomplete } = { workspaces: [], incomplete: [] }] = expansions;
  return { found: workspaces.map((one) => one.path), incomplete, watch };
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
  expect(expand(`${src}/*/*`, [zz, path.join(bob, 'went')]).found).toEqual([zz, api]);
  expect(expand(`${src}/**`).found).toEqual([api]);
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
