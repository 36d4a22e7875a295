/**
 * The output of the demo: headings, commands with their output, and facts; paced for people, without pauses
 * for scripts.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { visibleLines } from '../catalog/visible.ts';
import { colorsFor, type Terminal } from '../cli/terminal.ts';

/** The pause between two paragraphs, ms. */
export const speeds = { fast: 0, normal: 900, slow: 2_500 } as const;
export type Speed = keyof typeof speeds;

/** Prints the parts of a demo. */
export interface DemoOutput {
  /** Pauses, so that the reader can finish the paragraph before, then prints a heading. */
  heading(text: string): Promise<void>;
  say(text: string): void;
  /** Prints a command as a user types it, then its output. */
  command(line: string, output: string, note?: string): void;
  /** Prints an observation under a name. */
  fact(name: string, text: string): void;
}

const factWidth = 13;

/**
 * Removes colours and makes control characters visible: the output of other programs must not control the
 * terminal.
 */
function printable(text: string): string {
  return visibleLines(text.replaceAll(/\u001b\[[0-9;]*m/g, '').replaceAll('\t', ' '));
}

/** Creates an output to stdout. `replace` shortens long and meaningless text, such as scratch directories. */
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
