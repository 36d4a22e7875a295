/** Encodes and decodes the lines of the journal; journal.ts specifies the format. */
import { isJournalType, type JournalEvent, type JournalType } from '../drift/events.ts';
import { sha256Hex } from '../host/digest.ts';

/** A record to append: JSON data of a type. `seq`, `time` and `prev` are set by the journal. */
export interface JournalRecord {
  readonly type: JournalType;
  readonly trace_id?: string;
  readonly span_id?: string;
}

/**
 * Identifies a line: its number (counting from 1) and the SHA-256 of its bytes without the newline, in hex.
 */
export interface JournalHead {
  readonly seq: number;
  readonly hash: string;
}

/** A line as read, of any type; `record` is the whole JSON object with the journal's own fields. */
export interface ChainLine extends JournalHead {
  readonly type: string;
  /** RFC 3339, milliseconds, UTC. */
  readonly time: string;
  readonly prev: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** A line of a type that this version knows. */
export interface JournalLine extends ChainLine {
  readonly type: JournalType;
  readonly record: JournalRecord & Readonly<Record<string, unknown>>;
}

/**
 * Reports whether this version knows the type of a line. Lines of a newer version's types are part of the
 * chain too.
 */
export const isKnown = (line: ChainLine): line is JournalLine => isJournalType(line.type);

/**
 * Returns the event of a line. Only its type is checked: an edited line may hold anything in the other
 * fields, and code that uses them must expect that.
 */
export function eventOf({ record }: Pick<JournalLine, 'record'>): JournalEvent {
  return record as JournalRecord as JournalEvent;
}

/** The head of an empty journal, and the `prev` of its first line. */
export const genesis: JournalHead = { seq: 0, hash: '0'.repeat(64) };

/** Longest line in bytes, which bounds the memory of readers. */
export const lineLimitBytes = 16 * 1024 * 1024;

/**
 * Encodes the line after `head`, without newline, with fields in the order of the contract. Throws if
 * `record` is not JSON data.
 */
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

/** Decodes one line; returns the reason as a string if it is invalid. Does not check the chain. */
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
