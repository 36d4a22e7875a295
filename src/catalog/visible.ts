/**
 * The one way by which text of the host leaves: names and values come from environments, files and binaries of anybody. None may break a
 * line, move a cursor, reorder what stands beside it, make a document malformed, be taken for a command by the CI system that shows it, or
 * carry the password of a URL.
 */

// Control and format characters (bidirectional marks and zero-width ones are Cf), what no font shows (fillers, variation selectors, tags),
// line and paragraph separators, halves of a pair, and what XML and Unicode forbid in documents (noncharacters).
const hidden =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2028\u2029]/gu;
/**
 * Commands that CI systems look for in what a job prints: `##[command]` anywhere in a line (GitHub's runner, ActionCommand.cs, TryParse),
 * `##vso[…]` (Azure Pipelines) and `##teamcity[…]`; and `::command::` where a line begins (ActionCommand.cs, TryParseV2).
 */
// From the beginning of a run only: looked for at each `#` of it, a long run would take the square of its length.
const command = /(?<!#)#{2,}(?=[A-Za-z]*\[)/g;
const escapedCommand = (run: string) => `${'\\u0023'.repeat(run.length - 1)}#`;
const commandAtStart = /^(\s*):(?=:)/;
/** Userinfo of a URL: collectors redact what variables hold; this is for what files and errors quote. */
const userinfo = /(:\/\/)[^\s/?#"'\\]*@/g;
const plain = /^[\x20-\x22\x24-\x7e]*$/;

/** A character as JSON escapes it: `\r`, `\u001b`; two escapes above U+FFFF. */
function escapeOf(character: string): string {
  const short = JSON.stringify(character).slice(1, -1);
  if (short !== character) return short;
  const units = [...Array(character.length).keys()].map((index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

const escapes = new Map<string, string>();

/** {@link escapeOf}, remembered: a text may be made of nothing else. There are a few thousand such characters. */
function escaped(character: string): string {
  const known = escapes.get(character);
  if (known !== undefined) return known;
  const made = escapeOf(character);
  escapes.set(character, made);
  return made;
}

/** The text in one line, with each character that would not be seen, or would begin a command, written as its JSON escape (`\r`, `\u202e`). */
export function visible(text: string): string {
  if (plain.test(text) && !/::|:\/\//.test(text)) return text;
  return text
    .replaceAll(userinfo, '$1redacted@')
    .replaceAll(hidden, escaped)
    .replaceAll(command, escapedCommand)
    .replace(commandAtStart, '$1\\u003a');
}

/** As {@link visible}, line by line: text of several lines keeps them, each by itself harmless. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

/** A value as JSON, with the same characters escaped: parsed again, it is the same value, but for the userinfo of URLs. */
export function visibleJson(value: unknown): string {
  // Outside of strings JSON has none of these characters.
  return JSON.stringify(value)
    .replaceAll(userinfo, '$1redacted@')
    .replaceAll(hidden, escaped)
    .replaceAll(command, escapedCommand);
}
