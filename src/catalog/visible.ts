/**
 * Escapes untrusted text for output. Names and values come from environments, files and binaries that anybody
 * may have written. In the output they must not break a line, move the cursor, reorder adjacent text, make a
 * document malformed, act as a command to the CI system that shows them, or reveal the password of a URL.
 */

// Control and format characters (bidirectional and zero-width marks are Cf), invisible characters (fillers,
// variation selectors, tags), line and paragraph separators, lone surrogates, and noncharacters, which XML
// and Unicode forbid.
const hidden =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2028\u2029]/gu;
/**
 * Commands that CI systems recognize in the output of a job: `##[command]` anywhere in a line (GitHub's
 * runner, ActionCommand.cs, TryParse), `##vso[…]` (Azure Pipelines) and `##teamcity[…]`; and `::command::` at
 * the start of a line (ActionCommand.cs, TryParseV2).
 */
// Matches only at the start of a run of `#`: matching at each `#` would take quadratic time for a long run.
const command = /(?<!#)#{2,}(?=[A-Za-z]*\[)/g;
const escapedCommand = (run: string) => `${'\\u0023'.repeat(run.length - 1)}#`;
const commandAtStart = /^(\s*):(?=:)/;
/** Userinfo of a URL. Collectors redact variables; this catches URLs quoted from files and errors. */
const userinfo = /(:\/\/)[^\s/?#"'\\]*@/g;
const plain = /^[\x20-\x22\x24-\x7e]*$/;

/** Escapes a character as in JSON: `\r`, `\u001b`; two escapes above U+FFFF. */
function escapeOf(character: string): string {
  const short = JSON.stringify(character).slice(1, -1);
  if (short !== character) return short;
  const units = [...Array(character.length).keys()].map((index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

const escapes = new Map<string, string>();

/**
 * {@link escapeOf} with a cache, since a text may consist of such characters alone. There are only a few
 * thousand of them.
 */
function escaped(character: string): string {
  const known = escapes.get(character);
  if (known !== undefined) return known;
  const made = escapeOf(character);
  escapes.set(character, made);
  return made;
}

/**
 * Returns the text as one line: invisible characters and those that would begin a CI command are written as
 * JSON escapes (`\r`, `\u202e`), and the userinfo of URLs is replaced by `redacted`.
 */
export function visible(text: string): string {
  if (plain.test(text) && !/::|:\/\//.test(text)) return text;
  return text
    .replaceAll(userinfo, '$1redacted@')
    .replaceAll(hidden, escaped)
    .replaceAll(command, escapedCommand)
    .replace(commandAtStart, '$1\\u003a');
}

/** Applies {@link visible} to each line of a text and keeps the line breaks. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

/**
 * Serializes a value as JSON with the same characters escaped. Parsed again it gives the same value, except
 * for the userinfo of URLs.
 */
export function visibleJson(value: unknown): string {
  // JSON has none of these characters outside of strings.
  return JSON.stringify(value)
    .replaceAll(userinfo, '$1redacted@')
    .replaceAll(hidden, escaped)
    .replaceAll(command, escapedCommand);
}
