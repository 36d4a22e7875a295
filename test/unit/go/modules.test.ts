/** The file formats of modules. test/differential/modules.test.ts compares the same code with the real go. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash1, isH1 } from '../../../src/go/dirhash.ts';
import { parseGoList } from '../../../src/go/go-list.ts';
import { parseGoMod } from '../../../src/go/gomod.ts';
import { contradiction, h1Of, parseGoSum, sumKey } from '../../../src/go/gosum.ts';
import { parseGoWork } from '../../../src/go/gowork.ts';
import { isIgnored } from '../../../src/go/ignored.ts';
import { type BuildTarget, constraintHolds, nameFits, readSourceHead } from '../../../src/go/imports.ts';
import { readModuleGraph } from '../../../src/go/module-graph.ts';
import {
  downloadPath,
  escapeModule,
  extractedPath,
  importPathProblem,
  matchesPatterns,
} from '../../../src/go/module-path.ts';
import {
  conflictingReplacements,
  droppedToolchainProblems,
  godebugProblems,
  modfileNeeds,
  modfileTooNew,
  shortVersionProblems,
  takenSince,
  toolPathProblems,
  unknownDirectives,
  updateNeeded,
  workProblems,
} from '../../../src/go/project-problems.ts';
import { compareModuleVersions, isModuleVersion } from '../../../src/go/semver.ts';
import { parseVendorModules, unlistedFolders } from '../../../src/go/vendor-modules.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const base64 = (text: string) => createHash('sha256').update(text).digest('base64');

describe('go.sum', () => {
  const text = `example.com/a v1.0.0 h1:aaa=
example.com/a v1.0.0/go.mod h1:bbb=

example.com/a v1.0.0 h2:later=
example.com/old v1.0.0/go.mod h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=
`;

  it('has one key for a module and one for its go.mod, and skips the sum of an empty go.mod', () => {
    const { sums, problem } = parseGoSum(bytes(text));
    expect(problem).toBeUndefined();
    expect([...sums.keys()]).toEqual(['example.com/a v1.0.0', 'example.com/a v1.0.0/go.mod']);
    expect(h1Of([sums], sumKey('example.com/a', 'v1.0.0'))).toBe('h1:aaa=');
    expect(h1Of([sums], sumKey('example.com/b', 'v1.0.0'))).toBeUndefined();
  });

  it('reports its first malformed line and reads on', () => {
    const { sums, problem } = parseGoSum(bytes(`<<<<<<< HEAD\n${text}`));
    expect(problem).toEqual({ line: 1, text: 'wrong number of fields 2' });
    expect(sums.size).toBe(2);
  });

  it('contradicts a hash unless an earlier line of the same file has it', () => {
    const read = (lines: string) => parseGoSum(bytes(lines)).sums;
    const key = sumKey('m', 'v1');
    expect(contradiction([read('m v1 h1:x=\n')], key, 'h1:y=')).toEqual({ file: 0, line: 1, sum: 'h1:x=' });
    expect(contradiction([read('m v1 h1:y=\nm v1 h1:x=\n')], key, 'h1:y=')).toBeUndefined();
    expect(contradiction([read('m v1 h2:x=\n')], key, 'h1:y=')).toBeUndefined();
    expect(contradiction([read(''), read('m v1 h1:x=\n')], key, 'h1:y=')?.file).toBe(1);
  });

  it('never throws, like modules.txt', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (any) => {
        parseGoSum(any);
        parseVendorModules(any);
      }),
    );
  });
});

describe('dirhash', () => {
  it('sorts names bytewise, whatever their order in the input', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1 }), { maxLength: 8 }), (drawn) => {
        const names = drawn.filter((name) => !name.includes('\n') && name.isWellFormed());
        const files = names.map((name): [string, string] => [
          name,
          createHash('sha256').update(name).digest('hex'),
        ]);
        const expected = [...files]
          .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
          .map(([name, hex]) => `${hex}  ${name}\n`)
          .join('');
        expect(hash1(new Map(files.reverse()), { base64 })).toBe(`h1:${base64(expected)}`);
      }),
    );
  });

  it('refuses names with a newline, and isH1 accepts only well-formed sums', () => {
    expect(hash1(new Map([['a\nb', '00']]), { base64 })).toBeUndefined();
    expect(isH1(`h1:${base64('')}`)).toBe(true);
    for (const bad of ['', 'h1:', 'h2:abc', `h1:${base64('')} `, `h1:${'*'.repeat(44)}`])
      expect(isH1(bad)).toBe(false);
  });
});

describe('parseGoList', () => {
  const list =
    '{\n\t"Path": "example.com/main",\n\t"Main": true\n}\n{\n\t"Path": "example.com/a",\n\t"Version": "v1.0.0",\n\t"Replace": {\n\t\t"Path": "../a"\n\t},\n\t"Error": {\n\t\t"Err": "x }\\n{"\n\t}\n}\n';

  it('reads a stream of JSON objects', () => {
    expect(parseGoList(list)).toEqual({
      modules: [
        { path: 'example.com/main', version: '', main: true, indirect: false },
        {
          path: 'example.com/a',
          version: 'v1.0.0',
          main: false,
          indirect: false,
          replace: { path: '../a' },
          error: 'x }\n{',
        },
      ],
    });
    expect(parseGoList('')).toEqual({ modules: [] });
  });

  it('reports a problem for output that is cut off inside an object', () => {
    for (let end = 1; end < list.length; end++) {
      const read = parseGoList(list.slice(0, end));
      const whole = /\}\n?$/.test(list.slice(0, end)) && list.slice(0, end).split('\n').includes('}');
      if (!whole) expect('problem' in read, String(end)).toBe(true);
    }
    expect('problem' in parseGoList('{\n}\n')).toBe(true);
    expect('problem' in parseGoList('{\n\t"Path": 1\n}\n')).toBe(true);
    expect('problem' in parseGoList('go: warning\n')).toBe(true);
  });
});

describe('module versions', () => {
  // From semver_test.go of golang.org/x/mod/semver.
  const ordered = [
    'bad',
    'v1.0.0-alpha',
    'v1.0.0-alpha.1',
    'v1.0.0-alpha.beta',
    'v1.0.0-beta',
    'v1.0.0-beta.2',
    'v1.0.0-beta.11',
    'v1.0.0-rc.1',
    'v1',
    'v1.2.0',
    'v1.2.3-456',
    'v1.2.3-456.789',
    'v1.2.3-456-789',
    'v1.2.3-pre',
    'v1.2.3',
    'v1.10.0',
    'v2.0.0+incompatible',
    'v2.0.1',
  ];
  it('have the order of semver_test.go', () => {
    for (const [i, a] of ordered.entries())
      for (const [j, b] of ordered.entries())
        expect(Math.sign(compareModuleVersions(a, b)), `${a} ${b}`).toBe(Math.sign(i - j));
    expect(compareModuleVersions('v1.2', 'v1.2.0')).toBe(0);
    expect(compareModuleVersions('v1.2.0+a', 'v1.2.0+b')).toBe(0);
  });
  it.each([
    ['v1', true],
    ['v1.2.3-pre+meta', true],
    ['v1.2-pre', false],
    ['v01', false],
    ['v1.2.3-01', false],
    ['1.2.3', false],
  ])('isModuleVersion(%j) is %s', (version, valid) => {
    expect(isModuleVersion(version)).toBe(valid);
  });
});

describe('paths of modules', () => {
  it('have their upper case letters escaped in the module cache', () => {
    expect(escapeModule('github.com/BurntSushi/toml')).toBe('github.com/!burnt!sushi/toml');
    expect(downloadPath('example.com/A', 'v1.0.0-RC1', 'mod')).toBe(
      'cache/download/example.com/!a/@v/v1.0.0-!r!c1.mod',
    );
    expect(extractedPath('example.com/A', 'v1.0.0')).toBe('example.com/!a@v1.0.0');
  });
  it.each([
    ['corp.example.com', 'corp.example.com/x/y', true],
    ['*.corp.example.com', 'git.corp.example.com/x', true],
    ['github.com/corp/*', 'github.com/corp/x/v2', true],
    ['github.com/corp/*', 'github.com/corp', false],
    ['github.com/corp', 'github.com/corporation', false],
    ['a,b/[cd],', 'b/d/e', true],
    ['b/[^c]', 'b/c', false],
    ['', 'a', false],
    ['[', 'a', false],
  ])('pattern list %s matches %s: %s', (patterns, path, covered) => {
    expect(matchesPatterns(patterns, path)).toBe(covered);
  });
});

describe('an ignore line of go.mod', () => {
  it.each([
    ['./third_party', 'third_party', true],
    ['./third_party', 'third_party/x/y', true],
    ['./third_party', 'third_party2', false],
    ['./third_party', 'a/third_party', false],
    ['third_party', 'a/third_party/b', true],
    ['a/b/', 'x/a/b', true],
    ['a/b', 'x/a/c/b', false],
    ['./', '', false],
  ])('%s ignores %s: %s', (pattern, directory, ignored) => {
    expect(isIgnored([pattern], directory)).toBe(ignored);
  });
});

describe('readSourceHead', () => {
  it('reads package name, imports and build constraint', () => {
    const head = readSourceHead(
      '// Copyright\n\n//go:build linux && !cgo\n\n/* doc */\npackage x // here\n\nimport "fmt"; import (\n\t_ "a/b"\n\tc `c/d` // why\n\t. "e"\n)\nimport "C"\n\nvar s = `import "no"`\n',
    );
    expect(head).toEqual({
      name: 'x',
      imports: ['fmt', 'a/b', 'c/d', 'e', 'C'],
      constraint: 'linux && !cgo',
      usesCgo: true,
    });
    expect(readSourceHead('package x\n').imports).toEqual([]);
    expect(readSourceHead('\u0000').imports).toEqual([]);
  });
  it.each([
    ['// +build tools\n\n', '((tools))'],
    [
      '// Copyright\n\n// +build linux,!cgo darwin\n//+build go1.21\n\n',
      '((linux && !cgo) || (darwin)) && ((go1.21))',
    ],
    // No constraint: a line in the package comment, one in a block comment, and one next to a //go:build
    // line.
    ['// +build tools\n', undefined],
    ['/*\n// +build tools\n*/\n\n', undefined],
    ['// +builder tools\n\n', undefined],
    ['//go:build linux\n// +build tools\n\n', 'linux'],
    // A //go:build line inside a block comment is no constraint; a line after the block comment is one.
    ['/*\n//go:build tools\n*/\n\n', undefined],
    ['/* of the\npackage of ours\n*/\n\n//go:build linux\n\n', 'linux'],
    ['/* a */ /* b */\n//go:build linux\n\n', 'linux'],
    ['//go:builder\n\n', undefined],
    ['/* a */\n// +build tools\n\n', undefined],
  ])('reads the build constraint of %j', (before, constraint) => {
    expect(readSourceHead(`${before}package x\n`).constraint).toBe(constraint);
  });
  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(
            'package x',
            ' ',
            '\n',
            'import ',
            '(',
            ')',
            '"a"',
            '"',
            '/*',
            '*/',
            '//',
            ';',
            '`',
          ),
        }),
        (text) => void readSourceHead(text),
      ),
    );
  });

  const target: BuildTarget = {
    os: 'linux',
    arch: 'amd64',
    cgo: false,
    goMinor: 24,
    tags: new Set(['netgo']),
  };
  it.each([
    ['linux && amd64', true],
    ['!linux || (netgo && go1.24)', true],
    ['go1.25', false],
    ['unix && !cgo', true],
    ['windows || darwin', false],
    ['((((', true],
    ['', true],
  ])('constraintHolds(%j) is %s', (expression, holds) => {
    expect(constraintHolds(expression, target)).toBe(holds);
  });
  it.each([
    ['a.go', true],
    ['a_linux.go', true],
    ['a_windows.go', false],
    ['linux.go', true],
    ['a_linux_arm64.go', false],
    ['a_amd64_test.go', true],
    ['_a.go', false],
    ['a_unix.go', true],
  ])('nameFits(%j) is %s', (name, fits) => {
    expect(nameFits(name, target)).toBe(fits);
  });
});

