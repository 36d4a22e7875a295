/**
 * Module graphs, go.sum, vendor/modules.txt and dirhash compared with the real go: `go list -m all` on random
 * graphs, with several toolchains, for single modules and workspaces, with replacements and exclusions.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGoList } from '../../src/go/go-list.ts';
import { parseGoMod } from '../../src/go/gomod.ts';
import { parseGoSum, sumKey } from '../../src/go/gosum.ts';
import { parseGoWork } from '../../src/go/gowork.ts';
import {
  type GraphInput,
  type MainModule,
  readModuleGraph,
  replacementOf,
} from '../../src/go/module-graph.ts';
import { parseVendorModules, vendorProblems } from '../../src/go/vendor-modules.ts';
import { type HandMade, sumLines, writeProxy } from '../lab/module-proxy.ts';
import { ensureToolchain, runGo, scratch, type Toolchain } from '../lab/toolchains.ts';

const lab = scratch('modules');
const proxy = join(lab, 'proxy');
const env = {
  GOPROXY: `file://${proxy}`,
  GOSUMDB: 'off',
  GOFLAGS: '-modcacherw',
  GOTOOLCHAIN: 'local',
  GOMODCACHE: join(lab, 'modcache'),
  GOCACHE: join(lab, 'gocache'),
};
let folders = 0;

function folder(files: Readonly<Record<string, string>>): string {
  const directory = join(lab, `w${folders++}`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const versions = ['v1.0.0', 'v1.1.0-rc.1', 'v1.1.0', 'v1.10.0'];
const names = ['a', 'b', 'c', 'd', 'e'];
const pathOf = (name: string) => `example.com/${name}`;

/** A random world of modules: all versions of each, with random requirements on others. */
const universe = fc.record({
  modules: fc.array(
    fc.record({
      go: fc.constantFrom('1.16', '1.17', '1.21', ''),
      requires: fc.uniqueArray(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...versions)), {
        maxLength: 3,
        selector: ([name]) => name,
      }),
    }),
    { minLength: names.length * versions.length, maxLength: names.length * versions.length },
  ),
  roots: fc.uniqueArray(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...versions)), {
    minLength: 1,
    maxLength: 4,
    selector: ([name]) => name,
  }),
  others: fc.uniqueArray(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...versions)), {
    minLength: 1,
    maxLength: 3,
    selector: ([name]) => name,
  }),
  go: fc.constantFrom('1.16', '1.17', '1.21'),
  replace: fc.option(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...versions), fc.boolean()), {
    nil: undefined,
  }),
  exclude: fc.option(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...versions)), { nil: undefined }),
});
type Universe = typeof universe extends fc.Arbitrary<infer T> ? T : never;

function made({ modules }: Universe): HandMade[] {
  return modules.map(({ go, requires }, index) => {
    const name = names[Math.floor(index / versions.length)] as string;
    return {
      path: pathOf(name),
      version: versions[index % versions.length] as string,
      go,
      requires: requires.filter(([other]) => other !== name).map(([other, v]) => `${pathOf(other)} ${v}`),
    };
  });
}

const modOf = (modules: readonly HandMade[]): GraphInput['modOf'] => {
  const known = new Map(modules.map((one) => [`${one.path} ${one.version}`, one]));
  return (module, replacement) => {
    const found = known.get(
      replacement === undefined
        ? `${module.path} ${module.version}`
        : `${replacement.path} ${replacement.version}`,
    );
    return found === undefined
      ? undefined
      : {
          ...(found.go === '' ? {} : { go: found.go ?? '1.21' }),
          require: (found.requires ?? []).map((one) => {
            const [path = '', version = ''] = one.split(' ');
            return { path, version, line: 0 };
          }),
        };
  };
};

/** Our module list, as `path version[ => path version]`. */
function ourList(input: GraphInput): string[] {
  const replacement = replacementOf(input);
  return [...readModuleGraph(input).selected]
    .filter(([, version]) => version !== '')
    .map(([path, version]) => {
      const by = replacement({ path, version });
      return `${path} ${version}${by === undefined ? '' : ` => ${by.path} ${by.version}`}`;
    })
    .sort();
}

