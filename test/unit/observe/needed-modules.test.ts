/** Which modules a build needs, according to the imports of real files. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isTracing, isUnchanged, recordTrace, thisMoment } from '../../../src/host/read-trace.ts';
import { traceCachedMod, traceCachedModule } from '../../../src/observe/collectors/modules/cached-files.ts';
import { hasMainPackage, importedModules } from '../../../src/observe/collectors/modules/imported-modules.ts';
import { traceImports } from '../../../src/observe/collectors/modules/source-imports.ts';
import { readerOfCache, readerOfCode } from '../../../src/observe/collectors/modules/source-reader.ts';
import { unprovidedImports } from '../../../src/observe/collectors/modules/unprovided.ts';
import { codeOf } from '../../../src/observe/environment/code.ts';

const top = realpathSync(mkdtempSync(join(tmpdir(), 'needs-')));
const reader = readerOfCode(codeOf('/', top, ''), top);
afterEach(() => rmSync(top, { recursive: true, force: true }));

function put(name: string, text: string): void {
  mkdirSync(dirname(join(top, name)), { recursive: true });
  writeFileSync(join(top, name), text);
}
const target = { os: 'linux', arch: 'amd64', cgo: false, goMinor: 27, tags: new Set<string>() };

it('an import path with .. resolves to nothing, as go refuses it', async () => {
  put('main/a.go', 'package a\n\nimport (\n\t_ "e.com/dep/../../outside"\n\t_ "e.com/dep/in"\n)\n');
  put('cache/dep/in/in.go', 'package in\n');
  // Nothing outside of the module is read.
  put('outside/o.go', 'package o\n\nimport _ "e.com/secret"\n');
  const sources = [
    { path: 'e.com/main', directory: join(top, 'main'), main: true, reader },
    { path: 'e.com/dep', directory: join(top, 'cache/dep'), main: false, reader },
    { path: 'e.com/secret', directory: undefined, main: false, reader },
  ];
  const imported = await importedModules(sources, new Set(['e.com/dep', 'e.com/secret']), target);
  expect(imported).toEqual({ modules: new Map([['e.com/dep', 'e.com/main']]), complete: true });
});

describe('a symlink out of the code', () => {
  const secret =
    'package main\n\nimport (\n\t_ "e.com/dep"\n\t_ "e.com/main/sub/billing"\n\t_ "e.org/vault"\n)\n';
  const cached = () => readerOfCache(join(top, 'cache'));
  const inMain = () => readerOfCode(codeOf('/', join(top, 'main'), ''), join(top, 'main'));
  const sources = () => [
    { path: 'e.com/main', directory: join(top, 'main'), main: true, reader: inMain() },
    { path: 'e.com/old', directory: join(top, 'cache/old'), main: false, reader: cached() },
    { path: 'e.com/dep', directory: undefined, main: false, reader: cached() },
  ];
  const module = () => ({ directory: join(top, 'main'), ignored: [], reader: inMain() });

  it.each<[string, () => void]>([
    ['a file', () => symlinkSync('../outside/x.go', join(top, 'main/leak.go'))],
    ['a directory', () => symlinkSync('../outside', join(top, 'main/sub'))],
    ['a file of the module cache', () => symlinkSync('../../outside/x.go', join(top, 'cache/old/leak.go'))],
    ['a directory of the module cache', () => symlinkSync('../../outside', join(top, 'cache/old/sub'))],
  ])('is part of no package: %s', async (_, link) => {
    put('outside/x.go', secret);
    put('outside/billing/b.go', 'package billing\n\nimport _ "e.com/dep/p"\n');
    put('cache/old/old.go', 'package old\n');
    put(
      'main/a.go',
      'package main_test\n\nimport (\n\t_ "e.com/main/sub"\n\t_ "e.com/old"\n\t_ "e.com/old/sub"\n)\n',
    );
    link();
    const imported = await importedModules(sources(), new Set(['e.com/dep']), target);
    expect(imported).toEqual({ modules: new Map(), complete: true });
    const { imports } = await unprovidedImports(sources(), target, () => true);
    expect(imports.map((one) => one.package).filter((name) => name !== 'e.com/old/sub')).toEqual([]);
    expect(await hasMainPackage(join(top, 'main'), target, module())).toBe(false);
  });

  it('is followed if it stays inside the repository, as in monorepos', async () => {
    put('.git/HEAD', 'ref: refs/heads/main\n');
    put('main/a.go', 'package a\n\nimport _ "e.com/main/sub"\n');
    put('shared/s.go', 'package shared\n\nimport _ "e.com/dep"\n');
    symlinkSync('../shared', join(top, 'main/sub'));
    const imported = await importedModules(sources(), new Set(['e.com/dep']), target);
    expect(imported.modules).toEqual(new Map([['e.com/dep', 'e.com/main/sub']]));
  });
});

describe('the traced questions about sources', () => {
  const sources = [
    { path: 'e.com/main', directory: join(top, 'main'), main: true, ignored: ['./left'], reader },
    { path: 'e.com/beside', directory: join(top, 'beside'), main: false, edited: true, reader },
    { path: 'e.com/dep', directory: undefined, main: false, reader },
  ];
  const importing = (name: string) => `package a\n\nimport _ "${name}"\n`;
  /**
   * Reports whether a look at the needed modules is still current: at first, after `change`, and after
   * `back`.
   */
  async function same(change: () => void, back: () => void): Promise<readonly boolean[]> {
    put('main/a.go', importing('e.com/beside'));
    put('beside/b.go', 'package beside\n');
    put('elsewhere/l.txt', 'package a\n');
    symlinkSync('../elsewhere/l.txt', join(top, 'main/link.go'));
    const { trace } = await recordTrace(() => importedModules(sources, new Set(['e.com/dep']), target));
    const answers = [isUnchanged(trace, thisMoment())];
    for (const step of [change, back]) {
      step();
      answers.push(isUnchanged(trace, thisMoment()));
    }
    return answers;
  }
  const gone = (name: string) => () => rmSync(join(top, name), { recursive: true });

  it.each<[string, () => void, () => void]>([
    [
      'an import',
      () => put('main/a.go', importing('e.com/dep')),
      () => put('main/a.go', importing('e.com/beside')),
    ],
    ['a file', () => put('main/new.go', importing('e.com/dep')), gone('main/new.go')],
    ['a folder', () => put('main/sub/new.go', importing('e.com/dep')), gone('main/sub')],
    [
      'an import in a replacement folder',
      () => put('beside/b.go', importing('e.com/dep')),
      () => put('beside/b.go', 'package beside\n'),
    ],
    [
      'an import in the target of a symlink among the sources',
      () => put('elsewhere/l.txt', importing('e.com/dep')),
      () => put('elsewhere/l.txt', 'package a\n'),
    ],
  ])(
    '%s that is added makes the look stale, and its removal makes it current again',
    async (_, change, back) => {
      expect(await same(change, back)).toEqual([true, false, true]);
    },
  );

  it.each<[string, () => void]>([
    ['a changed comment', () => put('main/a.go', `${importing('e.com/beside')}// more\n`)],
    ['a test file', () => put('main/a_test.go', importing('e.com/dep'))],
    ['a file for another platform', () => put('main/a_windows.go', importing('e.com/dep'))],
    ['a file in a folder that go.mod ignores', () => put('main/left/l.go', importing('e.com/dep'))],
    [
      'a nested module',
      () => {
        put('main/other/go.mod', '');
        put('main/other/o.go', importing('e.com/dep'));
      },
    ],
  ])('%s does not make the look stale', async (_, change) => {
    expect(await same(change, () => undefined)).toEqual([true, true, true]);
  });
});

