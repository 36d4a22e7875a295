/**
 * Blanks as Go takes them (unicode.IsSpace): strings.Fields and strings.TrimSpace. JavaScript's own differ: U+FEFF is a blank for it, and none for Go;
 * U+0085 the other way round.
 */
const space = /^[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/;
const spaces = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** strings.TrimSpace, from both ends (a pattern anchored at the end would be quadratic in a line full of blanks). */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && space.test(text.charAt(start))) start++;
  while (end > start && space.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** strings.Fields: the words between blanks. */
export function fieldsOf(text: string): string[] {
  return text.split(spaces).filter((word) => word !== '');
}
