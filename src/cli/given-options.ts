/** What a command was given, as the code of a command takes it: the options of commander by their names, checked. */
import { AppError } from '../catalog/errors.ts';
import { parseDuration } from './settings/duration.ts';
import type { Flags } from './settings/settings.ts';
import type { Terminal } from './terminal.ts';

/** The options of a command as commander gives them: `--web.listen-address` is `web.listenAddress`. */
export type GivenOptions = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** What was given: a directory, or what the command's arguments say. */
export interface Given {
  readonly terminal: Terminal;
  readonly args: readonly (string | undefined)[];
  readonly options: GivenOptions;
}

/** Resolves to the exit code. Throws AppError. */
export type Action = (given: Given) => Promise<number> | number;

/** The named string options that were given. */
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

/** The values of an option that may be repeated. */
export const listOf = (options: GivenOptions, name: string): string[] =>
  [options[name] ?? []].flat() as string[];

/** Where `--output` leads: `-` is standard output, as everywhere. */
export function outputOf(options: GivenOptions): { readonly output?: string } {
  const { output } = pick(options, 'output');
  if (output === undefined) return {};
  return { output: output === '-' ? '/dev/stdout' : output };
}

/** A string option; empty where it was not given. */
export const textOf = (options: GivenOptions, name: string): string => pick(options, name)[name] ?? '';

/** A duration, ms. Throws AppError for what is none. */
export function durationOf(options: GivenOptions, name: string): number {
  const ms = parseDuration(textOf(options, name));
  if (ms !== undefined && ms > 0) return ms;
  const option = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new AppError(`cannot use --${option}`, 'it is no duration above 0', 'give one, such as 90s or 10m');
}

/** Back to the keys of the catalogue. */
export function flagsOf(options: GivenOptions): Flags {
  const flags: Record<string, string> = {};
  for (const [name, value] of Object.entries(options)) {
    const key = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (value !== undefined) flags[key] = String(value);
  }
  return flags as Flags;
}

/** The options by which a command finds the target that it is meant for. */
export function whichOf(options: GivenOptions) {
  const configFile = pick(options, 'config.file')['config.file'];
  return {
    ...pick(options, 'target', 'stateDirectory'),
    ...(configFile === undefined ? {} : { configFile }),
  };
}

/** Of commands that print what an exporter keeps. */
export const listingOf = (options: GivenOptions) => ({
  json: options['json'] === true,
  ...pick(options, 'stateDirectory'),
});

/** Why something is said, and where it is kept. */
export const saidOf = (options: GivenOptions) => pick(options, 'reason', 'stateDirectory');

/** Of commands of the build cache. */
export const cacheOptionsOf = (options: GivenOptions) => ({
  ...listingOf(options),
  ...pick(options, 'gocache'),
});