it('a command that looks once records nothing for later passes', async () => {
  put('main/a.go', 'package a\n');
  const module = { directory: join(top, 'main'), ignored: [], reader };
  const { trace } = await recordTrace(async () => traceImports(module.directory, module, target));
  expect(trace.entries).toHaveLength(1);
  // Reading the undefined tags would throw, so nothing is asked.
  expect(isTracing()).toBe(false);
  traceImports(module.directory, module, { ...target, tags: undefined as unknown as Set<string> });
});

describe('the traced questions about the module cache', () => {
  const files = ['e.com/a/@v/v1.0.0.mod', 'e.com/a/@v/v1.0.0.zip', 'e.com/a/@v/v1.0.0.ziphash'];
  const cached = (name: string) => `cache/download/${name}`;
  it.each([...files, 'e.com/a/@v/v1.0.0.partial'])(
    'notice that %s changes, appears or disappears',
    async (name) => {
      for (const one of files) put(cached(one), 'some bytes');
      const [mod = ''] = files;
      const ask = async () => {
        traceCachedMod(join(top, cached(mod)));
        traceCachedModule(top, 'e.com/a', 'v1.0.0');
      };
      const isSame = async (change: () => void) => {
        const { trace } = await recordTrace(ask);
        expect(isUnchanged(trace, thisMoment())).toBe(true);
        change();
        return isUnchanged(trace, thisMoment());
      };
      expect(await isSame(() => rmSync(join(top, cached(name)), { force: true }))).toBe(
        name.endsWith('partial'),
      );
      expect(await isSame(() => put(cached(name), 'others'))).toBe(false);
      expect(await isSame(() => put('e.com/a@v1.0.0/a.go', ''))).toBe(false);
    },
  );
});

