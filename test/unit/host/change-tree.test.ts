/** Replacing a directory with another one, or not at all: real files, read-only folders, symlinks. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { besideNames } from '../../../src/host/change-entry.ts';
import { changeTree, dropOldTree, settleTree, takeTreeBack } from '../../../src/host/change-tree.ts';
import { sha256Hex } from '../../../src/host/digest.ts';
import { readTree, type TreeState, treeStateOf } from '../../../src/host/tree-state.ts';
import { scratch } from '../../lab/toolchains.ts';

const id = '0123abcd';
const uid = process.getuid?.() ?? -1;

interface Place {
  readonly directory: string;
  readonly name: string;
  readonly tree: string;
}

/** Makes an edited tree as go leaves it, with read-only folders. */
function place(): Place {
  const directory = realpathSync(scratch('tree'));
  const tree = path.join(directory, 'a@v1');
  mkdirSync(path.join(tree, 'x'), { recursive: true });
  writeFileSync(path.join(tree, 'a.go'), 'edited\n');
  writeFileSync(path.join(tree, 'x/x.go'), 'package x\n');
  symlinkSync('/etc', path.join(tree, 'x/link'));
  for (const folder of ['x', '']) chmodSync(path.join(tree, folder), 0o555);
  return { directory, name: 'a@v1', tree };
}

const texts: Readonly<Record<string, string>> = { 'a.go': 'package a\n', 'y/y.go': 'package y\n' };
const members = [
  { name: '', kind: 'directory', mode: 0o555 },
  { name: 'y', kind: 'directory', mode: 0o555 },
  { name: 'a.go', kind: 'file', mode: 0o444 },
  { name: 'y/y.go', kind: 'file', mode: 0o555 },
] as const;
const made = { members, bytes: async (name: string) => Buffer.from(texts[name] as string) };
const after = treeStateOf(
  members.map((one) =>
    one.kind === 'file'
      ? {
          ...one,
          uid,
          sha256: sha256Hex(texts[one.name] as string),
          size: (texts[one.name] as string).length,
        }
      : { ...one, uid },
  ),
);

const stateOf = async (tree: string) => (await readTree(tree)) as TreeState;

describe('a replacement of a directory', () => {
  it('keeps the old directory until the change is recorded, and can be reverted', async () => {
    const here = place();
    const before = await stateOf(here.tree);
    expect(await changeTree(here, { before, after }, made, id)).toBe('done');
    expect(await stateOf(here.tree)).toEqual(after);
    expect(await takeTreeBack(here, before, after, id)).toBeUndefined();
    expect(await stateOf(here.tree)).toEqual(before);
    expect(readdirSync(here.directory)).toEqual(['a@v1']);
    // Reverting is a no-op if nothing was replaced.
    expect(await takeTreeBack(here, before, after, id)).toBeUndefined();
    expect(await changeTree(here, { before, after }, made, id)).toBe('done');
    await dropOldTree(here, id);
    expect(readdirSync(here.directory)).toEqual(['a@v1']);
    expect(readFileSync(path.join(here.tree, 'y/y.go'), 'utf8')).toBe('package y\n');
    expect(existsSync('/etc/passwd')).toBe(true);
  });

  it('sees every difference that a build could see', async () => {
    const seen = new Set<string>();
    const changes: readonly ((tree: string) => void)[] = [
      () => {},
      (tree) => writeFileSync(path.join(tree, 'a.go'), 'edited again\n'),
      (tree) => chmodSync(path.join(tree, 'a.go'), 0o755),
      (tree) => chmodSync(tree, 0o700),
      (tree) => {
        chmodSync(tree, 0o755);
        mkdirSync(path.join(tree, 'empty'));
        chmodSync(tree, 0o555);
      },
      (tree) => renameSync(path.join(tree, 'x/x.go'), path.join(tree, 'x/y.go')),
    ];
    for (const change of changes) {
      const { tree } = place();
      if (process.getuid?.() !== 0) for (const folder of ['', 'x']) chmodSync(path.join(tree, folder), 0o755);
      change(tree);
      seen.add((await stateOf(tree)).sha256);
    }
    expect(seen.size).toBe(changes.length);
  });

  it('is refused if the old directory differs, or the new one does not match its plan', async () => {
    const here = place();
    const before = await stateOf(here.tree);
    const other = { ...before, sha256: '0'.repeat(64) };
    expect(await changeTree(here, { before: other, after }, made, id)).toEqual({ changed: before });
    const wrong = { ...made, bytes: async () => Buffer.from('evil\n') };
    expect(await changeTree(here, { before, after }, wrong, id)).toBe('unlike');
    const missing = { ...made, bytes: () => Promise.reject(Object.assign(new Error('x'), { code: 'EIO' })) };
    await expect(changeTree(here, { before, after }, missing, id)).rejects.toThrow('x');
    expect(await stateOf(here.tree)).toEqual(before);
    expect(readdirSync(here.directory)).toEqual(['a@v1']);
  });

  it('restores the name after a kill between its two renames', async () => {
    const here = place();
    const before = await stateOf(here.tree);
    const { next, old } = besideNames(here.name, id);
    renameSync(here.tree, path.join(here.directory, old));
    mkdirSync(path.join(here.directory, next));
    await settleTree(here, id);
    expect(readdirSync(here.directory)).toEqual(['a@v1']);
    expect(await stateOf(here.tree)).toEqual(before);
  });

  it('leaves a directory that was changed since, and names the path of the old one', async () => {
    const here = place();
    const before = await stateOf(here.tree);
    await changeTree(here, { before, after }, made, id);
    chmodSync(here.tree, 0o700);
    const { old } = besideNames(here.name, id);
    expect(await takeTreeBack(here, before, after, id)).toContain(path.join(here.directory, old));
    expect(await stateOf(path.join(here.directory, old))).toEqual(before);
  });

  it('is refused through a symlink', async () => {
    const here = place();
    const before = await stateOf(here.tree);
    const elsewhere = path.join(realpathSync(scratch('link')), 'in');
    symlinkSync(here.directory, elsewhere);
    await expect(
      changeTree({ ...here, directory: elsewhere }, { before, after }, made, id),
    ).rejects.toThrow();
    symlinkSync(here.tree, path.join(here.directory, 'b'));
    expect(await changeTree({ ...here, name: 'b' }, { before, after }, made, id)).toEqual({
      changed: undefined,
    });
  });
});