/** The module list of go, or undefined if go asks for updates to go.mod. */
async function goList(toolchain: Toolchain, directory: string): Promise<string[] | undefined> {
  const run = await runGo(toolchain, ['list', '-m', '-e', '-json', 'all'], {
    cwd: directory,
    env: { ...env, GOPROXY: 'off', GOFLAGS: '-mod=readonly' },
  });
  if (run.stderr.includes('updates to go.mod needed')) return undefined;
  expect(run.exitCode, run.stderr).toBe(0);
  const list = parseGoList(run.stdout);
  if ('problem' in list) throw new Error(list.problem);
  return list.modules
    .filter(({ main }) => !main)
    .map(
      ({ path, version, replace }) =>
        `${path} ${version}${replace === undefined ? '' : ` => ${replace.path} ${replace.version}`}`,
    )
    .sort();
}

function mainMod(
  name: string,
  go: string,
  roots: readonly (readonly [string, string])[],
  extra: readonly string[] = [],
): string {
  return [
    `module example.com/main/${name}`,
    `go ${go}`,
    ...roots.map(([module, version]) => `require ${pathOf(module)} ${version}`),
    ...extra,
    '',
  ].join('\n');
}

function extras({ replace, exclude }: Universe): readonly string[] {
  return [
    ...(replace === undefined
      ? []
      : [
          `replace ${pathOf(replace[0])}${replace[2] ? ` ${replace[1]}` : ''} => ${pathOf(replace[0])} ${replace[1]}`,
        ]),
    ...(exclude === undefined ? [] : [`exclude ${pathOf(exclude[0])} ${exclude[1]}`]),
  ];
}

describe.each(['1.21.13', '1.27.4'])('the module graph, compared with go%s', async (version) => {
  const toolchain = await ensureToolchain(version);

  /** Makes a module cache with only the go.mod files of this world, which suffice for a list. */
  function world(modules: readonly HandMade[]): void {
    rmSync(env.GOMODCACHE, { recursive: true, force: true });
    writeProxy(join(env.GOMODCACHE, 'cache/download'), modules, ['zip']);
  }

  it('of one module is that of go list -m all', async () => {
    let tidy = 0;
    await fc.assert(
      fc.asyncProperty(universe, async (drawn) => {
        const modules = made(drawn);
        world(modules);
        const textOf = (roots: Universe['roots']) => mainMod('one', drawn.go, roots, extras(drawn));
        const inputOf = (text: string): GraphInput => ({
          mains: [{ mod: parseGoMod(bytes(text)), directory: '' }],
          modOf: modOf(modules),
        });
        // The requirements as generated, and as raised by `go mod tidy`.
        const raised = drawn.roots.map(([name]): [string, string] => [
          name,
          readModuleGraph(inputOf(textOf(drawn.roots))).selected.get(pathOf(name)) ?? 'v1.0.0',
        ]);
        for (const roots of [drawn.roots, raised]) {
          const text = textOf(roots);
          const directory = folder({ 'go.mod': text, 'go.sum': sumLines(modules) });
          const { selected } = readModuleGraph(inputOf(text));
          const said = await goList(toolchain, directory);
          if (said === undefined) {
            expect(roots.some(([name, v]) => selected.get(pathOf(name)) !== v)).toBe(true);
          } else {
            expect(ourList(inputOf(text))).toEqual(said);
            tidy++;
          }
        }
      }),
      { numRuns: 12, seed: 4, endOnFailure: true },
    );
    expect(tidy).toBeGreaterThan(8);
  });

  it('of a workspace is that of go list -m all', async () => {
    await fc.assert(
      fc.asyncProperty(universe, async (drawn) => {
        const modules = made(drawn);
        world(modules);
        const work = `go 1.21\nuse (\n ./one\n ./two\n)\n${extras({ ...drawn, exclude: undefined }).join('\n')}\n`;
        const texts = {
          'one/go.mod': mainMod('one', drawn.go, drawn.roots),
          'two/go.mod': mainMod('two', '1.21', drawn.others),
        };
        const directory = folder({ ...texts, 'go.work': work, 'go.work.sum': sumLines(modules) });
        const mains: MainModule[] = Object.entries(texts).map(([name, text]) => ({
          mod: parseGoMod(bytes(text)),
          directory: join(directory, dirname(name)),
        }));
        const { replace } = parseGoWork(bytes(work));
        const ours = ourList({ mains, work: { replace, directory }, modOf: modOf(modules) });
        expect(ours).toEqual(await goList(toolchain, directory));
      }),
      { numRuns: 15, seed: 4, endOnFailure: true },
    );
  });
});

