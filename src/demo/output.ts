/** The voice of the demo: headings, commands with what they print, facts; slower for people, at once for scripts. */

import { setTimeout as delay } from 'node:timers/promises';
import { visibleLines } from '../catalog/visible.ts';
import { colorsFor, type Terminal } from '../cli/terminal.ts';

/** Milliseconds between two paragraphs. */
export const speeds = { fast: 0, normal: 900, slow: 2_500 } as const;
export type Speed = keyof typeof speeds;

export interface DemoOutput {
  /** A heading with an empty line before it; then a moment to read what came before. */
  heading(text: string): Promise<void>;
  say(text: string): void;
  /** A command as a user types it, then what it printed. */
  command(line: string, output: string, note?: string): void;
  /** Something observed, under a name. */
  fact(name: string, text: string): void;
}

const factWidth = 13;

/** Control characters of what others print must not reach the terminal; colours of our own children neither. */
function printable(text: string): string {
  return visibleLines(text.replaceAll(/\u001b\[[0-9;]*m/g, '').replaceAll('\t', ' '));
}

/** Narrates to stdout. `replace` shortens what is long and says nothing (scratch folders) wherever it is printed. */
export function createOutput(
  terminal: Terminal,
  speed: Speed,
  signal: AbortSignal,
  replace: (text: string) => string = (text) => text,
): DemoOutput {
  const { bold, cyan, dim } = colorsFor(terminal);
  const print = (text: string) => terminal.stdout.write(`${text}\n`);
  const clean = (text: string) => replace(printable(text));
  return {
    heading: async (text) => {
      await delay(speeds[speed], undefined, { signal });
      print(`\n${bold(clean(text))}`);
    },
    say: (text) => print(clean(text).replaceAll(/^(?=.)/gm, '  ')),
    command: (line, output, note = '') => {
      print(`  ${cyan(`$ ${clean(line)}`)}${note === '' ? '' : dim(`   ${note}`)}`);
      for (const one of clean(output).split('\n').filter(Boolean)) print(`  ${dim('│')} ${one}`);
    },
    fact: (name, text) => {
      const [first = '', ...rest] = clean(text).split('\n');
      print(`  ${dim(name.padEnd(factWidth))}${first}`);
      for (const one of rest) print(`  ${' '.repeat(factWidth)}${one}`);
    },
  };
}
