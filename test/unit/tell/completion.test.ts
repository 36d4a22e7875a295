/** Completions and the manual page hold all that the commands take, and the page in docs/ is the one of these rows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CommandRow, optionsOf } from '../../../src/catalog/command-row.ts';
import { commands } from '../../../src/catalog/commands.ts';
import { somethingFound } from '../../../src/catalog/exit-codes.ts';
import { shells } from '../../../src/catalog/options.ts';
import { scenarios } from '../../../src/demo/scenarios.ts';
import { completionFor } from '../../../src/tell/completion/completion.ts';
import { completedCommands } from '../../../src/tell/completion/model.ts';
import { manPage } from '../../../src/tell/man-page.ts';

const top = join(import.meta.dirname, '../../..');
const rows: readonly CommandRow[] = commands;

describe('completions', () => {
  it.each(shells)('of %s name every command and every option', (shell) => {
    const text = completionFor(shell, rows);
    for (const row of rows) {
      expect(text).toContain(row.path.split(' ').at(-1));
      for (const { flag } of optionsOf(row)) {
        const [, name = ''] = /--([\w.-]+)/.exec(flag) ?? [];
        expect(text, row.path).toContain(shell === 'fish' ? `-l ${name} ` : `--${name}`);
      }
    }
    // A shell reads ASCII in every locale.
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
  });

  it('know the values of options and arguments', () => {
    const commandOf = (path: string) => completedCommands(rows).find((one) => one.path === path);
    const optionOf = (path: string, long: string) =>
      commandOf(path)?.options.find((one) => one.long === long);
    expect(optionOf('check', 'fail-on')?.value).toEqual({
      kind: 'words',
      words: ['patch', 'minor', 'major'],
    });
    expect(optionOf('check', 'output')).toMatchObject({ short: 'o', value: { kind: 'files' } });
    expect(optionOf('check', 'write-diff')).toMatchObject({ isOptionalValue: true });
    expect(optionOf('check', 'quiet')?.value).toBeUndefined();
    expect(optionOf('serve', 'state-directory')?.value).toEqual({ kind: 'directories' });
    expect(commandOf('cache generations swap')?.argument).toEqual({ kind: 'directories' });
    expect(commandOf('shell-init')?.argument).toEqual({ kind: 'words', words: shells });
    expect(commandOf('version')?.argument).toBeUndefined();
    expect(commandOf('demo')?.argument).toEqual({
      kind: 'words',
      words: [...Object.keys(scenarios), 'all'],
    });
    expect(optionOf('waiver add', 'rule')?.value).toMatchObject({ kind: 'words' });
    expect(optionOf('config check', 'log.level')?.value).toMatchObject({ kind: 'words' });
    expect(commandOf('help')?.argument).toMatchObject({ words: expect.arrayContaining(['cache']) });
    expect(commandOf('')?.subcommands.map(({ name }) => name)).toContain('check');
  });

  it('refuse a row with an option that no shell can name', () => {
    expect(() => completedCommands([{ path: 'x', about: '', options: [{ flag: '-x', about: '' }] }])).toThrow(
      'no option: -x',
    );
  });
});

describe('the manual page', () => {
  it('is current (npm run docs)', () => {
    const { version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
    expect(readFileSync(join(top, 'docs/godrift.1'), 'utf8')).toBe(manPage(rows, version));
  });

  it('lists, for existing commands, what makes them exit with 1, as docs/configuration.md does', () => {
    const page = manPage(rows, '1.0.0').replaceAll('\\-', '-');
    const configuration = readFileSync(join(top, 'docs/configuration.md'), 'utf8');
    for (const { what, commands: named } of somethingFound) {
      expect(page).toContain(`${what} (${named.join(', ')})`);
      expect(configuration).toContain(named.map((command) => `\`${command}\``).join(', '));
      for (const command of named)
        expect(rows.map(({ path }) => path)).toContain(command.replace(/ --.*/, ''));
    }
    for (const command of ['what-if', 'try', 'cache verify', 'cache repair'])
      expect(somethingFound.flatMap((one) => [...one.commands] as string[])).toContain(command);
    // A blank line within a table ends it.
    expect(configuration).not.toMatch(/^\|.*\n\n\|(?!.*\n\|[- |]+\n)/m);
  });

  it('has no line and no character that roff would interpret', () => {
    const page = manPage(
      [{ path: 'x', about: '.hidden\n\'gone \\fB – "q"', options: [{ flag: '--a <b>', about: '.b' }] }],
      '1.0.0',
    );
    expect(page).toContain('\\&.hidden\n\\&\'gone \\efB \\[u2013] "q".');
    expect(page).toContain('.B "\\-\\-a <b>"\n\\&.b');
  });
});
