/**
 * Parses Go's own script tests ("stories") in `src/cmd/go/testdata/script` of a GOROOT. A story is a txtar
 * archive (internal/txtar): the script, then files. The script's language is that of
 * cmd/internal/script/engine.go. This module only parses; the test that plays a story implements the
 * commands.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A piece of an argument; quoted text is taken literally. */
interface Fragment {
  readonly text: string;
  readonly quoted: boolean;
}

/** An argument before variables are expanded. */
export type StoryArgument = readonly Fragment[];

/** One command of a script. */
export interface StoryStep {
  /** Line number in the script, from 1. */
  readonly line: number;
  /** The line itself, for reports. */
  readonly text: string;
  /** Conditions in brackets, with their `!`. */
  readonly conditions: readonly string[];
  /** `!`: must fail; `?`: may fail; '': must succeed. */
  readonly expect: '' | '!' | '?';
  readonly command: string;
  readonly args: readonly StoryArgument[];
}

/** A parsed story. */
export interface Story {
  readonly name: string;
  readonly steps: readonly StoryStep[];
  /** The archive's files by name. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Reads the stories of a GOROOT whose file names start with `prefix`; empty if the GOROOT has no test data.
 */
export function readStories(goroot: string, prefix: string): Story[] {
  const dir = join(goroot, 'src/cmd/go/testdata/script');
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.startsWith(prefix) && name.endsWith('.txt'))
    .sort()
    .map((name) => parseStory(name, readFileSync(join(dir, name), 'utf8')));
}

/** Parses a story. Throws at an unterminated quote, as Go's own parser does. */
export function parseStory(name: string, archive: string): Story {
  const [script = '', ...rest] = archive.split(/^-- *(.*?) *--\r?\n/m);
  const files = new Map<string, string>();
  for (let i = 0; i + 1 < rest.length; i += 2) files.set(rest[i] ?? '', rest[i + 1] ?? '');
  const steps = script.split('\n').flatMap((text, index) => parseStep(text, index + 1) ?? []);
  return { name, steps, files };
}

function parseStep(text: string, line: number): StoryStep | undefined {
  const conditions: string[] = [];
  let expect: StoryStep['expect'] = '';
  const words = splitArguments(text);
  for (const [index, word] of words.entries()) {
    const [first] = word;
    const plain = word.length === 1 && first !== undefined && !first.quoted ? first.text : undefined;
    if (plain === '!' || plain === '?') expect = plain;
    else if (plain?.startsWith('[') && plain.endsWith(']')) conditions.push(plain.slice(1, -1).trim());
    else {
      const command = word.map((fragment) => fragment.text).join('');
      return { line, text: text.trim(), conditions, expect, command, args: words.slice(index + 1) };
    }
  }
  return undefined;
}

/**
 * Splits a line at blanks, up to a comment. Single quotes group text; two of them inside quotes stand for
 * one.
 */
function splitArguments(line: string): Fragment[][] {
  const words: Fragment[][] = [];
  let word: Fragment[] = [];
  const flush = (): void => {
    if (word.length > 0) words.push(word);
    word = [];
  };
  for (const match of line.matchAll(/'((?:[^']|'')*)'|'|([ \t\r]+)|([^' \t\r]+)/g)) {
    const [whole, quoted, blank, plain] = match;
    if (blank !== undefined) flush();
    else if (quoted !== undefined) word.push({ text: quoted.replaceAll("''", "'"), quoted: true });
    else if (plain === undefined) throw new Error(`unterminated quote: ${whole} in ${line}`);
    else if (word.length === 0 && plain.startsWith('#')) break;
    else word.push({ text: plain, quoted: false });
  }
  flush();
  return words;
}

/** Expands the variables of an argument; with `asPattern` their values are escaped. */
export function expandArgument(
  argument: StoryArgument,
  env: Readonly<Record<string, string>>,
  asPattern = false,
): string {
  const fill = (_: string, braced: string | undefined, name: string | undefined): string => {
    const value = (braced === '/' ? '/' : env[braced ?? name ?? '']) ?? '';
    return asPattern ? value.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&') : value;
  };
  return argument
    .map(({ text, quoted }) => (quoted ? text : text.replace(/\$(?:\{([^}]*)\}|(\w+))/g, fill)))
    .join('');
}

/**
 * The expectation of a `stdout`, `stderr` or `grep` step: a pattern, and its number of matches (undefined: at
 * least one).
 */
export interface StoryMatch {
  readonly pattern: string;
  readonly count: number | undefined;
  /** Arguments after the pattern: the file of `grep`. */
  readonly rest: readonly string[];
}

/** Reads the arguments of a matching step. */
export function storyMatch(step: StoryStep, env: Readonly<Record<string, string>>): StoryMatch {
  const args = [...step.args];
  let count: number | undefined;
  for (
    let flag = expandArgument(args[0] ?? [], env);
    /^-(?:q|count=)/.test(flag);
    flag = expandArgument(args[0] ?? [], env)
  ) {
    if (flag.startsWith('-count=')) count = Number(flag.slice('-count='.length));
    args.shift();
  }
  const [pattern = [], ...rest] = args;
  return {
    pattern: expandArgument(pattern, env, true),
    count,
    rest: rest.map((arg) => expandArgument(arg, env)),
  };
}

/**
 * Reports whether a text satisfies a matching step, including its `!`. The stories' patterns mean the same in
 * JavaScript.
 */
export function storyHolds(step: StoryStep, env: Readonly<Record<string, string>>, text: string): boolean {
  const { pattern, count } = storyMatch(step, env);
  const found = [...text.matchAll(new RegExp(pattern, 'gm'))].length;
  return (count === undefined ? found > 0 : found === count) === (step.expect !== '!');
}
