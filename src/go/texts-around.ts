/**
 * Finds texts in the bytes of a program by a native search, since a regular expression over megabytes would
 * be slow.
 */

/** Bytes with a fast text search, such as Node's Buffer. */
export interface SearchableBytes extends Uint8Array {
  indexOf(wanted: number | string, from?: number, encoding?: 'latin1'): number;
}

/**
 * Largest number of matches that are examined. A program has a handful; a malicious file could have any
 * number.
 */
const placesLimit = 64;

/**
 * Yields the text around each occurrence of `wanted` (a Latin-1 text): `before` bytes before its start and
 * `after` bytes from its start.
 */
export function* textsAround(
  bytes: SearchableBytes,
  wanted: string,
  { before, after }: { readonly before: number; readonly after: number },
): Generator<string> {
  let places = 0;
  for (
    let at = bytes.indexOf(wanted, 0, 'latin1');
    at !== -1 && places < placesLimit;
    at = bytes.indexOf(wanted, at + 1, 'latin1')
  ) {
    places++;
    yield String.fromCharCode(...bytes.subarray(Math.max(0, at - before), at + after));
  }
}