describe('limits of a search', () => {
  const limits = { packages: 3, folders: 100, milliseconds: 60_000 };
  const sources = () => [
    { path: 'e.com/main', directory: join(top, 'main'), main: true, reader },
    { path: 'e.com/dep', directory: undefined, main: false, reader },
    { path: 'e.com/far', directory: undefined, main: false, reader },
  ];
  const questioned = new Set(['e.com/dep', 'e.com/far']);
  const module = () => ({ directory: join(top, 'main'), ignored: [], reader });

  it('do not count folders without a file that the build uses', async () => {
    put('main/a.go', 'package main\n\nimport _ "e.com/dep"\n');
    for (let n = 0; n < 20; n++) {
      put(`main/web/node_modules/${n}/index.js`, '');
      put(`main/other/${n}/a_windows.go`, 'package other\n');
    }
    put('main/z/z.go', 'package z\n\nimport _ "e.com/far"\n');
    const imported = await importedModules(sources(), questioned, target, limits);
    expect(imported).toEqual({
      modules: new Map([
        ['e.com/dep', 'e.com/main'],
        ['e.com/far', 'e.com/main/z'],
      ]),
      complete: true,
    });
    expect(await hasMainPackage(join(top, 'main'), target, module(), limits)).toBe(true);
  });

  it.each([
    ['packages', { ...limits, packages: 2 }],
    ['folders', { ...limits, folders: 3 }],
    ['time', { ...limits, milliseconds: -1 }],
  ])('of %s keep what was found so far and report the result as incomplete', async (_, few) => {
    put('main/a.go', 'package a\n\nimport _ "e.com/dep"\n');
    for (let n = 0; n < 20; n++) put(`main/p${n}/p.go`, 'package p\n');
    const { modules, complete } = await importedModules(sources(), questioned, target, few);
    expect(complete).toBe(false);
    if (few.milliseconds > 0) expect([...modules.keys()]).toEqual(['e.com/dep']);
    expect(await hasMainPackage(join(top, 'main'), target, module(), few)).toBeUndefined();
    expect(await unprovidedImports(sources(), target, () => true, few)).toEqual({
      imports: [],
      complete: false,
    });
  });
});
