/** A directory is exchanged for another one, or stays: real files, read-only folders, links. */
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

/** A tree as go leaves one that was edited: its folders may not be written to. */
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

describe('an exchange of directories', () => {
  it('is made, kept until it is recorded, and can be taken back', async () => {
    const here = place();
    const before = await stateOf(here.tree);
    expect(await changeTree(here, { before, after }, made, id)).toBe('done');
    expect(await stateOf(here.tree)).toEqual(after);
    expect(await takeTreeBack(here, before, after, id)).toBeUndefined();
    expect(await stateOf(here.tree)).toEqual(before);
    expect(readdirSync(here.directory)).toEqual(['a@v1']);
    // What was never made is as it was.
    expect(await takeTreeBack(here, before, after, id)).toBeUndefined();
    expect(await changeTree(here, { before, after }, made, id)).toBe('done');
    await dropOldTree(here, id);
    expect(readdirSync(here.directory)).toEqual(['a@v1']);
    expect(readFileSync(path.join(here.tree, 'y/y.go'), 'utf8')).toBe('package y\n');
    expect(existsSync('/etc/passwd')).toBe(true);
  });

  it('tells apart whatever a build could tell apart', async () => {
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

  it('is not made where something else stands there, or what was made is not what it was to be', async () => {
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

  it('gives the name back where it was killed between its renames', async () => {
    const here = place();
    const before = await stateOf(here.tree);
    const { next, old } = besideNames(here.name, id);
    renameSync(here.tree, path.join(here.directory, old));
    mkdirSync(path.join(here.directory, next));
    await settleTree(here, id);
    expect(readdirSync(here.directory)).toEqual(['a@v1']);
    expect(await stateOf(here.tree)).toEqual(before);
  });

  it('leaves what somebody else put there, and says where the old one is', async () => {
    const here = place();
    const before = await stateOf(here.tree);
    await changeTree(here, { before, after }, made, id);
    chmodSync(here.tree, 0o700);
    const { old } = besideNames(here.name, id);
    expect(await takeTreeBack(here, before, after, id)).toContain(path.join(here.directory, old));
    expect(await stateOf(path.join(here.directory, old))).toEqual(before);
  });

  it('is refused through a link', async () => {
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
