/**
 * The rules of the architecture as data: which folders a folder may import, and which files may reach the
 * machine. Do not change the data to fix a build.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../src');

/** Maps each folder to the folders that it may import (design: one direction of data). */
const allowed: Readonly<Record<string, readonly string[]>> = {
  catalog: [],
  go: [],
  drift: ['catalog', 'go'],
  host: [],
  store: ['catalog', 'drift', 'host'],
  observe: ['catalog', 'go', 'drift', 'host', 'store'],
  undo: ['catalog', 'go', 'drift', 'host', 'store'],
  explain: ['catalog', 'go', 'drift', 'host', 'store', 'observe'],
  tell: ['catalog', 'drift', 'host', 'store'],
  demo: ['catalog', 'go', 'drift', 'host', 'store', 'observe', 'undo', 'explain', 'tell', 'cli'],
  cli: ['catalog', 'go', 'drift', 'host', 'store', 'observe', 'undo', 'explain', 'tell', 'demo'],
};
/** Folders whose functions are pure: no Node module, no clock, no process. */
const pure = ['catalog', 'go', 'drift'];
/** Modules that reach the machine or belong to one layer, with the only folders that may import them. */
const worldly: readonly (readonly [module: RegExp, folders: readonly string[]])[] = [
  [/^node:(fs|fs\/promises|child_process|os|crypto|dgram|worker_threads|inspector)$/, ['host']],
  [/^node:(net|http|https)$/, ['host', 'tell']],
  [/^execa$/, ['host']],
  [/^@opentelemetry\//, ['tell']],
  [/^(hono|@hono\/.*)/, ['tell']],
  [/^(commander|picocolors)/, ['cli']],
];
/** Code that may occur only in the files named here. */
const single: readonly (readonly [text: RegExp, files: readonly string[]])[] = [
  // The modules that start processes: for observing, with its list of allowed commands; for the demo
  // (decision record 0020); for blame (0114); for a confirm command (0108); for `godrift try` (0109).
  [
    /from 'node:child_process'|from 'execa'/,
    [
      'host/command.ts',
      'host/service.ts',
      'host/sandbox/run.ts',
      'host/confirm-command.ts',
      'host/tried-command.ts',
    ],
  ],
  // Runs the user's command for blame (0114), and go for the preflight of a rollback (0106).
  [/\/host\/sandbox\//, ['cli/blame/worlds.ts', 'cli/rollback/trial.ts']],
  [/\/host\/confirm-command\.ts'/, ['cli/wire/confirm-by-command.ts']],
  [/\/host\/tried-command\.ts'/, ['cli/commands/try.ts']],
  [/\/host\/service\.ts'/, ['demo/exporter.ts', 'demo/servers.ts', 'demo/sandbox.ts']],
  [/process\.exit\(/, ['cli/main.ts', 'host/signals.ts']],
  // The lock, the journal and the cursors are opened together (decision record 0043).
  [
    /\b(openStateDirectory|openJournal|closeJournal|letWaitInJournal|readCursor|acquireSocketLock)\(/,
    ['store/open.ts', 'store/state-directory.ts', 'store/journal.ts', 'store/cursor.ts', 'host/lock.ts'],
  ],
  // Locks on an inode: the state directory, and the generations of a build cache.
  [/\bacquireInodeLock\(/, ['store/open.ts', 'store/generations.ts', 'host/inode-lock.ts']],
];

interface Source {
  readonly file: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly string[];
}

/** Returns every module that a source imports: static, type-only, re-exported and dynamic. */
function importsOf(text: string): readonly string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map((file) => file.fileName);
}

function sources(): readonly Source[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => {
      const text = readFileSync(path.join(root, file), 'utf8');
      return { file, folder: file.split(path.sep)[0] ?? '', text, imports: importsOf(text) };
    });
}

/** The maximum number of lines of a function: what fits on a screen. */
const mostFunctionLines = 80;

/** Returns one line for each function with more than `mostFunctionLines` lines, nested functions included. */
function tooLong({ file, text }: Pick<Source, 'file' | 'text'>): readonly string[] {
  const parsed = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const lineAt = (position: number) => parsed.getLineAndCharacterOfPosition(position).line;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const first = lineAt(node.getStart());
      const lines = lineAt(node.end) - first + 1;
      const name = node.name?.getText() ?? `the function of line ${first + 1}`;
      if (lines > mostFunctionLines) found.push(`${file}: ${name} has ${lines} lines`);
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed);
  return found;
}

/** Returns one line for each violation of the rules in a source. */
function violations(source: Source): readonly string[] {
  const found: string[] = [];
  const arrows = allowed[source.folder];
  if (arrows === undefined)
    return [`${source.file}: folder ${source.folder} has no place in the architecture`];
  for (const name of source.imports) {
    if (name.startsWith('.')) {
      const target =
        path.relative(root, path.resolve(root, path.dirname(source.file), name)).split(path.sep)[0] ?? '';
      if (target !== source.folder && !arrows.includes(target))
        found.push(`${source.file}: ${source.folder} must not import ${target} (${name})`);
    }
    if (pure.includes(source.folder) && !name.startsWith('.'))
      found.push(`${source.file}: ${source.folder} is pure and must not import ${name}`);
    for (const [module, folders] of worldly) {
      if (module.test(name) && !folders.includes(source.folder))
        found.push(`${source.file}: only ${folders.join(', ')} may import ${name}`);
    }
  }
  if (
    pure.includes(source.folder) &&
    /\bDate\.now\(|\bnew Date\(\)|\bprocess\.(?:env|argv|cwd|pid|platform|exit|stdout|hrtime)\b|\bsetTimeout\(|\bMath\.random\(/.test(
      source.text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|'[^'\n]*'/g, ''),
    )
  ) {
    found.push(`${source.file}: ${source.folder} is pure: time, chance and the process are passed in`);
  }
  for (const [text, files] of single) {
    if (text.test(source.text) && !files.includes(source.file))
      found.push(`${source.file}: ${text} belongs to ${files.join(', ')}`);
  }
  return found;
}

/**
 * Returns the shortest import cycles, type imports included. Each starts with its alphabetically first file.
 */
function circles(all: readonly Pick<Source, 'file' | 'imports'>[]): readonly string[] {
  const arrows = new Map(
    all.map(({ file, imports }) => [
      file,
      imports.filter((name) => name.startsWith('.')).map((name) => path.join(path.dirname(file), name)),
    ]),
  );
  const wayBack = (start: string): readonly string[] | undefined => {
    const from = new Map<string, string>();
    for (let front = [start]; front.length > 0; ) {
      const next: string[] = [];
      for (const file of front) {
        for (const to of arrows.get(file) ?? []) {
          if (to === start) {
            const way = [file];
            for (let at = file; at !== start; at = way[0] as string) way.unshift(from.get(at) as string);
            return way;
          }
          if (!arrows.has(to) || from.has(to)) continue;
          from.set(to, file);
          next.push(to);
        }
      }
      front = next;
    }
    return undefined;
  };
  const found = [...arrows.keys()].flatMap((file) => {
    const way = wayBack(file);
    return way?.every((one) => file <= one) ? [[...way, file].join(' → ')] : [];
  });
  return found.sort();
}

/**
 * Ports of Go's own parsers and rules, which are read side by side with their originals and may be longer.
 */
const ports = ['go/gomod.ts', 'go/select.ts', 'go/defaults.ts'];
const mostLines = 350;

describe('architecture', () => {
  it('holds for every file of src', () => {
    expect(sources().flatMap(violations)).toEqual([]);
  });

  it('has no import cycles between files', () => {
    expect(circles(sources())).toEqual([]);
  });

  it('reports each import cycle once, by its shortest path', () => {
    const source = (file: string, ...imports: readonly string[]) => ({ file, imports });
    const three = [
      source('a/x.ts', './y.ts', 'node:path'),
      source('a/y.ts', '../b/z.ts'),
      source('b/z.ts', '../a/x.ts'),
    ];
    expect(circles(three)).toEqual(['a/x.ts → a/y.ts → b/z.ts → a/x.ts']);
    expect(circles(three.slice(0, 2))).toEqual([]);
  });

  it('has no file of more than 350 lines, except ports of Go code', () => {
    const long = sources().filter(
      ({ file, text }) => text.trimEnd().split('\n').length > mostLines && !ports.includes(file),
    );
    expect(long.map(({ file }) => file)).toEqual([]);
  });

  it('has no function of more than 80 lines', () => {
    expect(sources().flatMap(tooLong)).toEqual([]);
  });

  it('reports functions that are too long, including nested ones', () => {
    const lines = 'one();\n'.repeat(mostFunctionLines - 2);
    const file = 'drift/x.ts';
    expect(tooLong({ file, text: `function fits() {\n${lines}}` })).toEqual([]);
    const text = `function outer() {\nconst inner = () => {\n${lines}};\n}\nclass A { m() {\n${lines}} }`;
    expect(tooLong({ file, text: text.replaceAll(lines, `${lines}two();\n`) })).toEqual([
      `${file}: outer has ${mostFunctionLines + 3} lines`,
      `${file}: the function of line 2 has ${mostFunctionLines + 1} lines`,
      `${file}: m has ${mostFunctionLines + 1} lines`,
    ]);
  });

  it('reports violations', () => {
    const source = (file: string, text: string): Source => ({
      file,
      folder: file.split('/')[0] ?? '',
      text,
      imports: importsOf(text),
    });
    expect(violations(source('drift/x.ts', "import { a } from '../host/files.ts';\n"))).toHaveLength(1);
    expect(violations(source('go/x.ts', "import fs from 'node:fs';\n"))).toHaveLength(2);
    expect(
      violations(source('tell/x.ts', "import {\n  a,\n} from '../observe/scheduler.ts';\n")),
    ).toHaveLength(1);
    expect(violations(source('observe/x.ts', "const { b } = await import('../tell/x.ts');\n"))).toHaveLength(
      1,
    );
    expect(violations(source('drift/x.ts', 'const now = Date.now();\n'))).toHaveLength(1);
    expect(violations(source('helpers/x.ts', ''))).toHaveLength(1);
    expect(violations(source('cli/x.ts', 'await openJournal(state, { now });\n'))).toHaveLength(1);
    expect(
      violations(source('observe/x.ts', "import { runToEnd } from '../host/service.ts';\n")),
    ).toHaveLength(1);
    expect(violations(source('drift/x.ts', "import type { Facet } from '../catalog/facets.ts';\n"))).toEqual(
      [],
    );
  });
});
