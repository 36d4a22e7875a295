/**
 * What goes from a journal: the oldest segments beyond count or age, never past what a cursor has still to deal with.
 *
 * Age is what the journal itself shows, not what a clock says at one moment (decision record 0061): a segment is as old as the two newest segments'
 * first lines are younger than it, and the clock has to agree. A clock that is years ahead at a start removes nothing, and lines that were
 * written while it was years behind are no older than what stands before them and behind them.
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
  /** Cursors that count beside those that have a file. */
  readonly cursors: readonly string[];
}

/** Removes segments, oldest first; where anything that decides it cannot be read, or one cannot be removed, the rest stays. */
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
  // One that has no file, a damaged one, or one that cannot be read, has passed nothing.
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
      // No segment counts as older than a line before it, or than the first line of the next one where that has any.
      ended = Math.max(ended, Date.parse(last.time), follower ?? Number.NEGATIVE_INFINITY);
      if (youngest - ended <= maxAgeMs) return;
    }
    if (!(await attempt(state, 'the journal', () => removeFile(segment.path))).ok) return;
  }
}

/** When the two newest segments that hold lines were begun, ms since the epoch: one of them may have been begun by a clock that was ahead. */
async function newestBeginnings(segments: readonly Segment[]): Promise<readonly number[]> {
  const found: number[] = [];
  for (const segment of segments.toReversed()) {
    const time = await firstLineTime(segment);
    if (time !== undefined && found.push(time) === 2) break;
  }
  return found;
}

/** The time of a segment's first line, ms since the epoch; undefined where it has none that can be read. */
async function firstLineTime({ path }: Segment): Promise<number | undefined> {
  try {
    for await (const { bytes } of readLines(path)) {
      const line = decodeLine(bytes);
      return typeof line === 'string' ? undefined : Date.parse(line.time);
    }
  } catch {}
  return undefined;
}
