/** Completions for zsh 5 and newer: a function for each command, in the words of `_arguments` (zshcompsys). */
import { type CompletedCommand, type CompletedOption, inShort, type Value } from './model.ts';

/** A word of the shell in single quotes. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** An explanation within `[…]`, in which brackets end it and colons begin what follows. */
const explained = (about: string): string => inShort(about).replaceAll(/[[\]:\\]/g, '\\$&');

function action(value: Value): string {
  if (value.kind === 'words') return `(${value.words.join(' ')})`;
  if (value.kind === 'files') return '_files';
  return value.kind === 'directories' ? '_directories' : ' ';
}

/** What `_arguments` takes for one option; one with two names is two that exclude each other. */
function optionSpecs(option: CompletedOption): readonly string[] {
  const { short, long, about, value, isOptionalValue, isRepeated } = option;
  const names = [...(short === undefined ? [] : [`-${short}`]), `--${long}`];
  const once = isRepeated ? '*' : `(${names.join(' ')})`;
  return names.map((name) => {
    const rest = value === undefined ? '' : `${isOptionalValue ? '::' : ':'}value:${action(value)}`;
    // --option=value and --option value; a value that may be left out is given by the first only.
    const equals = value === undefined || !name.startsWith('--') ? '' : isOptionalValue ? '=-' : '=';
    return quoted(`${once}${name}${equals}[${explained(about)}]${rest}`);
  });
}

const nameOf = (path: string): string => `_godrift${path === '' ? '' : `_${path.replaceAll(/[ -]/g, '_')}`}`;

const optionLines = (options: readonly CompletedOption[]): readonly string[] =>
  options.flatMap(optionSpecs).map((spec) => `    ${spec} \\`);

/** A command without others below it. */
function leaf({ path, options, argument }: CompletedCommand): readonly string[] {
  return [
    `${nameOf(path)}() {`,
    '  _arguments -s -S \\',
    ...optionLines(options),
    `    ${quoted(argument === undefined ? '*: : ' : `*:argument:${action(argument)}`)}`,
    '}',
  ];
}

/** A command with others below it, which may take arguments of its own as well. */
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

/** The text for `source`, or for a file named `_godrift` on fpath. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  return `${[
    '#compdef godrift',
    '# Completions of godrift for zsh, made by `godrift completion zsh`.',
    ...commands.flatMap((command) => (command.subcommands.length > 0 ? group(command) : leaf(command))),
    '# As a file on fpath it is called; sourced it is registered.',
    'if [[ $funcstack[1] == _godrift ]]; then _godrift "$@"; else compdef _godrift godrift; fi',
  ].join('\n')}\n`;
}
