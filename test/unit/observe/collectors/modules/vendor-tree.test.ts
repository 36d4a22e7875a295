/**
 * The digest of a vendor tree with a file list kept from an earlier run, on real files, compared with
 * `sha256sum`.
 */
import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sha256Hex } from '../../../../../src/host/digest.ts';
import { formatTreeFiles, parseSummary, parseTreeFiles } from '../../../../../src/host/toolchain-tree.ts';
import type { FileLists } from '../../../../../src/observe/collectors/file-lists.ts';
import { vendorDigest } from '../../../../../src/observe/collectors/modules/vendor-tree.ts';
import { codeOf } from '../../../../../src/observe/environment/code.ts';

const files = { 'modules.txt': '# e.com/a v1.0.0\n', 'e.com/a/a.go': 'package a\n' };

/** Returns the `sha256sum` of the lines that `sha256sum` prints for all files, sorted by name. */
function bySha256sum(vendor: string): string {
  const script = `cd "$1" && find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs sha256sum | sha256sum`;
  return execFileSync('bash', ['-c', script, 'bash', vendor], { encoding: 'utf8' }).slice(0, 64);
}

describe('the digest of a vendor tree', () => {
  let top = '';
  let vendor = '';
  beforeEach(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), 'vendor-tree-')));
    vendor = join(top, 'vendor');
    mkdirSync(join(vendor, 'e.com/a'), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(vendor, name), text);
  });
  afterEach(() => rmSync(top, { recursive: true, force: true }));

  const digest = async (lists?: FileLists) => {
    const found = await vendorDigest(codeOf('/', top, ''), vendor, lists);
    return 'digest' in found ? found.digest : found.why;
  };
  /**
   * Returns a list with the current stamp of a file but this digest, so that the result shows whether the
   * list was used.
   */
  const listOf = (name: string, sha256: string) => {
    const { ino, size, mtimeMs, ctimeMs } = lstatSync(join(vendor, name));
    return formatTreeFiles([{ name, sha256, inode: ino, size, mtimeMs, ctimeMs }]);
  };

  it('covers all files if no list, or only an unusable list, is kept', async () => {
    const expected = `sha256:${bySha256sum(vendor)}`;
    expect(await digest({ load: () => `no list\n${'0'.repeat(64)} 1 2 3\n` })).toBe(expected);
  });

  it('takes a file’s digest from the list while its stamp is unchanged, and reads the file otherwise', async () => {
    const list = listOf('e.com/a/a.go', '0'.repeat(64));
    const read = digest({ load: () => list });
    expect(await read).not.toBe(`sha256:${bySha256sum(vendor)}`);
    writeFileSync(join(vendor, 'e.com/a/a.go'), 'package b\n');
    expect(await digest({ load: () => list })).toBe(`sha256:${bySha256sum(vendor)}`);
  });

  describe('with the list of a whole tree', () => {
    const pretended = `sha256:${'0'.repeat(64)}`;
    let list = '';
    beforeEach(async () => {
      const past = Date.now() / 1000 - 3_600;
      for (const name of Object.keys(files)) utimesSync(join(vendor, name), past, past);
      // As for old files: their last change is an hour ago.
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
      const kept: string[] = [];
      const known = await digest({ load: () => undefined, save: async (_, text) => void kept.push(text) });
      expect(parseSummary(kept[0] as string)).toEqual({ digest: known });
      // A result with this digest shows that no file was read.
      list = (kept[0] as string).replace(known, pretended);
      // A new path, so that nothing is remembered in this process.
      renameSync(vendor, join(top, 'later'));
      vendor = join(top, 'later');
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    it('is the summary’s digest while nothing changed', async () => {
      expect(await vendorDigest(codeOf('/', top, ''), vendor, { load: () => list })).toEqual({
        digest: pretended,
        folders: ['e.com/a'],
      });
    });

    it('loads the list only once for many looks', async () => {
      const load = vi.fn(() => list);
      for (let pass = 0; pass < 3; pass++)
        expect(await vendorDigest(codeOf('/', top, ''), vendor, { load })).toMatchObject({
          digest: pretended,
        });
      expect(load).toHaveBeenCalledOnce();
    });

    it.each([
      ['an added file at the end', () => writeFileSync(join(vendor, 'z.go'), 'package z\n')],
      ['an added file in the middle', () => writeFileSync(join(vendor, 'e.com/a/0.go'), 'package a\n')],
      ['a removed file', () => rmSync(join(vendor, 'e.com/a/a.go'))],
      ['changed content', () => writeFileSync(join(vendor, 'e.com/a/a.go'), 'package b\n')],
      ['a renamed file', () => renameSync(join(vendor, 'modules.txt'), join(vendor, 'modules.tx'))],
      ['a removed folder', () => rmSync(join(vendor, 'e.com'), { recursive: true })],
    ])('is computed from the files after a change: %s', async (_, change) => {
      change();
      const found = await vendorDigest(codeOf('/', top, ''), vendor, { load: () => list });
      expect(found).toMatchObject({ digest: `sha256:${bySha256sum(vendor)}` });
    });

    it('is computed from the files if one of them became a symlink', async () => {
      renameSync(join(vendor, 'e.com/a/a.go'), join(top, 'a.go'));
      symlinkSync(join(top, 'a.go'), join(vendor, 'e.com/a/a.go'));
      const found = await vendorDigest(codeOf('/', top, ''), vendor, { load: () => list });
      const lines = `no regular file  e.com/a/a.go\n${sha256Hex(files['modules.txt'])}  modules.txt\n`;
      expect(found).toMatchObject({ digest: `sha256:${sha256Hex(lines)}` });
    });
  });

  it('keeps no entry for a file that changed a moment ago, nor for a symlink', async () => {
    symlinkSync('a.go', join(vendor, 'e.com/a/b.go'));
    const comes = Date.now() / 1000 + 3_600;
    for (const name of Object.keys(files)) utimesSync(join(vendor, name), comes, comes);
    const kept: string[] = [];
    await digest({ load: () => undefined, save: async (_, text) => void kept.push(text) });
    expect(kept).toEqual(['']);
    expect(parseTreeFiles(kept[0] as string).size).toBe(0);
  });
});
