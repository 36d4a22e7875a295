/**
 * Records that could not be written to the journal when they happened: they wait in their order, with their time, for
 * the next write that succeeds. Bounded, because a disk may stay full for weeks: the oldest stay, for they say how
 * things began, and what finds no room is counted by the caller.
 */
import type { JournalRecord } from './journal-line.ts';
import type { WriteResult } from './state-directory.ts';

/** A record and when it was to be written, ms since the epoch. */
export interface Dated {
  readonly record: JournalRecord;
  readonly timeMs: number;
  /** What must be done before the record is true; tried again until it succeeds. */
  readonly first?: () => Promise<WriteResult>;
}

export interface Waiting {
  readonly records: readonly Dated[];
  /** Their size as JSON. */
  readonly bytes: number;
}

export const noneWaits: Waiting = { records: [], bytes: 0 };

/** Most that waits: weeks of one drift an hour, and less than what a line or a segment of the journal may hold. */
export const waitingLimits = { records: 1000, bytes: 4 * 1024 * 1024 };

/** Without the first `count` records, which are written. */
export function withoutFirst(waiting: Waiting, count: number): Waiting {
  const records = waiting.records.slice(count);
  return records.length === 0 ? noneWaits : records.reduce(added, noneWaits);
}

function added(waiting: Waiting, dated: Dated): Waiting {
  const size = Buffer.byteLength(JSON.stringify(dated.record));
  return { records: [...waiting.records, dated], bytes: waiting.bytes + size };
}

/** With one record more; undefined when there is no room for it. */
export function letWait(waiting: Waiting, dated: Dated): Waiting | undefined {
  const more = added(waiting, dated);
  return more.records.length > waitingLimits.records || more.bytes > waitingLimits.bytes ? undefined : more;
}
