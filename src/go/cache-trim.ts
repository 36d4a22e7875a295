/**
 * Go's trimming of the build cache (DiskCache.Trim in cmd/go/internal/cache): at the end of a build, at most
 * once a day, go removes entries that were not used for five days. `trim.txt` holds the time of the last
 * trim.
 */

/**
 * Age in milliseconds from which an entry is removed: five days, plus an hour because Go records use only
 * hourly (trimLimit, mtimeInterval).
 */
export const trimAgeMs = (5 * 24 + 1) * 3_600_000;

/**
 * Parses the text of `trim.txt` (Unix seconds) and returns the time of the last trim in milliseconds since
 * the epoch; undefined if Go could not parse it either.
 */
export function parseTrimTime(text: string): number | undefined {
  const seconds = /^\s*([+-]?\d{1,15})\s*$/.exec(text)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
