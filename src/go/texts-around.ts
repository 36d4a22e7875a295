/** Texts in the bytes of a program: found by a native search first, as a regular expression over megabytes would be slow. */

/** Bytes with a fast search for a text, such as Node's Buffer has. */
export interface SearchableBytes extends Uint8Array {
  indexOf(wanted: number | string, from?: number, encoding?: 'latin1'): number;
}

/** Most places of one stretch that are looked at; a program has a handful, a hostile file as many as it likes. */
const placesLimit = 64;

/** The text around each place where `wanted` (of single bytes) stands: so many bytes before it, and so many from it on. */
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