describe('problems of go.mod and go.work files that parse', () => {
  it('directives that this go does not know yet', () => {
    const mod = parseGoMod(bytes('module m\ngo 1.21\ntool m/cmd\nignore ./x\ngodebug a=b\n'));
    expect(
      unknownDirectives(mod, '1.22.1')
        .map(({ text }) => text.split(' ').at(-1))
        .sort(),
    ).toEqual(['godebug', 'ignore', 'tool']);
    expect(unknownDirectives(mod, '1.24.0').map(({ text }) => text)).toEqual(['unknown directive: ignore']);
    expect(unknownDirectives(mod, '1.27.4')).toEqual([]);
    expect(unknownDirectives(mod, '')).toEqual([]);
  });
  it.each([
    ['go 1.25.0', '1.20.14', "invalid go version '1.25.0': must match format 1.23", '1.25.0'],
    ['go 1.21rc1', '1.19', "invalid go version '1.21rc1': must match format 1.23", '1.21rc1'],
    ['go 1.19\n\ntoolchain go1.21.0', '1.17.13', 'unknown directive: toolchain', '1.21'],
    ['go 1.25', '1.20.14', undefined, undefined],
    ['go 1.25.0\n\ntoolchain go1.25.3', '1.21.0', undefined, undefined],
  ])('%j in go.mod and go.work with go %s: %s', (lines, version, text, since) => {
    for (const file of [parseGoMod(bytes(`module m\n${lines}\n`)), parseGoWork(bytes(`${lines}\n`))]) {
      const [first, ...rest] = unknownDirectives(file, version);
      expect(first?.text).toBe(text);
      expect(rest).toEqual([]);
      if (first !== undefined) expect(takenSince(first)).toBe(since);
    }
  });
  it('godebug lines that the table of the toolchain refuses', () => {
    const table = {
      known: [{ name: 'http2client' }],
      removed: [{ name: 'tls3des', removed: 27, old: ['1'] }],
    };
    const problemsOf = (line: string, godebugs?: typeof table) =>
      godebugProblems(parseGoMod(bytes(`module m\n\ngodebug ${line}\n`)).godebug, '1.27.4', godebugs).map(
        ({ line: at, text }) => `${at}: ${text}`,
      );
    expect(problemsOf('http2client=0', table)).toEqual([]);
    expect(problemsOf('nosuch=1', table)).toEqual(['3: unknown godebug "nosuch"']);
    expect(problemsOf('nosuch=1')).toEqual([]);
    expect(problemsOf('tls3des=0', table)).toEqual([]);
    expect(problemsOf('tls3des=1', table)[0]).toMatch(/^3: removed GODEBUG "tls3des" set to old value "1"/);
    expect(problemsOf('default=go1.21')).toEqual([]);
    expect(problemsOf('default=1.21')).toEqual(['3: value for default= must be goVERSION']);
    expect(problemsOf('default=go1.28')).toEqual(['3: default=go1.28 too new (toolchain is go1.27.4)']);
  });
  it('two different replacements of one module', () => {
    const { replace } = parseGoMod(
      bytes('module m\nreplace a => ../a\nreplace a => ../a\nreplace a => ../b\nreplace a v1.0.0 => ../b\n'),
    );
    expect(conflictingReplacements(replace)).toEqual([{ line: 4, text: 'conflicting replacements for a' }]);
  });
  it('a go.work with duplicate, missing or incomplete modules, or with a go line that is too old', () => {
    const work = parseGoWork(bytes('go 1.21\nuse ./a\nuse ./a/\nuse ./b\nuse ./c\nuse ./d\n'));
    const mod = (text: string) => parseGoMod(bytes(text));
    const used = [
      { use: './a', line: 2, directory: '/w/a', mod: mod('module a\ngo 1.21\n') },
      { use: './a/', line: 3, directory: '/w/a', mod: mod('module a\ngo 1.21\n') },
      { use: './b', line: 4, directory: '/w/b' },
      { use: './c', line: 5, directory: '/w/c', mod: mod('module a\n') },
      { use: './d', line: 6, directory: '/w/d', mod: mod('module d\ngo 1.24.0\n') },
    ];
    expect(workProblems(work, used).map(({ line }) => line)).toEqual([3, 4, 5, 1]);
    expect(workProblems(work, [])).toHaveLength(1);
  });
  it('a go line of go.work that is too old, reported with all modules that require more', () => {
    const mod = (go: string) => parseGoMod(bytes(`module ${go}\ngo ${go}\n`));
    const used = ['1.21', '1.22', '1.24.0'].map((go, index) => ({
      use: `./m${index}`,
      line: index + 2,
      directory: `/w/m${index}`,
      mod: mod(go),
    }));
    const problemsOf = (text: string) => workProblems(parseGoWork(bytes(text)), used.slice(1));
    const both = 'module ./m1 requires go >= 1.22, module ./m2 requires go >= 1.24.0, but go.work';
    expect(problemsOf('use ./m1\n\ngo 1.21\n')).toEqual([
      { line: 3, text: `the go line is too old: ${both} lists go 1.21` },
    ]);
    expect(problemsOf('use ./m1\n')[0]?.text).toContain(`${both} implicitly requires go 1.18`);
    expect(problemsOf('go 1.24.0\nuse ./m1\n')).toEqual([]);
  });
  it('a go.work that replaces one of its own modules at all versions', () => {
    const used = [{ use: './a', line: 2, directory: '/w/a', mod: parseGoMod(bytes('module a\ngo 1.21\n')) }];
    const problemsOf = (replace: string) =>
      workProblems(parseGoWork(bytes(`go 1.21\nuse ./a\n${replace}\n`)), used);
    expect(problemsOf('replace a => ./c')).toEqual([
      { line: 3, text: 'workspace module a is replaced at all versions in the go.work file' },
    ]);
    expect(problemsOf('replace a v1.0.0 => ./c')).toEqual([]);
    expect(problemsOf('replace b => ./c')).toEqual([]);
  });
  it.each([
    ['go 1.26.3', 'default'],
    ['go 1.26.3', 'go1.26.3'],
    ['go 1.21', 'go1.21'],
    ['go 1.21', 'go1.20'],
    ['go 1.21', 'go1'],
    ['go 1.21', 'go1.aaa'],
    ['go 1.21', 'go1.21.x'],
    ['', 'go1.16'],
  ])('after "%s", a line "toolchain %s" that go would remove', (go, toolchain) => {
    const mod = parseGoMod(bytes(`module m\n${go}\ntoolchain ${toolchain}\n`));
    const [problem, ...more] = droppedToolchainProblems(mod, undefined);
    expect(problem?.line).toBe(3);
    expect(more).toEqual([]);
    expect(updateNeeded(problem ?? { text: '' })).toBe('toolchain');
    expect(droppedToolchainProblems(mod, 'mod')).toEqual([]);
  });
  it.each([
    ['go 1.21', 'go1.21.0'],
    ['go 1.20', 'go1.21'],
    ['go 1.21', 'go1.21-foo'],
    ['go 1.21', 'go1.21.1-custom'],
    ['go 1.27', 'go1.26.3'],
    ['', 'go1.21.3'],
  ])('after "%s", not a line "toolchain %s", which go keeps', (go, toolchain) => {
    const mod = parseGoMod(bytes(`module m\n${go}\ntoolchain ${toolchain}\n`));
    expect(droppedToolchainProblems(mod, undefined)).toEqual([]);
  });
  it('versions that are not canonical', () => {
    const mod = parseGoMod(
      bytes(
        'module m\nrequire a v1.2\nrequire b v1.2.3+meta\nrequire c v2.0.0+incompatible\nexclude a v1\nreplace a v1.0 => b v1.1\nreplace d v1.0.0 => ../d\n',
      ),
    );
    const problems = shortVersionProblems(mod, undefined);
    expect(problems.map(({ line, text }) => `${line} ${text.split(' ')[4]}`)).toEqual([
      '2 v1.2',
      '3 v1.2.3+meta',
      '5 v1',
      '6 v1.0',
      '6 v1.1',
    ]);
    expect(new Set(problems.map(updateNeeded))).toEqual(new Set(['version']));
    expect(shortVersionProblems(mod, 'mod')).toEqual([]);
  });
  it('a go line in the file of -modfile that requires a newer go', () => {
    const requiredVersions = (line: string, version: string) =>
      modfileTooNew(parseGoMod(bytes(`module m\n${line}\n`)), version).map(modfileNeeds);
    expect(requiredVersions('go 1.99', '1.26.8')).toEqual(['1.99']);
    expect(requiredVersions('go 1.26', '1.26.8')).toEqual([]);
    expect(requiredVersions('', '1.26.8')).toEqual([]);
    expect(requiredVersions('go 1.99', '1.20.14')).toEqual([]);
  });
  it('tool lines with a version or a directory', () => {
    const mod = parseGoMod(bytes('module m\ntool e.com/x\ntool e.com/x@v1.0.0\ntool ./cmd/x\n'));
    expect(toolPathProblems(mod)).toEqual([
      { line: 3, text: 'malformed tool path "e.com/x@v1.0.0": invalid char \'@\'' },
      { line: 4, text: 'malformed tool path "./cmd/x": invalid path element "."' },
    ]);
  });
});

