/**
 * Formats a command for the journal, spans and messages without its secrets. No word can be recognised as a
 * secret by its looks, so only words that cannot be one are shown: arguments of the go command, names of
 * programs and flags, paths, versions. Pure, apart from the catalogue of variables.
 */
import { variable } from '../../catalog/variables.ts';
import { shellWord } from '../../drift/shell-word.ts';
import { redactGoflag } from '../../go/redact-flags.ts';
import { publicValue } from '../../observe/collectors/env/env.ts';

/** Longest command text, in characters. */
const longest = 1000;

/** Stands in for hidden words. */
const left = '…';

/** Programs that run another command, given as words or as the text of a shell script. */
const wrappers = new Set(['sh', 'bash', 'dash', 'zsh', 'fish', 'env', 'sudo', 'nice', 'time', 'exec']);
/** Subcommands of go that hand the rest of their arguments to another program. */
const handingOn = new Set(['run', 'test', 'tool', 'generate', 'vet']);

/** A word of a shell script, or a separator between two commands. */
const shellToken = /&&|\|\|?|[;&]|[^\s;&|]+/g;
const separator = /^(?:&&|\|\|?|[;&])$/;
const assignment = /^([A-Z][A-Z0-9_]*)=(.*)$/s;
const programName = /^[\w.@+/-]+$/;
/**
 * A flag without a value. A longer flag with a single dash may hold its value directly after the letter:
 * `-pPASSWORD`.
 */
const flag = /^(?:-[A-Za-z]{1,3}|--[A-Za-z][A-Za-z-]*)$/;
const path = /^(?:\.{1,2}|(?:~|\.{1,2})?\/[\w./@+-]*)$/;
const version = /^(?:go|golang)?[@-]?v?(?:\d+(?:\.\d+)*)?$/;
/** A subcommand: the first word after the program. */
const subcommand = /^[a-z][a-z-]{0,20}$/;
/** A package, module or file; never a URL, nor anything with a password in front of a host name. */
const goArgument = /^[\w./@~+^,-]{1,200}$/;

/** The role of the next word. */
type Place = 'program' | 'wrapped' | 'first' | 'word' | 'go' | 'go word';

interface Shown {
  readonly text: string;
  readonly next: Place;
}

const assigned = ([, name = '', value = '']: RegExpExecArray) => `${name}=${publicValue(name, value)}`;

function programText(word: string): Shown {
  const name = word.split('/').at(-1) ?? '';
  const text = programName.test(word) ? word : left;
  if (/^go(?:\d[\w.]*)?$/.test(name)) return { text, next: 'go' };
  return { text, next: wrappers.has(name) ? 'wrapped' : 'first' };
}

function goText(word: string, place: Place): Shown {
  if (word.startsWith('-')) return { text: redactGoflag(word), next: place };
  const next = place === 'go' && handingOn.has(word) ? 'word' : 'go word';
  return { text: goArgument.test(word) ? word : left, next };
}

/** Formats one word according to its role. */
function wordText(word: string, place: Place): Shown {
  if (separator.test(word)) return { text: word, next: 'program' };
  const setting = assignment.exec(word);
  if (setting !== null) return { text: assigned(setting), next: place };
  if (place === 'go' || place === 'go word') return goText(word, place);
  if (place === 'program') return programText(word);
  if (flag.test(word)) return { text: word, next: place === 'wrapped' && word === '-c' ? 'program' : 'word' };
  if (place === 'wrapped') return programText(word);
  const isShown = path.test(word) || version.test(word) || (place === 'first' && subcommand.test(word));
  return { text: isShown ? word : left, next: 'word' };
}

/**
 * Formats the words of a command as one line, quoted for a shell. Words that may be secret are replaced by
 * `…`, and values of variables are redacted as everywhere else.
 */
export function commandText(words: readonly string[]): string {
  let place: Place = 'program';
  const shown: string[] = [];
  for (const word of words) {
    const setting = assignment.exec(word);
    if (setting !== null && variable(setting[1] ?? '') !== undefined) {
      shown.push(shellWord(assigned(setting)));
      continue;
    }
    const parts: string[] = [];
    // A word with spaces is a shell script, or a value with spaces.
    for (const part of /\s/.test(word) ? (word.match(shellToken) ?? []) : [word]) {
      const { text, next } = wordText(part, place);
      place = next;
      if (text !== left || parts.at(-1) !== left) parts.push(text);
    }
    const text = parts.length === 1 && parts[0] === left ? left : shellWord(parts.join(' '));
    if (text !== left || shown.at(-1) !== left) shown.push(text);
  }
  const text = shown.join(' ');
  return text.length > longest ? `${text.slice(0, longest)}${left}` : text;
}
