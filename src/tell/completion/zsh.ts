/** Completions for zsh 5 and newer: one function for each command, with `_arguments` (zshcompsys). */
import { type CompletedCommand, type CompletedOption, inShort, type Value } from './model.ts';

/** Quotes a word for the shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Escapes a description for `[…]`, where a bracket would end it and a colon would start the next part. */
const explained = (about: string): string => inShort(about).replaceAll(/[[\]:\\]/g, '\\$&');

function action(value: Value): string {
  if (value.kind === 'words') return `(${value.words.join(' ')})`;
  if (value.kind === 'files') return '_files';
  return value.kind === 'directories' ? '_directories' : ' ';
}

/**
 * Returns the `_arguments` specs of one option. An option with two names has two specs that exclude each
 * other.
 */
function optionSpecs(option: CompletedOption): readonly string[] {
  const { short, long, about, value, isOptionalValue, isRepeated } = option;
  const names = [...(short === undefined ? [] : [`-${short}`]), `--${long}`];
  const once = isRepeated ? '*' : `(${names.join(' ')})`;
  return names.map((name) => {
    const rest = value === undefined ? '' : `${isOptionalValue ? '::' : ':'}value:${action(value)}`;
    // `=` allows --option=value and --option value; `=-`, for an optional value, only the former.
    const equals = value === undefined || !name.startsWith('--') ? '' : isOptionalValue ? '=-' : '=';
    return quoted(`${once}${name}${equals}[${explained(about)}]${rest}`);
  });
}

const nameOf = (path: string): string => `_godrift${path === '' ? '' : `_${path.replaceAll(/[ -]/g, '_')}`}`;

const optionLines = (options: readonly CompletedOption[]): readonly string[] =>
  options.flatMap(optionSpecs).map((spec) => `    ${spec} \\`);

/** Renders a command without subcommands. */
function leaf({ path, options, argument }: CompletedCommand): readonly string[] {
  return [
    `${nameOf(path)}() {`,
    '  _arguments -s -S \\',
    ...optionLines(options),
    `    ${quoted(argument === undefined ? '*: : ' : `*:argument:${action(argument)}`)}`,
    '}',
  ];
}

/** Renders a command with subcommands. It may also take arguments. */
function group({ path, subcommands, options, argument }: CompletedCommand): readonly string[] {
  return [
    `${nameOf(path)}() {`,
    '  local -a commands=(',
    ...subcommands.map(({ name, about }) => `    ${quoted(`${name}:${explained(about)}`)}`),
    '  )',
    '  local i',
    '  # The first word that is a command decides; options of this one may stand before it.',
    '  for ((i = 2; i < CURRENT; i++)); do',
    '    case $words[i] in',
    ...subcommands.map(
      ({ name }) =>
        `      ${name}) shift $((i - 1)) words; ((CURRENT -= i - 1)); ${nameOf(path === '' ? name : `${path} ${name}`)}; return ;;`,
    ),
    '    esac',
    '  done',
    '  if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then',
    "    _describe -t commands 'godrift command' commands",
    ...(argument === undefined ? ['    return'] : []),
    '  fi',
    '  _arguments -s -S \\',
    ...optionLines(options),
    `    ${quoted(argument === undefined ? '*: : ' : `*:argument:${action(argument)}`)}`,
    '}',
  ];
}

/** Returns the script for `source`, or for a file named `_godrift` on fpath. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  return `${[
    '#compdef godrift',
    '# Completions of godrift for zsh, made by `godrift completion zsh`.',
    ...commands.flatMap((command) => (command.subcommands.length > 0 ? group(command) : leaf(command))),
    '# As a file on fpath it is called; sourced it is registered.',
    'if [[ $funcstack[1] == _godrift ]]; then _godrift "$@"; else compdef _godrift godrift; fi',
  ].join('\n')}\n`;
}
