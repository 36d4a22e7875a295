/**
 * Imports that nothing provides: those that fail a build, and similar ones that do not. Real files, without a
 * go.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { PackageSource } from '../../../src/observe/collectors/modules/imported-modules.ts';
import { readerOfCache, readerOfCode } from '../../../src/observe/collectors/modules/source-reader.ts';
import { unprovidedImports } from '../../../src/observe/collectors/modules/unprovided.ts';
import { codeOf } from '../../../src/observe/environment/code.ts';

const top = realpathSync(mkdtempSync(join(tmpdir(), 'unprovided-')));
const reader = readerOfCode(codeOf('/', top, ''), top);
afterEach(() => rmSync(top, { recursive: true, force: true }));

function put(name: string, text: string): void {
  mkdirSync(dirname(join(top, name)), { recursive: true });
  writeFileSync(join(top, name), text);
}
const importing = (...names: readonly string[]) =>
  `package a\n\n${names.map((name) => `import _ "${name}"\n`).join('')}`;
const target = { os: 'linux', arch: 'amd64', cgo: true, goMinor: 27, tags: new Set<string>() };
const main: PackageSource = {
  path: 'e.com/main',
  directory: join(top, 'main'),
  main: true,
  ignored: ['./left'],
  reader,
};
const dep = (directory: string | undefined): PackageSource => ({
  path: 'e.com/dep',
  directory,
  main: false,
  reader: readerOfCache(join(top, 'cache')),
});
const find = async (...others: readonly PackageSource[]) =>
  (await unprovidedImports([main, ...others], target, (name) => name === 'fmt')).imports;

describe('unprovided imports', () => {
  it('are reported with the importing package and its file', async () => {
    put('main/sub/a.go', importing('fmt', 'e.com/gone/x', 'e.com/main/other'));
    expect(await find(dep(undefined))).toEqual([
      {
        package: 'e.com/gone/x',
        neededBy: 'e.com/main/sub',
        origin: { path: join(top, 'main/sub/a.go'), line: 0 },
      },
    ]);
  });

  it.each<[string, string, () => readonly PackageSource[]]>([
    ['a package path without a dot that belongs neither to Go nor to a module', 'corp/lib', () => []],
    [
      'a package of a module nested in the main module',
      'e.com/main/nested/x',
      () => {
        put('main/nested/go.mod', 'module e.com/main/nested\n');
        put('main/nested/x/x.go', 'package x\n');
        return [];
      },
    ],
    [
      'a package that the extracted module with its path prefix lacks',
      'e.com/dep/v9/x',
      () => {
        put('cache/dep/dep.go', 'package dep\n');
        return [dep(join(top, 'cache/dep'))];
      },
    ],
  ])('%s', async (_, imported, others) => {
    put('main/a.go', importing(imported));
    expect((await find(...others())).map((one) => one.package)).toEqual([imported]);
  });
});

describe('no unprovided import is reported', () => {
  it.each<[string, string]>([
    ['main/a_test.go', importing('e.com/gone')],
    ['main/testdata/a.go', importing('e.com/gone')],
    ['main/_old/a.go', importing('e.com/gone')],
    ['main/vendor/e.com/b/b.go', importing('e.com/gone')],
    ['main/left/a.go', importing('e.com/gone')],
    ['main/a_windows.go', importing('e.com/gone')],
    ['main/tools.go', `//go:build tools\n\n${importing('e.com/gone')}`],
    ['main/gen.go', `//go:build ignore\n\n${importing('e.com/gone')}`],
    ['main/c.go', importing('C', 'fmt')],
    ['main/generated-later.go', importing('e.com/main/pb', 'e.com/main')],
    ['main/{{name}}/a.go', importing('{{module}}.com/x', './x', '../x', 'e.com/../x', 'e.com/a b')],
  ])('for the imports of %s', async (file, text) => {
    put('main/ok.go', 'package a\n');
    put(file, text);
    expect(await find()).toEqual([]);
  });

  it.each<[string, () => PackageSource]>([
    ['a module that is not in the cache', () => dep(undefined)],
    ['a module that is not unpacked', () => dep(join(top, 'cache/dep'))],
    ['a folder of the project, which may generate it', () => ({ ...dep(join(top, 'beside')), edited: true })],
    [
      'an unpacked module that has it',
      () => {
        put('cache/dep/x/x_windows.go', 'package x\n');
        return dep(join(top, 'cache/dep'));
      },
    ],
  ])('for a package of %s', async (_, source) => {
    put('main/a.go', importing('e.com/dep/x'));
    expect(await find(source())).toEqual([]);
  });
});
