/**
 * Records that could not be written to the journal when they happened: they wait in their order, with their time, for
 * the next write that succeeds. Bounded, because a disk may stay full for weeks: the oldest stay, for they say how
 * things began, and what finds no room is counted by the caller.
 */
import type { JournalRecord } from './journal-line.ts';

/** A record and when it was to be written, ms since the epoch. */
export interface Dated {
  readonly record: JournalRecord;
  readonly timeMs: number;
}

export interface Waiting {
  readonly records: readonly Dated[];
  /** Their size as JSON. */
  readonly bytes: number;
}

export const noneWaits: Waiting = { records: [], bytes: 0 };

/** Most that waits: weeks of one drift an hour, and less than what a line or a segment of the journal may hold. */
export const waitingLimits = { records: 1000, bytes: 4 * 1024 * 1024 };

/** With one record more; undefined when there is no room for it. */
export function letWait(waiting: Waiting, dated: Dated): Waiting | undefined {
  const size = Buffer.byteLength(JSON.stringify(dated.record));
  const bytes = waiting.bytes + size;
  if (waiting.records.length >= waitingLimits.records || bytes > waitingLimits.bytes) return undefined;
  return { records: [...waiting.records, dated], bytes };
}
