/**
 * Ports of strings.Fields and strings.TrimSpace with Go's definition of white space (unicode.IsSpace).
 * JavaScript's differs: it includes U+FEFF, which Go's does not, and lacks U+0085, which Go's includes.
 */
const space = /^[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/;
const spaces = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/**
 * Trims white space at both ends (strings.TrimSpace). Uses loops, as a pattern anchored at the end is
 * quadratic for lines full of blanks.
 */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && space.test(text.charAt(start))) start++;
  while (end > start && space.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Splits a text into words at white space (strings.Fields). */
export function fieldsOf(text: string): string[] {
  return text.split(spaces).filter((word) => word !== '');
}
