/** One line of the journal: what it holds, how it is written, how it is read. The format is specified in journal.ts. */
import { isJournalType, type JournalEvent, type JournalType } from '../drift/events.ts';
import { sha256Hex } from '../host/digest.ts';

/** What is appended: JSON data of a kind. `seq`, `time` and `prev` are the journal's own and are overwritten. */
export interface JournalRecord {
  readonly type: JournalType;
  readonly trace_id?: string;
  readonly span_id?: string;
}

/** The place of a line: its number (from 1, by one) and the SHA-256 of its bytes without the newline, in hex. */
export interface JournalHead {
  readonly seq: number;
  readonly hash: string;
}

/** A line as read, whatever it tells: `record` is the whole JSON object, the journal's own fields included. */
export interface ChainLine extends JournalHead {
  readonly type: string;
  /** RFC 3339, milliseconds, UTC. */
  readonly time: string;
  readonly prev: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** A line that this version understands. */
export interface JournalLine extends ChainLine {
  readonly type: JournalType;
  readonly record: JournalRecord & Readonly<Record<string, unknown>>;
}

/** Whether this version understands what a line tells: a newer one may write types of its own, which belong to the chain as all others do. */
export const isKnown = (line: ChainLine): line is JournalLine => isJournalType(line.type);

/** What a line tells. Its type is checked; a line that somebody edited may hold anything in the other fields, so who projects it expects to fail. */
export function eventOf({ record }: Pick<JournalLine, 'record'>): JournalEvent {
  return record as JournalRecord as JournalEvent;
}

/** What `prev` of the very first line holds, and the head of an empty journal. */
export const genesis: JournalHead = { seq: 0, hash: '0'.repeat(64) };

/** Longest line in bytes, so that a reader's memory is bounded. */
export const lineLimitBytes = 16 * 1024 * 1024;

/** The line that follows `head`, without its newline; fields in the order of the contract. Throws for what is no JSON data. */
export function encodeLine(
  record: JournalRecord,
  head: JournalHead,
  timeMs: number,
): { readonly bytes: Buffer; readonly head: JournalHead } {
  const {
    type,
    trace_id,
    span_id,
    seq: _seq,
    time: _time,
    prev: _prev,
    ...rest
  } = record as JournalRecord & Record<string, unknown>;
  const seq = head.seq + 1;
  const line = {
    seq,
    time: new Date(timeMs).toISOString(),
    type,
    ...rest,
    prev: head.hash,
    trace_id,
    span_id,
  };
  const bytes = Buffer.from(JSON.stringify(line), 'utf8');
  return { bytes, head: { seq, hash: sha256Hex(bytes) } };
}

const hexDigest = /^[0-9a-f]{64}$/;

const typeName = /^[a-z][a-z_-]{0,63}$/;

/** Reads one line; a string says why it is none. The chain is not checked here. */
export function decodeLine(bytes: Buffer): ChainLine | string {
  let record: unknown;
  try {
    record = JSON.parse(bytes.toString('utf8'));
  } catch {
    return 'is not JSON';
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return 'is not a JSON object';
  const { seq, time, type, prev } = record as Record<string, unknown>;
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 1) return 'has no sequence number';
  if (typeof time !== 'string' || Number.isNaN(Date.parse(time))) return 'has no time';
  if (typeof prev !== 'string' || !hexDigest.test(prev)) return 'has no digest of the line before';
  if (typeof type !== 'string' || !typeName.test(type)) return 'has no type';
  return {
    seq,
    time,
    type,
    prev,
    hash: sha256Hex(bytes),
    record: record as ChainLine['record'],
  };
}
