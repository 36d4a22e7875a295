/** What a row of commands.ts says of a command, and all that the command takes: its own options and, for some, the settings of the exporter. */
import { configFileOption, serveOptions } from './options.ts';

/** An option of a command. */
export interface CommandOption {
  /** As in help: `-o, --output <file>`. */
  readonly flag: string;
  readonly about: string;
  readonly choices?: readonly string[];
  /** What shells offer as its value, where that is checked elsewhere than in the arguments, or is not all that may be given. */
  readonly offered?: readonly string[];
  readonly default?: string;
  readonly isRequired?: true;
  /** May be given several times. */
  readonly isRepeated?: true;
  /** What would be passed over beside it, and is refused: options (`--json`) and arguments as the command names them (`[dir]`). */
  readonly excludes?: readonly string[];
  /** It says something only beside one of these options. */
  readonly needs?: readonly string[];
}

/** A command. */
export interface CommandRow {
  /** Its words: `baseline accept`. */
  readonly path: string;
  /** As in help: `[dir]`, `<a> <b>`, `[dirs...]`. */
  readonly arguments?: string;
  /** What the first argument may be, where there are a few words for it. */
  readonly argumentValues?: readonly string[];
  readonly about: string;
  /** Has other commands below it, and does nothing by itself. */
  readonly isGroup?: true;
  readonly options?: readonly CommandOption[];
  /** Takes the settings of `serve` as well, behind its own options. */
  readonly hasSettings?: true;
  /** Follows the options in help, before the examples. */
  readonly note?: string;
  readonly examples?: readonly string[];
}

/** The settings of the exporter as options; commander's names of them are the keys of the configuration. */
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

/** All options of a command, in the order of help. */
export const optionsOf = (row: CommandRow): readonly CommandOption[] => [
  ...(row.options ?? []),
  ...(row.hasSettings === true ? settingsOptions() : []),
];
