/**
 * Records that could not be written to the journal when they happened. They wait in order, each with its
 * time, for the next successful write. The queue is bounded, because a disk may stay full for weeks; the
 * oldest records are kept, because they tell how things began, and the caller counts those that find no room.
 */
import type { JournalRecord } from './journal-line.ts';
import type { WriteResult } from './state-directory.ts';

/** A record with the time at which it happened, ms since the epoch. */
export interface Dated {
  readonly record: JournalRecord;
  readonly timeMs: number;
  /** Precondition of the record; tried again until it succeeds. */
  readonly first?: () => Promise<WriteResult>;
}

export interface Waiting {
  readonly records: readonly Dated[];
  /** Their size as JSON, in bytes. */
  readonly bytes: number;
}

export const noneWaits: Waiting = { records: [], bytes: 0 };

/**
 * Limits of the queue: weeks of one drift an hour, and less than a line or a segment of the journal may hold.
 */
export const waitingLimits = { records: 1000, bytes: 4 * 1024 * 1024 };

/** Returns the queue without its first `count` records. */
export function withoutFirst(waiting: Waiting, count: number): Waiting {
  const records = waiting.records.slice(count);
  return records.length === 0 ? noneWaits : records.reduce(added, noneWaits);
}

function added(waiting: Waiting, dated: Dated): Waiting {
  const size = Buffer.byteLength(JSON.stringify(dated.record));
  return { records: [...waiting.records, dated], bytes: waiting.bytes + size };
}

/** Returns the queue with one more record; undefined if there is no room. */
export function letWait(waiting: Waiting, dated: Dated): Waiting | undefined {
  const more = added(waiting, dated);
  return more.records.length > waitingLimits.records || more.bytes > waitingLimits.bytes ? undefined : more;
}
