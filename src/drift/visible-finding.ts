/** Findings as they may be shown. */
import { visible } from '../catalog/visible.ts';
import type { Finding } from './model.ts';

/** Letters of a word: the longest path that a system takes where it may be part of a command, else what a person reads. */
const longest = { told: 400, command: 4096 };

/** The text with words that somebody made too long cut off. */
function shortWords(text: string, most: number): string {
  if (text.length <= most) return text;
  return text
    .split(' ')
    .map((word) => (word.length <= most ? word : `${word.slice(0, most).toWellFormed()}…`))
    .join(' ');
}

/** A text of a finding as it may be shown. */
function shown(text: string, most = longest.told): string {
  return visible(shortWords(text, most));
}

/** A finding whose words may be shown; the fix stays what it is, for whoever prints it quotes it. */
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
