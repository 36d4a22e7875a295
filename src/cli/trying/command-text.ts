/** A command as people may see it: the journal, spans and messages have no secrets. Pure but for the catalogue. */
import { variable } from '../../catalog/variables.ts';
import { redacted } from '../../go/redacted.ts';
import { publicValue } from '../../observe/collectors/env/env.ts';

/** Longest text of a command that is kept, in characters. */
const longest = 1000;

/** `NAME=value` as a variable is set: anywhere in a word that a shell reads, or a whole word of a known variable, whose value may hold spaces. */
const wholeAssignment = /^([A-Z][A-Z0-9_]*)=(.*)$/s;
const assignment = /\b([A-Z][A-Z0-9_]*)=(\S*)/g;
/** The user and password of a URL. */
const userinfo = /\/\/[^/@\s]*@/g;

function wordText(word: string): string {
  const open = word.replaceAll(userinfo, `//${redacted}@`);
  const whole = wholeAssignment.exec(open);
  if (whole !== null && variable(whole[1] ?? '') !== undefined)
    return `${whole[1]}=${publicValue(whole[1] ?? '', whole[2] ?? '')}`;
  return open.replaceAll(
    assignment,
    (_, name: string, value: string) => `${name}=${publicValue(name, value)}`,
  );
}

/** The words of a command in one line; values are redacted as those of variables are everywhere. */
export function commandText(words: readonly string[]): string {
  const text = words.map(wordText).join(' ');
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
