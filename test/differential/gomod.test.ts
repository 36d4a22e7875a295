/**
 * Our parsers of go.mod and go.work compared with `go mod edit -json` and `go work edit -json` of the newest
 * toolchain.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type GoMod, missingModule, parseGoMod, type ReplaceDirective } from '../../src/go/gomod.ts';
import { type GoWork, parseGoWork } from '../../src/go/gowork.ts';
import type { ModFileProblem } from '../../src/go/modfile-lexer.ts';
import { ensureToolchain, runGo, scratch, type Toolchain, toolchainVersions } from '../lab/toolchains.ts';

let newest: Toolchain;
let lab: string;
let folders = 0;

beforeAll(async () => {
  newest = await ensureToolchain(toolchainVersions[toolchainVersions.length - 1] ?? '');
  lab = scratch('gomod');
});

/** The compared result: a file as the JSON of go, or the errors of go. */
type Reading = { readonly file: unknown } | { readonly problems: readonly string[] };

/** Parses a file with go; a file with a syntax error has exactly one problem. */
async function goReads(kind: 'mod' | 'work', content: Uint8Array): Promise<Reading> {
  const name = `go.${kind}`;
  const dir = join(lab, String(folders++));
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, name), content);
  const env = { GOTOOLCHAIN: 'local', GOENV: 'off', GO111MODULE: 'on', GOWORK: 'off' };
  const run = await runGo(newest, [kind, 'edit', '-json', name], { cwd: dir, env });
  if (run.exitCode === 0) return { file: withoutEmpty(JSON.parse(run.stdout)) };
  return {
    problems: run.stderr
      .split(new RegExp(`^${name.replace('.', '\\.')}:`, 'm'))
      .slice(1)
      .map(withoutColumn),
  };
}

/** Strips the column of a position: `12:3: text` and `12: text` both become `12: text`. */
function withoutColumn(problem: string): string {
  return problem.trimEnd().replace(/^(\d+)(?::\d+)?: /, '$1: ');
}

/** Omits empty values, as go writes null for an empty list. */
function withoutEmpty(value: object): unknown {
  return Object.fromEntries(
    Object.entries(value).filter(
      ([, content]) => content !== null && content !== undefined && content !== '' && !isEmptyList(content),
    ),
  );
}

function isEmptyList(content: unknown): boolean {
  return Array.isArray(content) && content.length === 0;
}

function reading(file: unknown, problems: readonly ModFileProblem[]): Reading {
  const said = problems.filter(({ text }) => text !== missingModule);
  if (said.length === 0) return { file };
  return { problems: said.map(({ line, text }) => `${line}: ${text}`) };
}

/**
 * Formats our go.mod like `go mod edit -json`, which also drops duplicates of some directives
 * (modfile.SortBlocks).
 */
function modAsJson(mod: GoMod): Reading {
  const file = withoutEmpty({
    Module: mod.module && { Path: mod.module.path, ...optional('Deprecated', mod.module.deprecated) },
    Go: mod.go?.version ?? '',
    Toolchain: mod.toolchain?.name ?? '',
    GoDebug: mod.godebug.map(({ key, value }) => ({ Key: key, Value: value })),
    Require: mod.require.map(({ path, version, indirect }) => ({
      Path: path,
      Version: version,
      ...(indirect ? { Indirect: true } : {}),
    })),
    Exclude: firsts(mod.exclude.map(({ path, version }) => ({ Path: path, Version: version }))),
    Replace: lastReplaces(mod.replace),
    Retract: mod.retract.map(({ low, high, rationale }) => ({
      Low: low,
      High: high,
      ...optional('Rationale', rationale),
    })),
    Tool: firsts(mod.tool.map(({ path }) => ({ Path: path }))),
    Ignore: firsts(mod.ignore.map(({ path }) => ({ Path: path }))),
  });
  return reading(
    mod.module === undefined ? { ...(file as object), Module: { Path: '' } } : file,
    mod.problems,
  );
}

function workAsJson(work: GoWork): Reading {
  const file = withoutEmpty({
    Go: work.go?.version ?? '',
    Toolchain: work.toolchain?.name ?? '',
    Godebug: work.godebug.map(({ key, value }) => ({ Key: key, Value: value })),
    Use: work.use.map(({ path }) => ({ DiskPath: path })),
    Replace: lastReplaces(work.replace),
  });
  return reading(file, work.problems);
}

function optional(key: string, value: string | undefined): Record<string, string> {
  return value ? { [key]: value } : {};
}

function firsts<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

/** Returns the last replacement for each module and version, which is the one in effect. */
function lastReplaces(replaces: readonly ReplaceDirective[]) {
  return replaces
    .filter(
      ({ path, version }, i) =>
        !replaces.slice(i + 1).some((later) => later.path === path && later.version === version),
    )
    .map(({ path, version, newPath, newVersion }) => ({
      Old: { Path: path, ...optional('Version', version) },
      New: { Path: newPath, ...optional('Version', newVersion) },
    }));
}