describe('readModuleGraph', () => {
  it('terminates if modules require each other, and reports the missing go.mod', () => {
    const mod = parseGoMod(bytes('module m\ngo 1.16\nrequire a v1.0.0\n'));
    const requires: Readonly<Record<string, string>> = {
      'a v1.0.0': 'b v1.0.0',
      'b v1.0.0': 'a v1.1.0',
      'a v1.1.0': 'm v1.0.0',
    };
    const graph = readModuleGraph({
      mains: [{ mod, directory: '' }],
      modOf: ({ path, version }) => {
        const [to, at] = requires[`${path} ${version}`]?.split(' ') ?? [];
        return to === undefined || at === undefined
          ? undefined
          : { require: [{ path: to, version: at, line: 0 }] };
      },
    });
    expect(Object.fromEntries(graph.selected)).toEqual({ m: '', a: 'v1.1.0', b: 'v1.0.0' });
    expect(graph.missing).toEqual([{ path: 'm', version: 'v1.0.0', line: 0 }]);
  });
});

describe('unlistedFolders', () => {
  const vendor = parseVendorModules(
    Buffer.from('# example.com/a v1.0.0\n## explicit\nexample.com/a\nexample.com/a/sub\n'),
  );

  it('returns vendor folders that modules.txt does not list, except those that go ignores', () => {
    const folders = ['example.com/a', 'example.com/a/sub', 'example.com/a/_x', 'example.com/a/testdata/t'];
    expect(unlistedFolders(vendor, folders, '1.23')).toEqual([]);
    expect(unlistedFolders(vendor, [...folders, 'example.com/b'], '1.23')).toEqual(['example.com/b']);
    expect(unlistedFolders(vendor, [...folders, 'example.com/b'], '1.22.9')).toEqual([]);
  });
});

describe('the path of a main module', () => {
  it.each([
    ['example.com/app', undefined],
    ['app', undefined],
    ['example.com/~user/my+app_1.x/.hidden', undefined],
    ['', 'empty string'],
    ['-app', 'leading dash'],
    ['example.com//app', 'double slash'],
    ['example.com/app/', 'trailing slash'],
    ['/app', 'empty path element'],
    ['example.com/..', 'invalid path element ".."'],
    ['example.com/app.', 'trailing dot in path element'],
    ['example.com/my app', "invalid char ' '"],
    ['example.com/größe', "invalid char 'ö'"],
    ['example.com/aux.x', '"aux" disallowed as path element component on Windows'],
    ['example.com/long~1', 'trailing tilde and digits in path element'],
  ])('importPathProblem(%j) is %s', (path, problem) => {
    expect(importPathProblem(path)).toBe(problem);
  });
});
