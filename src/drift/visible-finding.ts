/** Makes findings safe to show. */
import { visible } from '../catalog/visible.ts';
import type { Finding } from './model.ts';

/**
 * Most characters of a word: the longest path of a system if the text may be part of a command, else a
 * readable length.
 */
const longest = { told: 400, command: 4096 };

/** Returns the text with overlong words cut off. */
function shortWords(text: string, most: number): string {
  if (text.length <= most) return text;
  return text
    .split(' ')
    .map((word) => (word.length <= most ? word : `${word.slice(0, most).toWellFormed()}…`))
    .join(' ');
}

/** Returns a text of a finding in a form that is safe to show. */
function shown(text: string, most = longest.told): string {
  return visible(shortWords(text, most));
}

/**
 * Returns the finding with texts that are safe to show. The fix is unchanged: code that prints it must quote
 * it.
 */
export function visibleFinding(finding: Finding): Finding {
  const { key, summary, expected, actual, repair, origin } = finding;
  return {
    ...finding,
    key: shown(key, longest.command),
    summary: shown(summary),
    ...(expected === undefined ? {} : { expected: shown(expected) }),
    ...(actual === undefined ? {} : { actual: shown(actual) }),
    ...(repair === undefined ? {} : { repair: shown(repair, longest.command) }),
    ...(origin?.path === undefined
      ? {}
      : { origin: { ...origin, path: shown(origin.path, longest.command) } }),
  };
}