const syntaxError = /: (?:unexpected (?:input|newline|EOF) |syntax error |mod files must use )/;

/** Compares one file content. Returns whether go accepts it. */
async function compare(kind: 'mod' | 'work', content: Uint8Array): Promise<boolean> {
  const go = await goReads(kind, content);
  const ours = kind === 'mod' ? modAsJson(parseGoMod(content)) : workAsJson(parseGoWork(content));
  const text = new TextDecoder().decode(content);
  // go prints only the syntax error and stops there.
  const stopped = 'problems' in go && syntaxError.test(go.problems[0] ?? '');
  const said = stopped && 'problems' in ours ? { problems: ours.problems.slice(0, 1) } : ours;
  expect({ text, ...said }).toEqual({ text, ...go });
  return 'file' in go;
}

/** Compares many file contents, a few at a time. Returns how many go accepts. */
async function compareAll(kind: 'mod' | 'work', contents: readonly Uint8Array[]): Promise<number> {
  const queue = contents.values();
  let accepted = 0;
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (const content of queue) if (await compare(kind, content)) accepted++;
    }),
  );
  return accepted;
}

const oddPath = fc.constantFrom(
  'example.com/a',
  'example.com/a/v2',
  'example.com/b/v3',
  'gopkg.in/yaml.v3',
  'gopkg.in/x.v1',
  'gopkg.in/y',
  'a',
  'example.com/v1',
  'b/v02',
  '"example.com/q"',
  '`raw`',
  "'single'",
  '"two words"',
  '"\\u00e9"',
  '"\\q"',
  './dir',
  '../dir',
  '/abs',
  'C:/x',
  '.\\win',
  '..',
  'example.com/ü',
  'x@v1.0.0',
);
const oddVersion = fc.constantFrom(
  'v1.2.3',
  'v0.1.0',
  'v1.2',
  'v1',
  'v2.0.0',
  'v2.0.0+incompatible',
  'v3.1.4-rc.1',
  'v0.0.0-20260101000000-abcdefabcdef',
  'v1.0.0+meta',
  'v01.2.3',
  'v1.0.0-01',
  'master',
  '1.2.3',
  '"v1.2.3"',
  '`v1.2.3`',
  'v1.2.3.4',
);
// Mostly valid lines: a file with one rejected line shows nothing about its other lines.
const path = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('example.com/a', 'example.com/b', '"example.com/c"') },
  oddPath,
);
const version = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('v1.2.3', 'v0.1', 'v1.0.0-rc.1') },
  oddVersion,
);
const goVersion = fc.constantFrom(
  '1.21',
  '1.26.3',
  '1.27rc1',
  '1.x',
  '1',
  '1.26.3.1',
  '"1.26"',
  '01.2',
  '1.27.0',
);
const toolchain = fc.constantFrom(
  'go1.27.4',
  'default',
  'go1.27.4-acme',
  'local',
  'go2',
  'go1',
  '1.27',
  'go1.x',
);
const comment = fc.constantFrom(
  '',
  '',
  '',
  ' // indirect',
  ' // indirect; why',
  ' //indirect',
  ' // other',
  ' // Deprecated: gone',
  ' //',
);
const word = fc.oneof(
  path,
  version,
  fc.constantFrom(
    '=>',
    '(',
    ')',
    '[',
    ']',
    ',',
    '{',
    'x=y',
    'a="b"',
    '*',
    '"',
    '`',
    '/*',
    '\\',
    '\u00a0',
    '\0',
    '\uFEFF',
  ),
);

const body = {
  module: path,
  go: goVersion,
  toolchain,
  require: fc.tuple(path, version).map((parts) => parts.join(' ')),
  exclude: fc.tuple(path, version).map((parts) => parts.join(' ')),
  replace: fc
    .tuple(path, fc.option(version, { nil: '' }), path, fc.option(version, { nil: '' }))
    .map(([old, from, target, to]) => `${old} ${from} => ${target} ${to}`),
  retract: fc.oneof(
    version,
    fc.tuple(version, version).map(([low, high]) => `[${low}, ${high}]`),
    fc.tuple(version, version).map(([low, high]) => `[ ${low} ${high}`),
  ),
  tool: path,
  ignore: path,
  use: path,
  godebug: fc.constantFrom('default=go1.21', 'a=b', 'a', 'a="b"', 'x=y=z', 'a=b,c=d', 'panicnil=1'),
  unknown: fc.tuple(word, word).map((parts) => parts.join(' ')),
};
type Verb = keyof typeof body;
type Bodies = Partial<Record<Verb, fc.Arbitrary<string>>>;

const soundModule = fc
  .tuple(
    fc.constantFrom('example.com/a', 'example.com/b', '"example.com/c"'),
    fc.constantFrom('v1.2.3', 'v0.1.0', 'v1.0.0-rc.1', 'v0.0.0-20260101000000-abcdefabcdef'),
  )
  .map((parts) => parts.join(' '));
