/** Advice that is carried out to the letter: as the command, line or directory that godrift printed. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Repair } from './scenario.ts';

/** A command: what the pattern's first group caught is run by a shell, and the world keeps the environment that it leaves. */
export const inShell = (says: RegExp): Repair => ({
  says,
  carryOut: async (site, said) => {
    // What the command itself prints ends at the first NUL. One pipe for both of its streams: two have no order between them.
    const { text, exitCode } = await site.shell(
      `exec 2>&1; ${said[1]} && printf '\\0' && exec /usr/bin/env -0`,
    );
    if (exitCode !== 0) throw new Error(`${said[1]}: ${text}`);
    const left = new Map(
      text
        .split('\0')
        .slice(1)
        .filter((line) => line.includes('='))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    for (const name of Object.keys(site.env)) if (!left.has(name)) delete site.env[name];
    for (const [name, value] of left) if (name in site.env || exported(said[1], name)) site.env[name] = value;
  },
});

/** Whether a command sets a variable; the shell and its caller set others (PWD, the offline defaults). */
const exported = (command = '', name: string) => new RegExp(`\\bexport ${name}=`).test(command);

/** `unset NAME`, alone or before another way out. */
export const unsets = (name: string): Repair => inShell(new RegExp(`^(unset ${name})\\b`));

/** `remove line N (NAME=…) from FILE`. */
export const removesLine = (line: number, name = '\\w+'): Repair => ({
  says: new RegExp(`remove line (${line}) \\(${name}=…\\) from (\\S+)`),
  carryOut: (_, [, number, file = '']) => withoutLine(file, Number(number)),
});

/** Takes a line, counted from 1, out of a file. */
export function withoutLine(file: string, line: number): void {
  const lines = readFileSync(file, 'utf8').split('\n');
  lines.splice(line - 1, 1);
  writeFileSync(file, lines.join('\n'));
}

/** Any other advice, done by hand. */
export const byHand = (says: RegExp, carryOut: Repair['carryOut']): Repair => ({ says, carryOut });

/** `godrift rollback …: what its steps do`, of a facet or one variable of it: done, and all of it verified. */
export const rollsBack = (words: RegExp): Repair => ({
  says: new RegExp(`^godrift (rollback(?: --facet \\w+)?(?: --key \\w+)?): ${words.source}`),
  carryOut: async (site, [, command = '']) => {
    const { exitCode, stdout, stderr } = await site.godrift(...command.split(' '), '--yes');
    if (exitCode !== 0) throw new Error(`${command}: ${stdout}${stderr}`);
  },
});
