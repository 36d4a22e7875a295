/**
 * A command as people may see it: the journal, spans and messages have no secrets. Which word of a command is one cannot be told by its looks, so that those are
 * shown that cannot be: what the go command is given, names of programs and flags, paths, versions. Pure but for the catalogue.
 */
import { variable } from '../../catalog/variables.ts';
import { shellWord } from '../../drift/shell-word.ts';
import { redactGoflag } from '../../go/redact-flags.ts';
import { publicValue } from '../../observe/collectors/env/env.ts';

/** Longest text of a command that is kept, in characters. */
const longest = 1000;

/** What stands for words that are not shown. */
const left = '…';

/** Programs behind which another command stands, as words or as a text for a shell. */
const wrappers = new Set(['sh', 'bash', 'dash', 'zsh', 'fish', 'env', 'sudo', 'nice', 'time', 'exec']);
/** Subcommands of go whose further words another program is given. */
const handingOn = new Set(['run', 'test', 'tool', 'generate', 'vet']);

/** What a shell takes for a word, or for what is between two commands. */
const shellToken = /&&|\|\|?|[;&]|[^\s;&|]+/g;
const separator = /^(?:&&|\|\|?|[;&])$/;
const assignment = /^([A-Z][A-Z0-9_]*)=(.*)$/s;
const programName = /^[\w.@+/-]+$/;
/** A flag without a value. A longer one with one dash may have its value behind its letter: `-pPASSWORD`. */
const flag = /^(?:-[A-Za-z]{1,3}|--[A-Za-z][A-Za-z-]*)$/;
const path = /^(?:\.{1,2}|(?:~|\.{1,2})?\/[\w./@+-]*)$/;
const version = /^(?:go|golang)?[@-]?v?(?:\d+(?:\.\d+)*)?$/;
/** The first word behind a program is what it is to do. */
const subcommand = /^[a-z][a-z-]{0,20}$/;
/** Packages, modules, files: no URL, and nothing with a password in front of a host. */
const goArgument = /^[\w./@~+^,-]{1,200}$/;

/** What the next word is. */
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

/** A word by where it stands. */
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

/** The words of a command in one line, quoted as a shell needs it, those left out that may be secret; values are redacted as those of variables are everywhere. */
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
    // Several words in one are a text for a shell, or a value with spaces.
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
