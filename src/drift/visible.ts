/**
 * Observed text as people and machines may be shown it. Values come from environments, files and binaries of anybody: none may break a
 * line, move a cursor or reorder what stands beside it.
 */

import type { Finding } from './model.ts';

// Control and format characters (bidirectional marks and zero-width ones are Cf), line and paragraph separators, halves of a pair.
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;
const plain = /^[\x20-\x7e]*$/;

/** The text in one line, with each character that would not be seen written as its JSON escape (`\r`, `\u001b`, `\u202e`). */
export function visible(text: string): string {
  if (plain.test(text)) return text;
  return text.replaceAll(hidden, (character) => {
    const escaped = JSON.stringify(character).slice(1, -1);
    if (escaped !== character) return escaped;
    const units = [...Array(character.length).keys()].map((index) => character.charCodeAt(index));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}

/** A finding whose words may be shown; the fix stays what it is, for whoever prints it quotes it. */
export function visibleFinding(finding: Finding): Finding {
  const { key, summary, expected, actual, repair, origin } = finding;
  return {
    ...finding,
    key: visible(key),
    summary: visible(summary),
    ...(expected === undefined ? {} : { expected: visible(expected) }),
    ...(actual === undefined ? {} : { actual: visible(actual) }),
    ...(repair === undefined ? {} : { repair: visible(repair) }),
    ...(origin?.path === undefined ? {} : { origin: { ...origin, path: visible(origin.path) } }),
  };
}
