/**
 * Prunes a journal: removes its oldest segments by count or age, but never lines that a cursor has yet to
 * pass.
 *
 * Age is derived from the journal, not from one reading of a clock (decision record 0061): the reference is
 * the earliest of the clock and the first lines of the two newest segments. So a clock that is years ahead at
 * a start removes nothing, and lines written while it was years behind count as no older than the lines
 * around them.
 */
import { readLines } from '../host/append.ts';
import { removeFile } from '../host/atomic.ts';
import type { Clock } from '../host/machine.ts';
import { readCursorFile, readCursorNames } from './cursor.ts';
import { decodeLine } from './journal-line.ts';
import { listSegments, readEnd, type Segment } from './segments.ts';
import { attempt, type StateDirectory } from './state-directory.ts';

export interface Retention {
  readonly now: Clock;
  readonly maxSegments: number;
  readonly maxAgeMs: number;
  /** Cursors that count in addition to those with a file. */
  readonly cursors: readonly string[];
}

/**
 * Removes segments, oldest first. If anything needed for the decision cannot be read, or a segment cannot be
 * removed, the rest stays.
 */
export async function prune(
  state: StateDirectory,
  directory: string,
  { cursors, maxAgeMs, maxSegments, now }: Retention,
): Promise<void> {
  let segments: readonly Segment[];
  let names: ReadonlySet<string>;
  try {
    segments = await listSegments(directory);
    names = new Set([...cursors, ...(await readCursorNames(state.path))]);
  } catch {
    return;
  }
  // A cursor without a file, damaged or unreadable, has passed nothing.
  const passed = await Promise.all(
    [...names].map(async (name) => readCursorFile(state.path, name).head?.seq ?? 0),
  );
  const dealtWith = Math.min(Number.POSITIVE_INFINITY, ...passed);
  let youngest: number | undefined;
  let ended = Number.NEGATIVE_INFINITY;
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (next === undefined || next.first - 1 > dealtWith) return;
    if (segments.length - index <= maxSegments) {
      youngest ??= Math.min(now(), ...(await newestBeginnings(segments)));
      const last = (await readEnd(segment).catch(() => undefined))?.line;
      const follower = await firstLineTime(next);
      if (last === undefined) return;
      // A segment counts as no older than any line before it, or than the first line of the next segment.
      ended = Math.max(ended, Date.parse(last.time), follower ?? Number.NEGATIVE_INFINITY);
      if (youngest - ended <= maxAgeMs) return;
    }
    if (!(await attempt(state, 'the journal', () => removeFile(segment.path))).ok) return;
  }
}

/**
 * Returns the times of the first lines of the two newest non-empty segments, ms since the epoch: the clock
 * may have been ahead when one was begun.
 */
async function newestBeginnings(segments: readonly Segment[]): Promise<readonly number[]> {
  const found: number[] = [];
  for (const segment of segments.toReversed()) {
    const time = await firstLineTime(segment);
    if (time !== undefined && found.push(time) === 2) break;
  }
  return found;
}

/** Returns the time of a segment's first line, ms since the epoch; undefined if it cannot be read. */
async function firstLineTime({ path }: Segment): Promise<number | undefined> {
  try {
    for await (const { bytes } of readLines(path)) {
      const line = decodeLine(bytes);
      return typeof line === 'string' ? undefined : Date.parse(line.time);
    }
  } catch {}
  return undefined;
}
