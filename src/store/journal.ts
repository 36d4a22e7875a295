/**
 * The journal: what happened, once, in order, verifiably (design §7, contract §4). Everything that must not be
 * lost is written here first; spans, the event log and notifications are derived from it.
 *
 * Format. `journal/journal-<number of the first line, 12 digits>.jsonl` holds lines of UTF-8, each a JSON object:
 *
 *   {"seq":7,"time":"2026-11-22T08:15:30.123Z","type":"drift",…,"prev":"<sha256>","trace_id":"…","span_id":"…"}
 *
 * - `seq` counts from 1 over all segments and defines the order; `time` is the clock's and may go back.
 * - `type` is one of `journalTypes`; the fields between `type` and `prev` belong to the type.
 * - `prev` is the SHA-256, in hex, of the line before without its newline; 64 zeros in line 1. The chain continues
 *   across segments. `trace_id` and `span_id` are present if the line has a span.
 * - A line counts once its newline is on the disk. Bytes after the last newline were never acknowledged: they are
 *   cut off at the next start, which a line of type `gap` reports.
 *
 * `gap` lines have a `reason`: `torn-line` (`bytes`, `digest` of what was cut), `unreadable-line` (`lines` at the
 * end that cannot be decoded; they stay, and verification names them), `not-written` (failed `appends` before this
 * line, and why; `stopped`: when a process ended with them, unwritten.ts) and `changed-outside` (another process
 * cut, emptied or replaced the files, which end at `found_seq`; the last acknowledged line was `last_seq`).
 *
 * The holder of the state directory's lock is the only writer. Segments are limited by size; the oldest are removed
 * by count and age, but never one with lines that a cursor has yet to pass. Records that cannot be written now may
 * wait (waiting.ts), and are written in order, with their own time, before later ones.
 */
import path from 'node:path';
import type { GapEvent } from '../drift/events.ts';
import { type AppendFile, openAppend } from '../host/append.ts';
import { ensureDirectory, removeFile, syncDirectory } from '../host/atomic.ts';
import { sha256Hex } from '../host/digest.ts';
import type { Clock } from '../host/machine.ts';
import { createSerial, type Serial } from '../host/serial.ts';
import { encodeLine, genesis, type JournalHead, type JournalRecord, lineLimitBytes } from './journal-line.ts';
import { prune } from './retention.ts';
import { listSegments, readEnd, type Segment, type SegmentEnd, segmentAt } from './segments.ts';
import { attempt, type StateDirectory, type WriteResult } from './state-directory.ts';
import { emptyNote, readNote } from './unwritten.ts';
import { type Dated, letWait, noneWaits, type Waiting, withoutFirst } from './waiting.ts';

export {
  eventOf,
  genesis,
  type JournalHead,
  type JournalLine,
  type JournalRecord,
} from './journal-line.ts';
export { followJournal, journalTail, readJournal } from './journal-reader.ts';
export { overflowEnd } from './segments.ts';
export { type JournalCheck, verifyJournal } from './verify-journal.ts';

export interface JournalOptions {
  /** Milliseconds since the epoch. */
  readonly now: Clock;
  /** Largest segment; 8 MiB by default. */
  readonly segmentBytes?: number;
  /** Segments to keep, the current one included; 32 by default. */
  readonly maxSegments?: number;
  /** Age of a segment's last line at which the segment may go; 400 days by default. */
  readonly maxAgeMs?: number;
  /** Cursors in use besides those with a file. Lines not yet passed are kept; without a file: all. */
  readonly cursors?: readonly string[];
  /** The last line known by a witness; the journal must not end before it. */
  readonly witnessed?: JournalHead;
}

/** An open journal; all fields but `directory` are for the functions of this file. */
export interface Journal {
  readonly directory: string;
  readonly state: StateDirectory;
  readonly options: Required<JournalOptions>;
  /** Whether the end is known; if it could not be read, it is read again before a write. */
  known: boolean;
  closed: boolean;
  head: JournalHead;
  segment: Segment | undefined;
  /** Offset after the last complete line of `segment`. */
  size: number;
  /** Segments with an incomplete last line, and the size to cut them to before anything is written. */
  cuts: readonly { readonly path: string; readonly size: number }[];
  file: AppendFile | undefined;
  /** Gap lines to write before the next record. */
  gaps: readonly GapEvent[];
  failedAppends: number;
  /** Whether an earlier process's note of unwritten records is still to be reported and emptied. */
  noted: boolean;
  waiting: Waiting;
  readonly serial: Serial;
}

const day = 86_400_000;

/** Default limits of a journal. */
export const journalLimits = { segmentBytes: 8 * 1024 * 1024, maxSegments: 32, maxAgeMs: 400 * day } as const;

/** Returns the directory of the journal in a state directory. */
export function journalDirectory(stateDirectory: string): string {
  return path.join(stateDirectory, 'journal');
}

