/** Text of a file in a message: whoever writes the file decides how long a line is, and a message goes to logs, pages and chats. */

/** Characters of a text that a message quotes: more than any module path, version or line that a person wrote. */
const most = 200;

/** The text, or as much of its beginning as a message holds. */
export function quoted(text: string): string {
  if (text.length <= most) return text;
  return `${text
    .slice(0, most - 1)
    .toWellFormed()
    .replace(/\ufffd$/, '')}…`;
}
