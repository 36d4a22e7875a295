/** What can stand where in a command line, read from the rows of the commands. */
import { type CommandOption, type CommandRow, optionsOf } from '../../catalog/command-row.ts';

/** What follows an option, or is an argument. `any`: something that nobody can guess. */
export type Value =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'files' | 'directories' | 'any' };

/** An option, its names without dashes. */
export interface CompletedOption {
  readonly short?: string;
  readonly long: string;
  readonly about: string;
  /** What follows it; undefined where nothing does. */
  readonly value?: Value;
  /** The value may be left out, and is then given by `--option=value` only. */
  readonly isOptionalValue: boolean;
  readonly isRepeated: boolean;
}

/** A command; the program itself has the path `''`. */
export interface CompletedCommand {
  /** Its words, with a space between them. */
  readonly path: string;
  readonly about: string;
  readonly subcommands: readonly { readonly name: string; readonly about: string }[];
  readonly options: readonly CompletedOption[];
  /** What its arguments are; undefined where it takes none. */
  readonly argument?: Value;
}

/** What a placeholder in help stands for, by its name there. */
function valueFor(placeholder: string, words: readonly string[] | undefined): Value {
  if (words !== undefined) return { kind: 'words', words };
  if (/^(dir|dirs)$/.test(placeholder)) return { kind: 'directories' };
  // What is behind -- is another program's command line, in which files are what can be guessed.
  if (/^(file|path|a|snapshots|command)$/.test(placeholder)) return { kind: 'files' };
  return { kind: 'any' };
}

/** Reads `-o, --output <file>`. Throws for a row that is written otherwise. */
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
  // Where one of several can be guessed, that one is offered.
  return values.find(({ kind }) => kind !== 'any') ?? values[0];
}

/** The program and all of its commands; the program is the first. */
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

/** The first words of an explanation, on one line, for a list in which there is little room. */
export function inShort(about: string): string {
  const [first = ''] = about.split(/[;(]/);
  return first.trim();
}