/**
 * Opens the journal of a state directory for writing: reads only the end of the last segment, repairs it
 * after an interrupted write, and prunes. Never throws for errors of the file system: while a journal cannot
 * be written every append fails, and it continues where it ended as soon as it can.
 */
export async function openJournal(state: StateDirectory, options: JournalOptions): Promise<Journal> {
  const journal: Journal = {
    directory: journalDirectory(state.path),
    state,
    options: {
      ...journalLimits,
      cursors: [],
      witnessed: genesis,
      ...options,
    },
    known: false,
    closed: false,
    head: genesis,
    segment: undefined,
    size: 0,
    cuts: [],
    file: undefined,
    gaps: [],
    failedAppends: 0,
    noted: true,
    waiting: noneWaits,
    serial: createSerial(),
  };
  await journal.serial(async () => {
    const read = await attempt(journal.state, 'the journal', () => noticeOutsiders(journal));
    if (read.ok && journal.gaps.length + gapsOfNote(readNote(journal.state.path)).length > 0)
      await writeRecords(journal, []);
    if (read.ok) await prune(journal.state, journal.directory, journal.options);
  });
  return journal;
}

/** Returns the last line, exported as `godrift_journal_head_info` so that Prometheus becomes a witness. */
export function journalHead(journal: Journal): JournalHead {
  return journal.head;
}

/** Appends a record, on the disk once this resolves with `ok`. A failure is counted, nothing is left. */
export function appendJournal(journal: Journal, record: JournalRecord): Promise<WriteResult<JournalHead>> {
  return journal.serial(async () => {
    const written = await writeRecords(journal, [{ record, timeMs: journal.options.now() }]);
    if (!written.ok) journal.failedAppends++;
    return written;
  });
}

/**
 * Queues a record for {@link retryJournal} or the next append, without waiting for the file system; false if
 * the queue is full.
 */
export function letWaitInJournal(journal: Journal, record: JournalRecord): boolean {
  const waiting = letWait(journal.waiting, { record, timeMs: journal.options.now() });
  if (waiting !== undefined) journal.waiting = waiting;
  return waiting !== undefined;
}

/** Returns the number of unwritten records: those waiting, and those that found no room. */
export function unwrittenRecords({ waiting, failedAppends }: Journal): number {
  return waiting.records.length + failedAppends;
}

/** Writes what waits; returns whether nothing waits any more. */
export function retryJournal(journal: Journal): Promise<boolean> {
  return journal.serial(
    async () => journal.waiting.records.length === 0 || (await writeRecords(journal, [])).ok,
  );
}

/** Closes the files after pending writes; later writes are refused. */
export async function closeJournal(journal: Journal): Promise<void> {
  await journal.serial(async () => {
    journal.closed = true;
    await journal.file?.close();
    journal.file = undefined;
  });
}

/**
 * Sets head, segment and size from the disk, and the gaps and cuts to make. Throws the system's error, and
 * then nothing is written until the end is known: an unreadable journal is not an empty one.
 */
async function findEnd(journal: Journal): Promise<void> {
  journal.known = false;
  await journal.file?.close().catch(() => {});
  journal.file = undefined;
  const segments = await listSegments(journal.directory);
  const last = segments.at(-1);
  let head = genesis;
  let current: { readonly segment: Segment; readonly size: number } | undefined;
  const gaps: GapEvent[] = [];
  const cuts: { readonly path: string; readonly size: number }[] = [];
  for (const segment of [...segments].reverse()) {
    const end = await readEnd(segment);
    if (end === undefined) continue;
    gaps.push(...gapsOf(segment, end));
    if (end.torn.length > 0) cuts.push({ path: segment.path, size: end.size });
    if (segment === last) current = { segment, size: end.size };
    if (end.head === undefined) continue;
    head = end.head;
    break;
  }
  // An empty segment is used if its number is right; otherwise the next line starts a new file.
  const used = current?.size === 0 && current.segment.first !== head.seq + 1 ? undefined : current;
  journal.head = head;
  journal.segment = used?.segment;
  journal.size = used?.size ?? 0;
  journal.gaps = [...journal.gaps, ...gaps];
  journal.cuts = [...journal.cuts, ...cuts];
  journal.known = true;
}

function gapsOf({ name: segment }: Segment, { unreadable, torn }: SegmentEnd): readonly GapEvent[] {
  const gaps: GapEvent[] = [];
  if (unreadable > 0) gaps.push({ type: 'gap', reason: 'unreadable-line', segment, lines: unreadable });
  if (torn.length > 0)
    gaps.push({ type: 'gap', reason: 'torn-line', segment, bytes: torn.length, digest: sha256Hex(torn) });
  return gaps;
}

/** Returns the gap line for what the previous process could not write. */
function gapsOfNote({ note }: ReturnType<typeof readNote>): readonly GapEvent[] {
  if (note === undefined) return [];
  const { records: appends, why, time: stopped } = note;
  return [{ type: 'gap', reason: 'not-written', appends, why, stopped }];
}

