/** The audit of extracted modules, on hand-made trees; the end-to-end tests check it with a real go. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hash1 } from '../../../src/go/dirhash.ts';
import { createCacheAudit, hasLatecomers } from '../../../src/observe/collectors/modules/cache-audit.ts';
import { scratch } from '../store/scratch.ts';

const module = { path: 'example.com/A', version: 'v1.0.0' };
const digest = { base64: (text: string) => createHash('sha256').update(text).digest('base64') };
const files: Readonly<Record<string, string>> = { 'a.go': 'package a\n', 'sub/b.go': 'package b\n' };

async function cache() {
  const directory = await scratch();
  const tree = join(directory, 'example.com/!a@v1.0.0');
  const ziphash = join(directory, 'cache/download/example.com/!a/@v/v1.0.0.ziphash');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, name)), { recursive: true });
    writeFileSync(join(tree, name), text);
  }
  mkdirSync(dirname(ziphash), { recursive: true });
  const hashes = Object.entries(files).map(([name, text]): [string, string] => [
    `example.com/A@v1.0.0/${name}`,
    createHash('sha256').update(text).digest('hex'),
  ]);
  writeFileSync(ziphash, hash1(new Map(hashes), digest) ?? '');
  return { directory, tree, ziphash };
}

describe('an audit', () => {
  it('verifies a tree that matches its recorded hash, and finds an edited, an added and a missing file', async () => {
    const { directory, tree } = await cache();
    const fresh = () => createCacheAudit('/', directory).ask([module], 0);
    expect(await fresh()).toMatchObject({ verified: 1, edited: [] });
    writeFileSync(join(tree, 'a.go'), 'package a // edited\n');
    expect((await fresh()).edited).toMatchObject([{ ...module, directory: tree }]);
    writeFileSync(join(tree, 'a.go'), files['a.go'] as string);
    writeFileSync(join(tree, 'c.go'), '');
    expect((await fresh()).edited).toHaveLength(1);
    rmSync(join(tree, 'c.go'));
    expect(await fresh()).toMatchObject({ verified: 1 });
    rmSync(join(tree, 'sub'), { recursive: true });
    expect((await fresh()).edited).toHaveLength(1);
  });

  it('treats a symlink or FIFO in place of a file or of the whole folder as an edit, and follows none', async () => {
    const { directory, tree } = await cache();
    const fresh = () => createCacheAudit('/', directory).ask([module], 0);
    renameSync(join(tree, 'a.go'), join(directory, 'a.go'));
    symlinkSync(join(directory, 'a.go'), join(tree, 'a.go'));
    expect((await fresh()).edited).toHaveLength(1);
    rmSync(join(tree, 'a.go'));
    execFileSync('mkfifo', [join(tree, 'a.go')]);
    expect((await fresh()).edited).toHaveLength(1);
    rmSync(join(tree, 'a.go'));
    renameSync(join(directory, 'a.go'), join(tree, 'a.go'));
    expect((await fresh()).edited).toEqual([]);
    renameSync(tree, `${tree}-elsewhere`);
    symlinkSync(`${tree}-elsewhere`, tree);
    expect((await fresh()).edited).toMatchObject([{ ...module, directory: tree }]);
  });

  it('notices at the next look that an edit was reverted, even if it earned no time budget since', async () => {
    const { directory, tree } = await cache();
    const audit = createCacheAudit('/', directory);
    writeFileSync(join(tree, 'a.go'), 'package a // edited\n');
    expect((await audit.ask([module], 0)).edited).toHaveLength(1);
    writeFileSync(join(tree, 'a.go'), files['a.go'] as string);
    expect((await audit.ask([module], 0)).edited).toEqual([]);
  });

  it('judges no tree without a usable hash, during extraction, or without the tree', async () => {
    const { directory, tree, ziphash } = await cache();
    const fresh = () => createCacheAudit('/', directory).ask([module], 0);
    writeFileSync(ziphash, '\u0000');
    expect(await fresh()).toMatchObject({ unverifiable: 1, edited: [] });
    writeFileSync(ziphash.replace('ziphash', 'partial'), '');
    expect(await fresh()).toMatchObject({ pending: 1 });
    rmSync(tree, { recursive: true });
    expect(await fresh()).toMatchObject({ absent: 1 });
    expect(await createCacheAudit('/', join(directory, 'none')).ask([module], 0)).toMatchObject({
      edited: [],
    });
  });

  it('counts modules that are not extracted at once as absent, not pending', async () => {
    const { directory } = await cache();
    const absent = Array.from({ length: 300 }, (_, index) => ({
      path: `example.com/n${index}`,
      version: 'v1.0.0',
    }));
    expect(await createCacheAudit('/', directory).ask(absent, 0)).toMatchObject({ pending: 0, absent: 300 });
  });

  it('leaves modules of a large cache pending once its time budget is spent', async () => {
    const { directory } = await cache();
    const many = Array.from({ length: 200_000 }, (_, index) => ({
      path: `example.com/m${index}`,
      version: 'v1.0.0',
    }));
    const { pending, absent } = await createCacheAudit('/', directory).ask(many, 0);
    expect(pending).toBeGreaterThan(0);
    expect(pending + absent).toBe(many.length);
  });
});

describe('files that were added later', () => {
  const entry = (name: string, ms: number, kind: 'file' | 'directory' = 'file') => ({
    name,
    kind,
    inode: 1,
    size: 1,
    mtimeMs: ms,
    ctimeMs: ms,
  });

  it('are files changed after a pause', () => {
    expect(hasLatecomers([])).toBe(false);
    expect(hasLatecomers([entry('a', 0), entry('b', 30), entry('c', 60)])).toBe(false);
    expect(hasLatecomers([entry('a', 0), entry('b', 30), entry('c', 90)])).toBe(true);
    // Directories are made read-only at the end, and a restored cache has new change times.
    expect(hasLatecomers([entry('a', 0), { ...entry('', 0, 'directory'), ctimeMs: 1e6 }])).toBe(false);
    expect(hasLatecomers([{ ...entry('a', 0), mtimeMs: 5_000 }, entry('b', 0)])).toBe(true);
  });

  it('are found in real trees', async () => {
    const { tree } = await cache();
    utimesSync(join(tree, 'a.go'), 1, 1);
    const { walkTree } = await import('../../../src/host/tree.ts');
    expect(hasLatecomers([...walkTree(tree)])).toBe(true);
  });
});
