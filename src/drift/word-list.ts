/**
 * Splits and joins variables that are lists (catalogue: `list`), so that a repair can remove the faulty word.
 */
import { variable } from '../catalog/variables.ts';
import { joinQuoted, splitQuoted } from '../go/goflags.ts';
import { redacted } from '../go/redacted.ts';

/**
 * Collectors truncate longer values with this mark (observe/collectors/env/env.ts); a truncated value cannot
 * be written back.
 */
const cutOff = '…';

/**
 * Returns the words of a variable's value, unquoted; the whole value as one word if a list cannot be split;
 * undefined if the variable is not a list.
 */
export function wordsOf(name: string, value: string): readonly string[] | undefined {
  switch (variable(name)?.list) {
    case 'flags': {
      // CC and the like are one command with its arguments.
      if (!name.endsWith('FLAGS')) return undefined;
      const split = splitQuoted(value);
      // An unclosed quote runs to the end of the list, so the number of words is not known.
      return 'fields' in split ? split.fields : /\s/.test(value) ? [value, ''] : [value];
    }
    case 'comma':
      return value
        .split(/[,|]/)
        .map((word) => word.trim())
        .filter((word) => word !== '');
    case 'path':
      return value.split(':').filter((word) => word !== '');
    default:
      return undefined;
  }
}

/**
 * Returns the words as a value of the variable; undefined if that is not possible, or if a word is redacted
 * or truncated.
 */
export function joinedWords(name: string, words: readonly string[]): string | undefined {
  if (words.some((word) => word.includes(redacted) || word.endsWith(cutOff))) return undefined;
  switch (variable(name)?.list) {
    case 'flags':
      return joinQuoted(words);
    case 'comma':
      // A `|` between proxies has another meaning than a comma, and the words do not tell which it was.
      return name === 'GOPROXY' ? undefined : words.join(',');
    case 'path':
      return words.join(':');
    default:
      return undefined;
  }
}
