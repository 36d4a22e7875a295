/**
 * Creating a directory where nothing exists, or not at all: real directories, and files that others create
 * meanwhile.
 */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { addTree, settleAdded, takeAddedBack } from '../../../src/host/add-tree.ts';
import { besideNames } from '../../../src/host/change-entry.ts';
import { sha256Hex } from '../../../src/host/digest.ts';
import { removeRead } from '../../../src/host/make-tree.ts';
import {
  readMembers,
  readTree,
  type TreeMember,
  type TreeState,
  treeStateOf,
} from '../../../src/host/tree-state.ts';
import { scratch } from '../../lab/toolchains.ts';

const id = '0123abcd';
const text = 'package a\n';
const members = [
  { name: '', kind: 'directory', mode: 0o755 },
  { name: 'a.go', kind: 'file', mode: 0o644 },
] as const;
const made = { members, bytes: async () => Buffer.from(text) };
const uid = process.getuid?.() ?? -1;
const after = treeStateOf(
  members.map((one) =>
    one.kind === 'file' ? { ...one, uid, sha256: sha256Hex(text), size: text.length } : { ...one, uid },
  ),
);

const place = () => ({ directory: realpathSync(scratch('add-tree')), name: 'go1.99.0' });
const treeOf = ({ directory, name }: ReturnType<typeof place>) => path.join(directory, name);

describe('a created directory', () => {
  it('takes a free name, and is removed again while it is unchanged', async () => {
    const here = place();
    expect(await addTree(here, after, made, id)).toBe('done');
    expect(await readTree(treeOf(here))).toEqual(after);
    expect(readdirSync(here.directory)).toEqual(['go1.99.0']);
    expect(await takeAddedBack(here, after, id)).toBeUndefined();
    expect(readdirSync(here.directory)).toEqual([]);
    // Removing is a no-op if nothing was created.
    expect(await takeAddedBack(here, after, id)).toBeUndefined();
  });

  it('leaves any existing file of that name alone', async () => {
    const puts: readonly ((tree: string) => void)[] = [
      (tree) => mkdirSync(tree),
      (tree) => writeFileSync(tree, 'mine\n'),
      (tree) => symlinkSync('/nowhere', tree),
    ];
    for (const put of puts) {
      const here = place();
      put(treeOf(here));
      expect(await addTree(here, after, made, id)).toBe('taken');
      expect(readdirSync(here.directory)).toEqual(['go1.99.0']);
    }
  });

  it('leaves an empty directory that is created meanwhile, although rename(2) would replace it', async () => {
    const here = place();
    const meanwhile = {
      members,
      bytes: async () => {
        mkdirSync(treeOf(here), { mode: 0o700 });
        return Buffer.from(text);
      },
    };
    expect(await addTree(here, after, meanwhile, id)).toBe('taken');
    expect(await readTree(treeOf(here))).toMatchObject({ files: 0 });
    expect(readdirSync(here.directory)).toEqual(['go1.99.0']);
  });

  it('is not created from other bytes than planned', async () => {
    const here = place();
    expect(await addTree(here, after, { ...made, bytes: async () => Buffer.from('evil\n') }, id)).toBe(
      'unlike',
    );
    expect(readdirSync(here.directory)).toEqual([]);
  });

  it('is not removed if it was changed', async () => {
    const here = place();
    await addTree(here, after, made, id);
    chmodSync(path.join(treeOf(here), 'a.go'), 0o600);
    expect(await takeAddedBack(here, after, id)).toContain('differs from the one that the rollback created');
    expect(((await readTree(treeOf(here))) as TreeState).files).toBe(1);
  });

  it('is removed without files that were added or written after it was read', async () => {
    for (const put of [
      (tree: string) => writeFileSync(path.join(tree, 'mine'), 'mine\n'),
      (tree: string) => writeFileSync(path.join(tree, 'a.go'), 'mine\n'),
    ]) {
      const here = place();
      await addTree(here, after, made, id);
      const tree = treeOf(here);
      const read = (await readMembers(tree)) as readonly TreeMember[];
      put(tree);
      expect(await removeRead(tree, read)).toBe(false);
      expect(readdirSync(tree).map((name) => readFileSync(path.join(tree, name), 'utf8'))).toContain(
        'mine\n',
      );
      expect(await removeRead(tree, (await readMembers(tree)) as readonly TreeMember[])).toBe(true);
      expect(readdirSync(here.directory)).toEqual([]);
    }
  });

  it('leaves no reserved name after a kill, and keeps a folder of another user', async () => {
    const here = place();
    mkdirSync(treeOf(here), { mode: 0 });
    mkdirSync(path.join(here.directory, besideNames(here.name, id).next));
    await settleAdded(here, id);
    expect(readdirSync(here.directory)).toEqual([]);
    mkdirSync(treeOf(here), { mode: 0o755 });
    await settleAdded(here, id);
    expect(readdirSync(here.directory)).toEqual(['go1.99.0']);
  });

  it('is removed and created in a setgid directory too, where the reserved name inherits the bit', async () => {
    const here = place();
    chmodSync(here.directory, 0o2775);
    mkdirSync(treeOf(here), { mode: 0 });
    expect(await takeAddedBack(here, after, id)).toBeUndefined();
    expect(readdirSync(here.directory)).toEqual([]);
    expect(await addTree(here, after, made, id)).toBe('done');
    expect(await readTree(treeOf(here))).toEqual(after);
  });
});
