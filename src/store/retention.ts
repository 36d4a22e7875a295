/** What goes from a journal: the oldest segments beyond count or age, never past what a cursor has still to deal with. */
import { removeFile } from '../host/atomic.ts';
import type { Clock } from '../host/machine.ts';
import { readCursorFile, readCursorNames } from './cursor.ts';
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
  // One that has no file, or a damaged one, has passed nothing.
  const passed = await Promise.all(
    [...names].map(async (name) => readCursorFile(state.path, name)?.seq ?? 0),
  );
  const dealtWith = Math.min(Number.POSITIVE_INFINITY, ...passed);
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (next === undefined || next.first - 1 > dealtWith) return;
    if (segments.length - index <= maxSegments) {
      const last = (await readEnd(segment).catch(() => undefined))?.line;
      if (last === undefined || now() - Date.parse(last.time) <= maxAgeMs) return;
    }
    if (!(await attempt(state, 'the journal', () => removeFile(segment.path))).ok) return;
  }
}