/** Writes pending gap lines, what waits, and the records, with one write and one fsync. */
async function writeRecords(journal: Journal, records: readonly Dated[]): Promise<WriteResult<JournalHead>> {
  return await attempt(journal.state, 'the journal', async () => {
    // Another process may hold the lock by now.
    if (journal.closed) throw Object.assign(new Error('the journal is closed'), { code: 'ESHUTDOWN' });
    await noticeOutsiders(journal);
    const now = journal.options.now();
    // More of both may arrive during this write.
    const { failedAppends, noted } = journal;
    const waiting = journal.waiting.records;
    const note = noted ? readNote(journal.state.path) : {};
    const failed = failedAppends === 0 ? [] : [notWritten(journal)];
    const date = (record: JournalRecord): Dated => ({ record, timeMs: now });
    let head = journal.head;
    const lines: Buffer[] = [];
    for (const { record, timeMs } of [
      ...gapsOfNote(note).map(date),
      ...journal.gaps.map(date),
      ...waiting,
      ...failed.map(date),
      ...records,
    ]) {
      const line = encodeLine(record, head, timeMs);
      if (line.bytes.length > lineLimitBytes)
        throw Object.assign(new Error('record too large'), { code: 'EMSGSIZE' });
      lines.push(line.bytes, Buffer.from('\n'));
      head = line.head;
    }
    const bytes = Buffer.concat(lines);
    const file = await fileFor(journal, bytes.length);
    await file.append(bytes);
    journal.size = file.size();
    journal.head = head;
    journal.gaps = [];
    journal.waiting = withoutFirst(journal.waiting, waiting.length);
    journal.failedAppends -= failedAppends;
    // A note that could not be read is reported and emptied by a later write.
    if (noted && note.left === undefined) journal.noted = !(await emptyNote(journal.state.path));
    return head;
  });
}

function notWritten({ failedAppends: appends, state }: Journal): GapEvent {
  return { type: 'gap', reason: 'not-written', appends, why: state.problem ?? 'unknown' };
}

/**
 * Reads the end again if another process wrote, cut or removed the files. Added lines are continued; where
 * lines are missing, numbers and chain continue from what was acknowledged, so that verification shows the
 * hole.
 */
async function noticeOutsiders(journal: Journal): Promise<void> {
  if (journal.known && (journal.file === undefined || (await journal.file.untouched()))) return;
  const acknowledged = journal.head;
  await findEnd(journal);
  const { witnessed } = journal.options;
  const past = acknowledged.seq < witnessed.seq ? witnessed : acknowledged;
  const { seq, hash } = journal.head;
  // A witness may know the number only.
  if (seq > past.seq || (seq === past.seq && (hash === past.hash || past === witnessed))) return;
  journal.gaps = [
    ...journal.gaps,
    { type: 'gap', reason: 'changed-outside', found_seq: seq, last_seq: past.seq },
  ];
  journal.head = past;
  if (journal.size === 0) journal.segment = undefined;
}

/** Returns the file for `bytes` more bytes, the current segment or a new one; cuts incomplete lines first. */
async function fileFor(journal: Journal, bytes: number): Promise<AppendFile> {
  const { segment, size } = journal;
  const full = size > 0 && size + bytes > journal.options.segmentBytes;
  if (full) {
    await releaseFile(journal);
    // A failed append may have left bytes behind, and a finished segment must end in a newline.
    if (segment !== undefined) journal.cuts = [...journal.cuts, { path: segment.path, size }];
  }
  await cutTorn(journal);
  if (segment === undefined || full) return await beginSegment(journal);
  journal.file ??= await openAppend(segment.path);
  return journal.file;
}

async function beginSegment(journal: Journal): Promise<AppendFile> {
  await ensureDirectory(journal.directory);
  await syncDirectory(journal.state.path);
  for (const later of (await listSegments(journal.directory)).filter(
    ({ first }) => first > journal.head.seq,
  )) {
    // Left by an interrupted start or a removed head; without a line it may go.
    if ((await readEnd(later))?.head === undefined) await removeFile(later.path);
  }
  journal.segment = segmentAt(journal.directory, journal.head.seq + 1);
  journal.size = 0;
  journal.file = await openAppend(journal.segment.path);
  await prune(journal.state, journal.directory, journal.options);
  return journal.file;
}

async function cutTorn(journal: Journal): Promise<void> {
  for (const { path: file, size } of journal.cuts) {
    const torn = await openAppend(file);
    try {
      if (torn.size() > size) await torn.cut(size);
    } finally {
      await torn.close();
    }
  }
  journal.cuts = [];
}

async function releaseFile(journal: Journal): Promise<void> {
  await journal.file?.close();
  journal.file = undefined;
}
