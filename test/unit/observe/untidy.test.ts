/** Which requirements of a go.mod fail builds, and which modules may be missing from it. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseGoMod } from '../../../src/go/gomod.ts';
import { parseGoSum } from '../../../src/go/gosum.ts';
import type { BuildTarget } from '../../../src/go/imports.ts';
import { readModuleGraph, replacementOf } from '../../../src/go/module-graph.ts';
import type { ProjectGraph } from '../../../src/observe/collectors/modules/graph-files.ts';
import type { ModuleProject } from '../../../src/observe/collectors/modules/project.ts';
import { readerOfCache, readerOfCode } from '../../../src/observe/collectors/modules/source-reader.ts';
import { possiblyLostModules, raisedRequirements } from '../../../src/observe/collectors/modules/untidy.ts';
import { codeOf } from '../../../src/observe/environment/code.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/**
 * Makes a project of one go.mod, and its module graph with the go.mod files of `others`, by `path version`.
 */
function projectOf(
  text: string,
  others: Readonly<Record<string, string>>,
  { modFlag, work, used = false }: { modFlag?: string; work?: true; used?: boolean } = {},
): readonly [ModuleProject, ProjectGraph] {
  const content = parseGoMod(bytes(text));
  const input = {
    mains: [{ mod: content, directory: '/src/app' }],
    modOf: ({ path, version }: { path: string; version: string }) => {
      const mod = parseGoMod(bytes(others[`${path} ${version}`] ?? ''));
      return { require: mod.require, ...(mod.go === undefined ? {} : { go: mod.go.version }) };
    },
  };
  const sums = [...Object.keys(others)].map((one) => `${one} h1:x=\n`).join('');
  const project = {
    mains: [{ directory: '/src/app', mod: { path: '/src/app/go.mod', digest: 'x', content } }],
    sums: [{ path: '/src/app/go.sum', digest: 'x', content: parseGoSum(bytes(sums)) }],
    vendor: { used },
    modFlag,
    ...(work === undefined ? {} : { work: {} }),
  } as unknown as ModuleProject;
  const graph = {
    ...readModuleGraph(input),
    replacement: replacementOf(input),
  } as unknown as ProjectGraph;
  return [project, graph];
}

const others = {
  'e.com/low v1.0.0': 'module e.com/low\ngo 1.21\n',
  'e.com/low v1.0.1': 'module e.com/low\ngo 1.21\n',
  'e.com/top v1.0.0': 'module e.com/top\ngo 1.21\nrequire e.com/low v1.0.1\n',
};
const untidy = (go: string) =>
  `module m\n\ngo ${go}\n\nrequire (\n\te.com/low v1.0.0\n\te.com/top v1.0.0\n)\n`;

describe('a requirement that is too low', () => {
  it('fails the imports of the modules that raise it, or every build if the graph is not pruned', () => {
    expect(raisedRequirements(...projectOf(untidy('1.21'), others))).toEqual(
      new Map([['e.com/low', ['e.com/top']]]),
    );
    expect(raisedRequirements(...projectOf(untidy('1.16'), others))).toEqual(
      new Map([['e.com/low', 'always']]),
    );
  });
  it('fails every build if go.mod has two versions of it, or excludes it', () => {
    const twice = 'module m\ngo 1.21\nrequire e.com/low v1.0.0\nrequire e.com/low v1.0.1\n';
    expect(raisedRequirements(...projectOf(twice, others))).toEqual(new Map([['e.com/low', 'always']]));
    const excluded = 'module m\ngo 1.21\nrequire e.com/low v1.0.0\nexclude e.com/low v1.0.0\n';
    expect(raisedRequirements(...projectOf(excluded, others))).toEqual(new Map([['e.com/low', 'always']]));
  });
  it('fails nothing if go may write go.mod, vendors, or builds a workspace', () => {
    for (const options of [{ modFlag: 'mod' }, { used: true }, { work: true as const }])
      expect(raisedRequirements(...projectOf(untidy('1.21'), others, options))).toEqual(new Map());
  });
});

describe('a module that may be missing from go.mod', () => {
  let home = '';
  beforeEach(() => {
    home = realpathSync(mkdtempSync(join(tmpdir(), 'untidy-')));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));
  const target: BuildTarget = { os: 'linux', arch: 'amd64', cgo: true, goMinor: 27, tags: new Set() };
  const put = (files: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(home, name)), { recursive: true });
      writeFileSync(join(home, name), text);
    }
  };
  const lost = (
    text = 'module m\n\ngo 1.21\n\nrequire e.com/top v1.0.0\n',
    from = others,
    modFlag?: string,
  ) =>
    possiblyLostModules(
      ...projectOf(text, from, modFlag === undefined ? {} : { modFlag }),
      [
        {
          path: 'm',
          directory: join(home, 'app'),
          reader: readerOfCode(codeOf('/', join(home, 'app'), ''), join(home, 'app')),
          main: true,
        },
        {
          path: 'e.com/top',
          directory: join(home, 'top'),
          reader: readerOfCache(join(home, 'top')),
          main: false,
        },
      ],
      target,
    );
  const imports = 'package x\n\nimport _ "e.com/low/sub"\n';

  it('is a module imported by sources of the workspace or of a module that requires it', () => {
    put({ 'app/a.go': 'package a\n', 'top/top.go': imports });
    expect(lost()).toEqual(new Set(['e.com/low']));
    put({ 'top/top.go': 'package top\n', 'app/a.go': imports });
    expect(lost()).toEqual(new Set(['e.com/low']));
  });
  it('is not a module imported only by a file outside, which a symlink among the sources leads to', () => {
    put({ 'app/a.go': 'package a\n', 'top/top.go': 'package top\n', 'elsewhere/x.go': imports });
    for (const folder of ['app', 'top']) symlinkSync('../elsewhere/x.go', join(home, folder, 'leak.go'));
    expect(lost()).toEqual(new Set());
  });
  it('is not a module imported only by tests, missing in go.sum, or where go may write go.mod', () => {
    put({ 'app/a.go': 'package a\n', 'top/top.go': 'package top\n', 'top/top_test.go': imports });
    expect(lost()).toEqual(new Set());
    put({ 'top/top.go': imports });
    expect(lost(undefined, undefined, 'mod')).toEqual(new Set());
    expect(lost(untidy('1.21'))).toEqual(new Set());
    expect(lost('module m\n\ngo 1.16\n\nrequire e.com/top v1.0.0\n')).toEqual(new Set());
    const { 'e.com/low v1.0.1': _, ...unsummed } = others;
    expect(lost(undefined, unsummed as typeof others)).toEqual(new Set());
  });
  it('is every questioned module if there are more sources than a look searches', () => {
    put({ 'app/a.go': 'package a\n', 'top/top.go': 'package top\n' });
    expect(lost()).toEqual(new Set());
    put(Object.fromEntries(Array.from({ length: 601 }, (_, n) => [`top/f${n}.go`, 'package top\n'])));
    expect(lost()).toEqual(new Set(['e.com/low']));
  });
});