/** Directive bodies that go accepts: files made of them are compared line by line. */
const soundBody: Bodies = {
  require: soundModule,
  exclude: soundModule,
  replace: fc
    .tuple(soundModule, fc.oneof(soundModule, fc.constantFrom('./dir', '../dir', '/abs', '"./two words"')))
    .map((parts) => parts.join(' => ')),
  retract: fc.constantFrom('v1.2.3', 'v0.1.0', '[v1.0.0, v1.2.3]', '[ v0.1.0 , v0.2.0 ]'),
  tool: fc.constantFrom('example.com/a/cmd', '"example.com/b"', 'a'),
  ignore: fc.constantFrom('./dir', 'node_modules', '"two words"'),
};

/**
 * Generates a directive line or block with one of these verbs, with comments; sometimes with an extra word,
 * unless only valid bodies are given.
 */
function directive(verbs: readonly Verb[], bodies?: Bodies): fc.Arbitrary<string> {
  const extra = bodies ? fc.constant('') : fc.oneof({ weight: 12, arbitrary: fc.constant('') }, word);
  const close = bodies ? fc.constantFrom(')', ') // end') : fc.constantFrom(')', ') // end', ') x', '');
  return fc.constantFrom(...verbs).chain((verb) => {
    const line = fc
      .tuple(bodies?.[verb] ?? body[verb], extra, comment)
      .map(([content, more, tail]) => `${content} ${more}${tail}`.trimEnd());
    const above = fc.constantFrom('', '', '// note\n', '// Deprecated: use\n// b\n', '\n', '//\n');
    const block = fc
      .tuple(above, comment, fc.array(fc.tuple(above, line), { maxLength: 3 }), close)
      .map(
        ([before, open, lines, end]) =>
          `${before}${verb} (${open}\n${lines.map(([note, text]) => `${note}\t${text}\n`).join('')}${end}\n`,
      );
    const single = fc.tuple(above, line).map(([before, text]) => `${before}${verb} ${text}\n`);
    return fc.oneof({ weight: 5, arbitrary: single }, { weight: 2, arbitrary: block });
  });
}

function moduleFile(verbs: readonly Verb[], maxLength: number): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(
      fc.array(directive(verbs), { maxLength }),
      fc.constantFrom('\n', '\n', '\r\n'),
      fc.constantFrom('', '', '', '\uFEFF'),
      fc.boolean(),
    )
    .map(([lines, ending, mark, cut]) => {
      const text = mark + lines.join('').replaceAll('\n', ending);
      return new TextEncoder().encode(cut ? text.trimEnd() : text);
    });
}

const modVerbs = [
  'module',
  'go',
  'toolchain',
  'require',
  'exclude',
  'replace',
  'retract',
  'tool',
  'ignore',
  'godebug',
] as const;
/** A valid go.mod with many lines. */
const soundFile = fc
  .tuple(
    fc.constantFrom('\n', '\r\n'),
    fc.array(directive(Object.keys(soundBody) as Verb[], soundBody), { minLength: 15, maxLength: 30 }),
  )
  .map(([ending, lines]) => {
    const text = `// Deprecated: go on\nmodule example.com/m\n\ngo 1.27.0\n\n${lines.join('')}`;
    return new TextEncoder().encode(text.replaceAll('\n', ending));
  });

const workVerbs = ['go', 'toolchain', 'use', 'replace', 'godebug'] as const;

/** Every go.mod below a folder, and every go.mod file among the downloads of a module cache. */
function* moduleFiles(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* moduleFiles(path);
    else if (entry.name === 'go.mod' || (entry.name.endsWith('.mod') && dir.endsWith('@v'))) yield path;
  }
}

describe('parseGoMod and parseGoWork, compared with go', () => {
  it.each([
    ['whole files', modVerbs, 6, 120],
    ['single directives', modVerbs, 1, 180],
    ['directives of all kinds', [...modVerbs, 'unknown', 'use'] as const, 4, 80],
  ] as const)('parse generated go.mod files: %s', async (_, verbs, maxLength, count) => {
    await compareAll('mod', fc.sample(moduleFile(verbs, maxLength), count));
  });

  it('parse generated valid go.mod files with many lines', async () => {
    expect(await compareAll('mod', fc.sample(soundFile, 60))).toBe(60);
  });

  it.each([
    ['whole files', workVerbs, 5],
    ['single directives', [...workVerbs, 'module', 'unknown'] as const, 1],
  ] as const)('parse generated go.work files: %s', async (_, verbs, maxLength) => {
    await compareAll('work', fc.sample(moduleFile(verbs, maxLength), 80));
  });

  it('parse the go.mod files of the toolchain and of the module cache', async () => {
    const cache = join(newest.goroot, '../../cache/download');
    const files = [...moduleFiles(join(newest.goroot, 'src')), ...moduleFiles(cache)];
    const step = Math.ceil(files.length / 100);
    const some = files.filter((_, index) => index % step === 0);
    console.info(`go.mod: ${some.length} of ${files.length} files found`);
    expect(some.length).toBeGreaterThan(2);
    await compareAll(
      'mod',
      some.map((file) => readFileSync(file)),
    );
  });
});
