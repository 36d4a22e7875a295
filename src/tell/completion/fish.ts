/** Completions for fish 3 and newer: one line for each command, option and argument, with its description. */
import { type CompletedCommand, type CompletedOption, inShort, type Value } from './model.ts';

/** Quotes a word for fish (fish-language: between single quotes only \ and ' are special). */
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const at = (path: string): string => `-n ${quoted(`__godrift_at ${quoted(path)}`)}`;

function offered(value: Value): string {
  if (value.kind === 'words') return `-f -a ${quoted(value.words.join(' '))}`;
  if (value.kind === 'files') return '-F';
  return value.kind === 'directories' ? "-f -a '(__fish_complete_directories)'" : '-f';
}

function optionLine(path: string, { short, long, about, value, isOptionalValue }: CompletedOption): string {
  const words = [
    `complete -c godrift ${at(path)}`,
    ...(short === undefined ? [] : [`-s ${short}`]),
    `-l ${long}`,
    ...(value === undefined ? [] : [isOptionalValue ? '' : '-r', offered(value)]),
    `-d ${quoted(inShort(about))}`,
  ];
  return words.filter((word) => word !== '').join(' ');
}

function linesOf({ path, subcommands, options, argument }: CompletedCommand): readonly string[] {
  const line = (value: string) => `complete -c godrift ${at(path)} ${value}`;
  return [
    ...subcommands.map(({ name, about }) => line(`-f -a ${name} -d ${quoted(inShort(about))}`)),
    ...options.map((option) => optionLine(path, option)),
    ...(argument === undefined || argument.kind === 'any' ? [] : [line(offered(argument))]),
  ];
}

/**
 * A fish function that tests whether the words before the cursor, without options and arguments, are those of
 * a command.
 */
const position = (paths: readonly string[]) => `function __godrift_at
    set -l path
    for word in (commandline -opc)[2..-1]
        test "$word" = --; and return 1
        set -l longer (string join -- ' ' $path $word)
        if contains -- "$longer" ${paths.map(quoted).join(' ')}
            set path $longer
        end
    end
    test "$path" = "$argv[1]"
end`;

/** Returns the script for `source`, or for a file in the completion directory. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  return `${[
    '# Completions of godrift for fish, made by `godrift completion fish`.',
    position(commands.map(({ path }) => path).filter((path) => path !== '')),
    'complete -c godrift -f',
    // After `--` follows the command line of another program, for which files are the best guess.
    "complete -c godrift -n 'contains -- -- (commandline -opc)' -F",
    ...commands.flatMap(linesOf),
  ].join('\n')}\n`;
}