describe.each(['1.21.13', '1.27.4'])('go.sum, compared with go%s', async (version) => {
  const toolchain = await ensureToolchain(version);
  const modules: HandMade[] = [{ path: 'example.com/a', version: 'v1.0.0' }];
  const sums = sumLines(modules);
  const written: Readonly<Record<string, string>> = {
    'as go writes them': sums,
    'behind a byte order mark': `\ufeff${sums}`,
    'with U+FEFF at the ends of lines': sums.replaceAll('\n', '\ufeff\n'),
    'with U+0085 at the ends of lines': sums.replaceAll('\n', '\u0085\n'),
    'with other blanks': sums.replaceAll(' ', '\u3000\t\u00a0'),
    'with carriage returns': sums.replaceAll('\n', '\r\n'),
    'with a vertical tab': sums.replaceAll(' ', '\v'),
    'of another algorithm': sums.replaceAll('h1:', 'h2:'),
    'with one of another algorithm first': `${sums.replaceAll('h1:', 'h2:')}${sums}`,
  };

  it.each(Object.entries(written))('is valid or not with sums %s', async (_, text) => {
    rmSync(env.GOMODCACHE, { recursive: true, force: true });
    writeProxy(join(env.GOMODCACHE, 'cache/download'), modules, ['zip']);
    const directory = folder({
      'go.mod': 'module example.com/main\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n',
      'go.sum': text,
    });
    const { exitCode } = await runGo(toolchain, ['list', '-m', 'all'], {
      cwd: directory,
      env: { ...env, GOPROXY: 'off', GOFLAGS: '-mod=readonly' },
    });
    const { sums: read, problem } = parseGoSum(bytes(text));
    const key = sumKey('example.com/a', 'v1.0.0', '/go.mod');
    // A sum with a trailing character is a contradicting one ("checksum mismatch").
    const [right] = parseGoSum(bytes(sums)).sums.get(key) ?? [];
    const counts = problem === undefined && read.get(key)?.[0]?.sum === right?.sum;
    expect(counts).toBe(exitCode === 0);
  });
});

