/**
 * Whether the file list of a toolchain tree still holds, on real files. An unnoticed change would keep an
 * outdated digest.
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../src/host/digest.ts';
import {
  formatSummary,
  formatTreeFiles,
  hashTree,
  isAsListed,
  parseSummary,
  parseTreeFiles,
} from '../../../src/host/toolchain-tree.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('the list of a tree', () => {
  let top = '';
  let list = '';
  const at = (name: string) => join(top, name);
  const wanted = (name: string) => !name.endsWith('.md');
  const holds = () => isAsListed({ root: '/', path: top }, ['bin', 'src'], wanted, list, () => undefined);
  const hash = () =>
    hashTree({ root: '/', path: top }, ['bin', 'src'], wanted, parseTreeFiles(list), () => undefined);

  beforeEach(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), 'toolchain-tree-')));
    for (const folder of ['bin', 'src/fmt', 'doc']) mkdirSync(at(folder), { recursive: true });
    for (const name of ['bin/go', 'src/a b.go', 'src/fmt/print.go', 'src/README.md', 'doc/index'])
      writeFileSync(at(name), name);
    list = formatSummary({ digest, h1: 'h1:x' }) + formatTreeFiles(hash().values());
  });
  afterEach(() => rmSync(top, { recursive: true, force: true }));

  it('holds while nothing changed, and contains the digest', () => {
    expect(holds()).toBe(true);
    expect(parseSummary(list)).toEqual({ digest, h1: 'h1:x' });
    expect(parseSummary(formatSummary({ digest }))).toEqual({ digest });
    expect([...hash().values()].map((file) => [file.name, file.sha256]).sort()).toEqual(
      ['bin/go', 'src/a b.go', 'src/fmt/print.go'].map((name) => [name, sha256Hex(name)]),
    );
  });

  it('holds whatever happens to unwanted files', () => {
    writeFileSync(at('src/README.md'), 'other');
    writeFileSync(at('doc/more'), 'more');
    expect(holds()).toBe(true);
  });

  it.each([
    ['a file has changed content', () => writeFileSync(at('src/fmt/print.go'), 'other')],
    [
      'a file has changed content with the same size and mtime',
      () => {
        writeFileSync(at('bin/go'), 'bin/GO');
        utimesSync(at('bin/go'), 1, 1);
      },
    ],
    ['a file has changed permissions', () => chmodSync(at('bin/go'), 0o700)],
    ['a file was added', () => writeFileSync(at('src/fmt/scan.go'), '')],
    ['a file was removed', () => rmSync(at('bin/go'))],
    ['a file was renamed', () => renameSync(at('src/a b.go'), at('src/c.go'))],
    ['a folder is gone', () => rmSync(at('src/fmt'), { recursive: true })],
    ['the whole tree is gone', () => rmSync(top, { recursive: true })],
  ])('does not hold once %s', (_, change) => {
    change();
    expect(holds()).toBe(false);
  });

  it.each([
    ['was truncated', () => list.slice(0, -5)],
    ['has an extra line', () => `${list}${'0'.repeat(64)} 1 1 1 1 src/z.go\n`],
    ['has no file', () => formatSummary({ digest })],
    ['is empty', () => ''],
  ])('does not hold if it %s', (_, of) => {
    list = of();
    expect(holds()).toBe(false);
  });
});
