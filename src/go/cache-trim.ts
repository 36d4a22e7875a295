/**
 * Go's housekeeping in the build cache (cmd/go/internal/cache, DiskCache.Trim): what was not used for five days goes, once a day at most,
 * at the end of a build. `trim.txt` holds when it did so last.
 */

/** Age from which an entry is removed: five days, and an hour because use is noted hourly (trimLimit, mtimeInterval). */
export const trimAgeMs = (5 * 24 + 1) * 3_600_000;

/** Time of the last trim in ms since the epoch, from the text of `trim.txt` (Unix seconds); undefined when Go could not read it either. */
export function parseTrimTime(text: string): number | undefined {
  const seconds = /^\s*([+-]?\d{1,15})\s*$/.exec(text)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