describe.each(['1.21.13', '1.24.13', '1.27.4'])('the vendor check, compared with go%s', async (version) => {
  const toolchain = await ensureToolchain(version);
  const modules: HandMade[] = [
    {
      path: 'example.com/a',
      version: 'v1.0.0',
      requires: ['example.com/b v1.0.0'],
      files: { 'a.go': 'package a\n\nimport _ "example.com/b"\n' },
    },
    { path: 'example.com/a', version: 'v1.1.0', requires: ['example.com/b v1.0.0'] },
    { path: 'example.com/b', version: 'v1.0.0' },
    { path: 'example.com/fork', version: 'v1.0.0', files: { 'b.go': 'package b\n' } },
  ];
  const gomod = (...lines: string[]) =>
    [
      'module example.com/main',
      'go 1.21',
      'require example.com/a v1.0.0',
      'require example.com/b v1.0.0 // indirect',
      ...lines,
      '',
    ].join('\n');

  /** Edits of go.mod or modules.txt after vendoring; our messages must be those of go. */
  const edits: readonly (readonly [
    what: string,
    mod: (text: string) => string,
    txt: (text: string) => string,
  ])[] = [
    ['no edit', (text) => text, (text) => text],
    ['another version required', (text) => text.replace('a v1.0.0', 'a v1.1.0'), (text) => text],
    ['an added replacement', (text) => `${text}replace example.com/a => ../a\n`, (text) => text],
    ['a removed replacement', (text) => text.replace(/replace.*\n/, ''), (text) => text],
    ['another replacement', (text) => text.replace(/=> .*/, '=> ../elsewhere'), (text) => text],
    ['a removed requirement', (text) => text.replace(/require example.com\/b.*\n/, ''), (text) => text],
    ['a truncated modules.txt', (text) => text, (text) => text.slice(0, Math.floor(text.length / 2))],
    ['an empty modules.txt', (text) => text, () => ''],
    ['removed explicit marks', (text) => text, (text) => text.replaceAll('## explicit; go 1.21\n', '')],
  ];

  it.each(edits)('reports the same problems as go: %s', async (_, editMod, editTxt) => {
    rmSync(proxy, { recursive: true, force: true });
    rmSync(env.GOMODCACHE, { recursive: true, force: true });
    writeProxy(proxy, modules);
    const before = gomod('replace example.com/b => example.com/fork v1.0.0');
    const directory = folder({
      'go.mod': before,
      'go.sum': sumLines(modules),
      'main.go': 'package main\n\nimport _ "example.com/a"\n\nfunc main() {}\n',
    });
    expect((await runGo(toolchain, ['mod', 'vendor'], { cwd: directory, env })).exitCode).toBe(0);
    const txt = editTxt(readFileSync(join(directory, 'vendor/modules.txt'), 'utf8'));
    writeFileSync(join(directory, 'vendor/modules.txt'), txt);
    const mod = editMod(before);
    writeFileSync(join(directory, 'go.mod'), mod);

    const run = await runGo(toolchain, ['list', './...'], { cwd: directory, env });
    const said = run.stderr
      .split('\n')
      .filter((line) => line.startsWith('\t') && line.includes(': '))
      .map((line) => line.trim());
    const ours = vendorProblems(
      parseVendorModules(bytes(txt)),
      [{ mod: parseGoMod(bytes(mod)), directory: '' }],
      undefined,
      join,
    );
    // Before 1.22, go prints some problems twice.
    expect(said).toEqual(expect.arrayContaining(ours.map(({ module, text }) => `${module}: ${text}`)));
    expect(said[0]).toBe(ours[0] && `${ours[0].module}: ${ours[0].text}`);
    expect(ours.length === 0).toBe(run.exitCode === 0);
  });
});

describe('computed sums', () => {
  it('of generated modules equal those that go writes to go.sum', async () => {
    const toolchain = await ensureToolchain('1.27.4');
    rmSync(proxy, { recursive: true, force: true });
    rmSync(env.GOMODCACHE, { recursive: true, force: true });
    const modules: HandMade[] = [
      {
        path: 'example.com/Big/Case',
        version: 'v1.0.0-RC1',
        files: { 'a.go': 'package c\n', 'sub/b.go': 'package b\n', 'a-b.go': 'package c\n' },
      },
      { path: 'example.com/a', version: 'v1.0.0' },
    ];
    writeProxy(proxy, modules);
    const directory = folder({
      'go.mod':
        'module example.com/main\ngo 1.21\nrequire example.com/Big/Case v1.0.0-RC1\nrequire example.com/a v1.0.0\n',
    });
    expect(
      (
        await runGo(toolchain, ['mod', 'download', 'all'], {
          cwd: directory,
          env: { ...env, GOFLAGS: '-mod=mod' },
        })
      ).exitCode,
    ).toBe(0);
    expect(readFileSync(join(directory, 'go.sum'), 'utf8')).toBe(sumLines(modules));
    expect(readdirSync(join(env.GOMODCACHE, 'example.com'))).toContain('!big');
  });
});
