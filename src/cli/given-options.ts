/** Reads the options of a command from commander, by name and checked. */
import { AppError } from '../catalog/errors.ts';
import { parseDuration } from './settings/duration.ts';
import type { Flags } from './settings/settings.ts';
import type { Terminal } from './terminal.ts';

/** The options of a command as commander names them: `--web.listen-address` is `web.listenAddress`. */
export type GivenOptions = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** The input of a command: its arguments, such as a directory, and its options. */
export interface Given {
  readonly terminal: Terminal;
  readonly args: readonly (string | undefined)[];
  readonly options: GivenOptions;
}

/** Runs a command. Resolves to the exit code. Throws AppError. */
export type Action = (given: Given) => Promise<number> | number;

/** Returns those of the named string options that were given. */
export function pick<K extends string>(
  options: GivenOptions,
  ...names: readonly K[]
): { readonly [P in K]?: string } {
  const picked: { [P in K]?: string } = {};
  for (const name of names) {
    const value = options[name];
    if (typeof value === 'string') picked[name] = value;
  }
  return picked;
}

/** Returns the values of an option that may be repeated. */
export const listOf = (options: GivenOptions, name: string): string[] =>
  [options[name] ?? []].flat() as string[];

/** Returns the target of `--output`; `-` is standard output. */
export function outputOf(options: GivenOptions): { readonly output?: string } {
  const { output } = pick(options, 'output');
  if (output === undefined) return {};
  return { output: output === '-' ? '/dev/stdout' : output };
}

/** Returns a string option; `''` if it was not given. */
export const textOf = (options: GivenOptions, name: string): string => pick(options, name)[name] ?? '';

/** Returns a duration option in ms. Throws AppError unless it is a duration above 0. */
export function durationOf(options: GivenOptions, name: string): number {
  const ms = parseDuration(textOf(options, name));
  if (ms !== undefined && ms > 0) return ms;
  const option = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new AppError(`cannot use --${option}`, 'it is no duration above 0', 'give one, such as 90s or 10m');
}

/** Converts options to flags by the keys of the catalogue: `web.listenAddress` is `web.listen_address`. */
export function flagsOf(options: GivenOptions): Flags {
  const flags: Record<string, string> = {};
  for (const [name, value] of Object.entries(options)) {
    const key = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (value !== undefined) flags[key] = String(value);
  }
  return flags as Flags;
}

/** Returns the options that select the target of a command. */
export function targetOptionsOf(options: GivenOptions) {
  const configFile = pick(options, 'config.file')['config.file'];
  return {
    ...pick(options, 'target', 'stateDirectory'),
    ...(configFile === undefined ? {} : { configFile }),
  };
}

/** Returns the options of commands that list what an exporter keeps. */
export const listOptionsOf = (options: GivenOptions) => ({
  json: options['json'] === true,
  ...pick(options, 'stateDirectory'),
});

/** Returns the reason of a decision, and the state directory in which it is recorded. */
export const reasonOptionsOf = (options: GivenOptions) => pick(options, 'reason', 'stateDirectory');

/** Returns the options of the commands on the build cache. */
export const cacheOptionsOf = (options: GivenOptions) => ({
  ...listOptionsOf(options),
  ...pick(options, 'gocache'),
});
