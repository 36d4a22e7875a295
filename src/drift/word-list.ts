/** Variables that are lists (catalogue: `list`), word by word: a repair takes out the one that is wrong. */
import { variable } from '../catalog/variables.ts';
import { joinQuoted, splitQuoted } from '../go/goflags.ts';
import { redacted } from '../go/redacted.ts';

/** Collectors cut what is longer than this off (observe/collectors/env/env.ts): what is not known cannot be written back. */
const cutOff = '…';

/** The words of a variable's value, quotes off; one word, the whole, of a list that cannot be split; undefined for what is no list. */
export function wordsOf(name: string, value: string): readonly string[] | undefined {
  switch (variable(name)?.list) {
    case 'flags': {
      // CC and its like are one command with its arguments.
      if (!name.endsWith('FLAGS')) return undefined;
      const split = splitQuoted(value);
      // An open quote runs to the end of the list: how many words there are is not known.
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

/** The list of these words as the variable takes it; undefined where they cannot be written so, or hold what is hidden. */
export function joinedWords(name: string, words: readonly string[]): string | undefined {
  if (words.some((word) => word.includes(redacted) || word.endsWith(cutOff))) return undefined;
  switch (variable(name)?.list) {
    case 'flags':
      return joinQuoted(words);
    case 'comma':
      // Between proxies `|` means something else, and is not known here.
      return name === 'GOPROXY' ? undefined : words.join(',');
    case 'path':
      return words.join(':');
    default:
      return undefined;
  }
}
