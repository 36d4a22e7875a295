/** Removes secrets from the output of a command: go repeats the values of its variables in its errors. */
import { variable } from '../../catalog/variables.ts';
import { factsOf } from '../../drift/model.ts';
import { parseGoenv } from '../../go/goenv.ts';
import { redacted } from '../../go/redacted.ts';
import { readFile } from '../../host/files.ts';
import { publicValue } from '../../observe/collectors/env/env.ts';
import type { Inspection } from '../inspect.ts';
import type { Terminal } from '../terminal.ts';

/** Shorter words are not secrets, and occur within other words. */
const shortest = 4;

/**
 * Returns the words to hide from the values of variables. The longest come first, because one may be part of
 * another.
 */
function hiddenWords(values: Iterable<readonly [name: string, value: string]>): readonly string[] {
  const words = new Set<string>();
  for (const [name, value] of values) {
    const open = publicValue(name, value);
    if (open === value) continue;
    for (const word of [value, ...value.split(/[\s,;|]+/)])
      for (const part of [word, ...word.split('=').slice(-1)])
        if (part.length >= shortest && !open.includes(part)) words.add(part);
  }
  return [...words].sort((a, b) => b.length - a.length);
}

/** Returns a function that replaces the secret parts of these values wherever they occur in a text. */
export function hiderOf(values: Iterable<readonly [name: string, value: string]>): (text: string) => string {
  const words = hiddenWords(values);
  return (text) => words.reduce((shown, word) => shown.replaceAll(word, redacted), text);
}

/**
 * Returns the variables that go reads, from the process environment and from the GOENV file, with their
 * unredacted values.
 */
export function valuesForGo(
  { env }: Terminal,
  { observation }: Inspection,
): readonly (readonly [string, string])[] {
  const path = factsOf(observation, 'env')?.goenv.path ?? '';
  const file = path === '' ? undefined : readFile({ root: '/', path });
  const lines = file?.ok === true ? parseGoenv(file.bytes).entries : [];
  return [
    ...[...env].filter(([name]) => variable(name) !== undefined),
    ...lines.map(({ name, value }) => [name, value] as const),
  ];
}
