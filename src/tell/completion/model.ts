/** Model of the command line for completions, derived from the catalogue of commands. */
import { type CommandOption, type CommandRow, optionsOf } from '../../catalog/command-row.ts';

/** Values of an option or an argument. `any`: values that cannot be suggested. */
export type Value =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'files' | 'directories' | 'any' };

/** An option, its names without dashes. */
export interface CompletedOption {
  readonly short?: string;
  readonly long: string;
  readonly about: string;
  /** Its value; undefined for a flag. */
  readonly value?: Value;
  /** The value is optional, and can be given as `--option=value` only. */
  readonly isOptionalValue: boolean;
  readonly isRepeated: boolean;
}

/** A command. The program itself has the path `''`. */
export interface CompletedCommand {
  /** Its words, separated by spaces. */
  readonly path: string;
  readonly about: string;
  readonly subcommands: readonly { readonly name: string; readonly about: string }[];
  readonly options: readonly CompletedOption[];
  /** Its arguments; undefined if it takes none. */
  readonly argument?: Value;
}

/** Returns the values that a placeholder of the help stands for. */
function valueFor(placeholder: string, words: readonly string[] | undefined): Value {
  if (words !== undefined) return { kind: 'words', words };
  if (/^(dir|dirs)$/.test(placeholder)) return { kind: 'directories' };
  // `command` after -- is the command line of another program, for which files are the best guess.
  if (/^(file|path|a|snapshots|command)$/.test(placeholder)) return { kind: 'files' };
  return { kind: 'any' };
}

/** Parses a flag such as `-o, --output <file>`. Throws for any other syntax. */
function completedOption(row: CommandOption): CompletedOption {
  const match = /^(?:-(\w), )?--([\w.-]+)(?: ([<[])([^>\]]+)[>\]])?$/.exec(row.flag);
  if (match === null) throw new Error(`no option: ${row.flag}`);
  const [, short, long = '', bracket, placeholder] = match;
  return {
    ...(short === undefined ? {} : { short }),
    long,
    about: row.about,
    ...(placeholder === undefined ? {} : { value: valueFor(placeholder, row.choices ?? row.offered) }),
    isOptionalValue: bracket === '[',
    isRepeated: row.isRepeated === true,
  };
}

const help = { flag: '-h, --help', about: 'display help for command' } as const;

function argumentOf(row: CommandRow): Value | undefined {
  if (row.arguments === undefined) return undefined;
  const values = [...row.arguments.matchAll(/[<[](\w+)/g)].map(([, name = '']) =>
    valueFor(name, row.argumentValues),
  );
  // Of several arguments, one that can be suggested is preferred.
  return values.find(({ kind }) => kind !== 'any') ?? values[0];
}

/** Returns the program, which comes first, and all of its commands. */
export function completedCommands(rows: readonly CommandRow[]): readonly CompletedCommand[] {
  const below = (path: string) =>
    rows
      .filter((row) => row.path.split(' ').slice(0, -1).join(' ') === path)
      .map((row) => ({ name: row.path.split(' ').at(-1) as string, about: row.about }));
  const program: CompletedCommand = {
    path: '',
    about: 'watches what decides a Go build',
    subcommands: [...below(''), { name: 'help', about: 'display help for command' }],
    options: [{ flag: '-V, --version', about: 'print the version' }, help].map(completedOption),
  };
  const asked = below('').map(({ name }) => name);
  return [
    program,
    {
      path: 'help',
      about: 'display help for command',
      subcommands: [],
      options: [],
      argument: { kind: 'words', words: asked },
    },
    ...rows.map((row) => {
      const argument = argumentOf(row);
      return {
        path: row.path,
        about: row.about,
        subcommands: below(row.path),
        options: [...optionsOf(row), help].map(completedOption),
        ...(argument === undefined ? {} : { argument }),
      };
    }),
  ];
}

/** Returns the first part of a description, up to a semicolon or parenthesis, for lists with little room. */
export function inShort(about: string): string {
  const [first = ''] = about.split(/[;(]/);
  return first.trim();
}
