/**
 * Limits text that a message quotes from a file: the author of the file controls its length, and messages go
 * to logs, pages and chats.
 */

/**
 * Largest number of characters that a message quotes: more than any realistic module path, version or line.
 */
const most = 200;

/** Returns the text, cut to 200 characters with a final `…` if it is longer. */
export function quoted(text: string): string {
  if (text.length <= most) return text;
  return `${text
    .slice(0, most - 1)
    .toWellFormed()
    .replace(/\ufffd$/, '')}…`;
}
