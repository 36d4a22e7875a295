/**
 * Renders the output of `godrift shell-init`: the script of a shell, with data of the catalogue in place of
 * the line `@data@`. Pure.
 */
import type { Shell } from '../../catalog/options.ts';
import { shellWord } from '../../drift/shell-word.ts';
import { keptVariables, regexOf, secretVerdicts } from './kept-variables.ts';

const names = keptVariables.map(({ name }) => name).join(' ');

/**
 * Returns the data for bash and zsh: the variables, and a function that reports whether a value ($2) of a
 * kind ($1) may hold a secret.
 */
function posixData(classes: string): readonly string[] {
  return [
    classes,
    '__envsnap_held_back() {',
    '  case $1 in',
    ...Object.entries(secretVerdicts).map(([kind, verdicts]) => {
      const arms = verdicts.map(
        ({ isHeld, patterns }) =>
          `${patterns.map(casePattern).join(' | ')}) builtin return ${isHeld ? 0 : 1} ;;`,
      );
      return `    ${kind}) case $2 in ${arms.join(' ')} esac ;;`;
    }),
    '  esac',
    '  builtin return 1',
    '}',
  ];
}

/** Quotes the literal parts of a pattern for `case`. */
function casePattern(pattern: string): string {
  return pattern.replaceAll(/\[!?(?:\[:\w+:\]|[^\]])+\]|\*|\?|[^*?[]+/g, (token) =>
    /^[*?]$/.test(token)
      ? token
      : token.startsWith('[')
        ? token.replaceAll(/["'#/?]/g, '\\$&')
        : `'${token}'`,
  );
}

const data: Readonly<Record<Shell, () => readonly string[]>> = {
  bash: () =>
    posixData(
      [
        `__envsnap_names=(${names})`,
        'builtin declare -gA __envsnap_class',
        `__envsnap_class=(${keptVariables.map(({ name, secret }) => `[${name}]=${secret}`).join(' ')})`,
      ].join('\n'),
    ),
  zsh: () =>
    posixData(
      [
        `typeset -ga __envsnap_names=(${names})`,
        `typeset -gA __envsnap_class=(${keptVariables.map(({ name, secret }) => `${name} ${secret}`).join(' ')})`,
      ].join('\n'),
    ),
  fish: () => [
    `set -g __envsnap_names ${names}`,
    `set -g __envsnap_classes ${keptVariables.map(({ secret }) => secret).join(' ')}`,
    "function __envsnap_held_back -d 'Whether a value of a kind may hold a secret'",
    '    switch $argv[1]',
    ...Object.entries(secretVerdicts).flatMap(([kind, verdicts]) => [
      `        case ${kind}`,
      ...verdicts.map(
        ({ isHeld, patterns }) =>
          `            string match -qr -- ${fishWord(patterns.map(regexOf).join('|'))} "$argv[2]"; and return ${isHeld ? 0 : 1}`,
      ),
    ]),
    '    end',
    '    return 1',
    'end',
  ],
};

/** Quotes one word for fish: between single quotes only the backslash and the quote are special. */
function fishWord(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}

/**
 * Returns the text for `eval`: the script `source` with its data, and the prompt hook if `hotReload`. For zsh
 * it is an argument of `emulate`, which gives the functions zsh's default options and parses them without the
 * user's aliases.
 */
export function renderShell(
  shell: Shell,
  source: string,
  { hotReload }: { readonly hotReload: boolean },
): string {
  const text = source.replace('# @data@', () => data[shell]().join('\n'));
  const whole = hotReload ? `${text}__envsnap_watch\n` : text;
  return shell === 'zsh'
    ? `'builtin' 'emulate' '-R' 'zsh' '-o' 'no_aliases' '-c' ${shellWord(whole)}\n`
    : whole;
}
