/**
 * Completions for bash 3.2 and newer that do not need the package bash-completion. Lookup tables are `case`
 * functions, because the bash of macOS has no associative arrays.
 */
import type { CompletedCommand, CompletedOption, Value } from './model.ts';

/** Quotes a pattern of `case`. */
const quoted = (text: string): string => `'${text}'`;

const wordsOf = (value: Value): string =>
  value.kind === 'words' ? `words ${value.words.join(' ')}` : value.kind;

const flagsOf = ({ short, long, value, isOptionalValue }: CompletedOption): readonly string[] => [
  ...(short === undefined ? [] : [`-${short}`]),
  `--${long}`,
  ...(value !== undefined && isOptionalValue ? [`--${long}=`] : []),
];

/** Returns the arms of a `case`. Patterns with the same reply share an arm. */
function arms(pairs: readonly (readonly [pattern: string, reply: string])[]): readonly string[] {
  const patternsOf = new Map<string, string[]>();
  for (const [pattern, reply] of pairs)
    patternsOf.set(reply, [...(patternsOf.get(reply) ?? []), quoted(pattern)]);
  return [...patternsOf].map(([reply, patterns]) => `    ${patterns.join('|')}) reply='${reply}' ;;`);
}

function lookup(name: string, pairs: readonly (readonly [string, string])[]): readonly string[] {
  return [`${name}() {`, '  case $1 in', ...arms(pairs), "    *) reply='' ;;", '  esac', '}'];
}

/**
 * Finds the command and the option before the cursor and offers what may follow: words of a list, file names,
 * or both.
 */
const complete = `_godrift() {
  local reply list='' names='' path='' option='' is_value='' word i cur=\${COMP_WORDS[COMP_CWORD]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      # What follows is the command line of another program, of which files can be guessed.
      --) COMPREPLY=() && compopt -o default 2> /dev/null; return 0 ;;
      # bash makes three words of --option=value.
      =) continue ;;
      -*) option=$word && continue ;;
    esac
    _godrift_value "$path $option"
    if [ -z "$reply" ]; then
      _godrift_commands "$path"
      case " $reply " in *" $word "*) path=\${path:+$path }$word ;; esac
    fi
    option=''
  done
  if [ "$cur" = = ]; then
    cur='' is_value=1
  elif [ "\${COMP_WORDS[COMP_CWORD - 1]}" = = ]; then
    is_value=1
  fi
  _godrift_value "$path $option"
  if [ -z "$is_value" ] && [ "\${cur#-}" != "$cur" ]; then
    _godrift_flags "$path"
    list=$reply reply=''
  elif [ -z "$reply" ]; then
    _godrift_commands "$path"
    list=$reply
    _godrift_argument "$path"
  fi
  case $reply in
    words*) list="$list \${reply#words}" ;;
    files) names=file ;;
    directories) names=directory ;;
  esac
  COMPREPLY=()
  while IFS= read -r i; do COMPREPLY+=("$i"); done < <(compgen -W "$list" -- "$cur")
  if [ -n "$names" ]; then
    compopt -o filenames 2> /dev/null
    while IFS= read -r i; do COMPREPLY+=("$i"); done < <(compgen -A "$names" -- "$cur")
  fi
  # --option= waits for its value.
  case "\${#COMPREPLY[@]} \${COMPREPLY[0]}" in "1 "*=) compopt -o nospace 2> /dev/null ;; esac
  return 0
}
complete -F _godrift godrift`;

/** Returns the script for `eval`, or for a file in the completion directory. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const values = commands.flatMap(({ path, options }) =>
    options.flatMap((option) =>
      option.value === undefined
        ? []
        : flagsOf(option)
            .filter((flag) => !flag.endsWith('='))
            .map((flag) => [`${path} ${flag}`, wordsOf(option.value as Value)] as const),
    ),
  );
  return `${[
    '# Completions of godrift for bash, made by `godrift completion bash`.',
    ...lookup(
      '_godrift_commands',
      commands
        .filter(({ subcommands }) => subcommands.length > 0)
        .map(({ path, subcommands }) => [path, subcommands.map(({ name }) => name).join(' ')]),
    ),
    ...lookup(
      '_godrift_flags',
      commands.map(({ path, options }) => [path, options.flatMap(flagsOf).join(' ')]),
    ),
    ...lookup('_godrift_value', values),
    ...lookup(
      '_godrift_argument',
      commands.flatMap(({ path, argument }) => (argument === undefined ? [] : [[path, wordsOf(argument)]])),
    ),
    complete,
  ].join('\n')}\n`;
}
