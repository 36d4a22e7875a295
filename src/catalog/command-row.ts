/** The shape of a row of commands.ts, and the full list of options of a command. */
import { configFileOption, serveOptions } from './options.ts';

/** One option of a command. */
export interface CommandOption {
  /** The flags as shown in help: `-o, --output <file>`. */
  readonly flag: string;
  readonly about: string;
  readonly choices?: readonly string[];
  /**
   * Values that shell completion offers. Unlike `choices` they are not enforced when arguments are parsed.
   */
  readonly offered?: readonly string[];
  readonly default?: string;
  readonly isRequired?: true;
  /** May be given several times. */
  readonly isRepeated?: true;
  /**
   * Options (`--json`) and arguments (`[dir]`) that would be ignored beside this option: the combination is
   * refused.
   */
  readonly excludes?: readonly string[];
  /** The option is refused unless one of these options is given too. */
  readonly needs?: readonly string[];
}

/** One command. */
export interface CommandRow {
  /** The full name of the command: `baseline accept`. */
  readonly path: string;
  /** The arguments as shown in help: `[dir]`, `<a> <b>`, `[dirs...]`. */
  readonly arguments?: string;
  /** Possible values of the first argument, where they are a fixed set. */
  readonly argumentValues?: readonly string[];
  readonly about: string;
  /** The command only groups subcommands and does nothing by itself. */
  readonly isGroup?: true;
  readonly options?: readonly CommandOption[];
  /** The command also takes the settings of `serve`, after its own options. */
  readonly hasSettings?: true;
  /** A paragraph of help between the options and the examples. */
  readonly note?: string;
  readonly examples?: readonly string[];
}

/** Returns the settings of the exporter as options, each with its variable and default in the help text. */
const settingsOptions = (): readonly CommandOption[] => [
  { flag: configFileOption.flag, about: `${configFileOption.about} (${configFileOption.env})` },
  ...serveOptions.map((row) => ({
    flag: row.flag,
    about: `${row.about} (${row.env}${row.default === '' ? '' : `, default ${row.default}`})`,
    ...('isRepeated' in row ? { isRepeated: row.isRepeated } : {}),
    ...('offered' in row ? { offered: row.offered } : {}),
    ...('excludes' in row ? { excludes: row.excludes } : {}),
  })),
];

/** Returns all options of a command, in the order in which help lists them. */
export const optionsOf = (row: CommandRow): readonly CommandOption[] => [
  ...(row.options ?? []),
  ...(row.hasSettings === true ? settingsOptions() : []),
];
