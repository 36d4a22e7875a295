/**
 * The journal: what happened, once, in order, provably (design §7, contract §4). Everything that must not be lost is
 * written here first; spans, the event log and notifications are read from it.
 *
 * Format. `journal/journal-<number of the first line, 12 digits>.jsonl` holds lines of UTF-8, each a JSON object:
 *
 *   {"seq":7,"time":"2026-11-22T08:15:30.123Z","type":"drift",…,"prev":"<sha256>","trace_id":"…","span_id":"…"}
 *
 * - `seq` counts from 1 by one over all segments and is the order; `time` is what the clock said and may go back.
 * - `type` is one of `journalTypes`; what lies between it and `prev` belongs to the type.
 * - `prev` is the SHA-256, in hex, of the line before without its newline; 64 zeros in line 1. The chain runs on across
 *   segments. `trace_id` and `span_id` are there where the line has a span.
 * - A line counts when its newline is on the disk. What is behind the last newline was never acknowledged: it is cut at
 *   the next start, and a line of type `gap` says so.
 *
 * `gap` lines carry `reason`: `torn-line` (`bytes`, `digest` of what was cut), `unreadable-line` (`lines` at the end
 * that cannot be read; they stay, and verification names them), `not-written` (`appends` that failed before this line,
 * and why; `stopped`: when a process ended with them, unwritten.ts) and `changed-outside` (somebody cut, emptied or replaced the files, which end at `found_seq`; `last_seq` was
 * acknowledged last).
 *
 * One process writes, the one that holds the lock of the state directory. Segments end by size; the oldest are removed
 * by count and age, but never one that holds lines that a cursor has still to pass. What cannot be written now may wait
 * (waiting.ts) and is written in its order, with its own time, in front of what follows.
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
export { type Verdict, verifyJournal } from './verify-journal.ts';

export interface JournalOptions {
  /** Milliseconds since the epoch. */
  readonly now: Clock;
  /** A segment ends before the line that would make it larger; 8 MiB unless told. */
  readonly segmentBytes?: number;
  /** Segments to keep, the current one included; 32 unless told. */
  readonly maxSegments?: number;
  /** Age of a segment's last line at which it may go; 400 days unless told. */
  readonly maxAgeMs?: number;
  /** Cursors in use beside those that have a file: lines that one of them has not passed are kept. Without a file it has passed nothing. */
  readonly cursors?: readonly string[];
  /** What is known from elsewhere to have been in the journal: its last line is no earlier one. */
  readonly witnessed?: JournalHead;
}

/** An open journal; everything but `directory` is for the functions of this file. */
export interface Journal {
  readonly directory: string;
  readonly state: StateDirectory;
  readonly options: Required<JournalOptions>;
  /** Whether the end is known; a journal that could not be read is read again before anything is written. */
  known: boolean;
  closed: boolean;
  head: JournalHead;
  segment: Segment | undefined;
  /** Offset behind the last complete line of `segment`. */
  size: number;
  /** Segments with bytes behind their last complete line, and where to cut them before anything is written. */
  cuts: readonly { readonly path: string; readonly size: number }[];
  file: AppendFile | undefined;
  /** Still to be written, in front of the next record. */
  gaps: readonly GapEvent[];
  failedAppends: number;
  /** Whether the note of what an earlier process could not write is still to be emptied, or made. */
  noted: boolean;
  waiting: Waiting;
  readonly serial: Serial;
}

const day = 86_400_000;

/** What is kept of a journal unless told otherwise, whatever was sent of it. */
export const journalLimits = { segmentBytes: 8 * 1024 * 1024, maxSegments: 32, maxAgeMs: 400 * day } as const;

/** The directory of the journal in a state directory. */
export function journalDirectory(stateDirectory: string): string {
  return path.join(stateDirectory, 'journal');
}

/**
 * Opens the journal of a state directory for writing: reads the end of the last segment only, repairs it where the last
 * writer was interrupted, and prunes. Never throws for what the file system answers; a journal that cannot be written
 * says so at each append, and goes on where it ended as soon as it can.
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

/** The last line: what `godrift_journal_head_info` shows, so that Prometheus witnesses the chain from outside. */
export function journalHead(journal: Journal): JournalHead {
  return journal.head;
}

/** Appends one record; when this resolves with `ok`, the line is on the disk. A failure is counted, and leaves nothing behind. */
export function appendJournal(journal: Journal, record: JournalRecord): Promise<WriteResult<JournalHead>> {
  return journal.serial(async () => {
    const written = await writeRecords(journal, [{ record, timeMs: journal.options.now() }]);
    if (!written.ok) journal.failedAppends++;
    return written;
  });
}

/**
 * Lets one record wait for {@link retryJournal} or the next append, at its place behind those that wait already, whatever hangs meanwhile;
 * false when too much waits.
 */
export function letWaitInJournal(journal: Journal, record: JournalRecord): boolean {
  const waiting = letWait(journal.waiting, { record, timeMs: journal.options.now() });
  if (waiting !== undefined) journal.waiting = waiting;
  return waiting !== undefined;
}

/** Records that are not written: those that wait, and those that found no room. */
export function unwrittenRecords({ waiting, failedAppends }: Journal): number {
  return waiting.records.length + failedAppends;
}

/** Writes what waits; true when nothing does any more. */
export function retryJournal(journal: Journal): Promise<boolean> {
  return journal.serial(
    async () => journal.waiting.records.length === 0 || (await writeRecords(journal, [])).ok,
  );
}

/** Closes the files once what was asked for is written; what is asked for later is refused. */
export async function closeJournal(journal: Journal): Promise<void> {
  await journal.serial(async () => {
    journal.closed = true;
    await journal.file?.close();
    journal.file = undefined;
  });
}

/**
 * Sets head, segment and size from the disk, and notes what must be said about how it was left. Throws the system's
 * error, and then nothing is written until the end is known: what cannot be read is not taken for nothing.
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
  // An empty segment is used when it is the right one; otherwise the next line begins a new file.
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

/** What the process before this one could not write. */
function gapsOfNote({ note }: ReturnType<typeof readNote>): readonly GapEvent[] {
  if (note === undefined) return [];
  const { records: appends, why, time: stopped } = note;
  return [{ type: 'gap', reason: 'not-written', appends, why, stopped }];
}

/** Writes the pending gap lines, what waits and the records with one write and one fsync. */
async function writeRecords(journal: Journal, records: readonly Dated[]): Promise<WriteResult<JournalHead>> {
  return await attempt(journal.state, 'the journal', async () => {
    // Another process may hold the lock by now.
    if (journal.closed) throw Object.assign(new Error('the journal is closed'), { code: 'ESHUTDOWN' });
    await noticeOutsiders(journal);
    const now = journal.options.now();
    // More of both may come while this write takes its time.
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
    // One that could not be read is told, and emptied, by a later write.
    if (noted && note.left === undefined) journal.noted = !(await emptyNote(journal.state.path));
    return head;
  });
}

function notWritten({ failedAppends: appends, state }: Journal): GapEvent {
  return { type: 'gap', reason: 'not-written', appends, why: state.problem ?? 'unknown' };
}

/**
 * Reads the end anew when somebody else wrote, cut or removed the files. Lines that were added are continued; where
 * lines are missing, numbers and chain go on from what was acknowledged, so that verification names the hole.
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

/** The file that takes that many bytes more: the current segment, or a new one; torn ends are cut before. */
async function fileFor(journal: Journal, bytes: number): Promise<AppendFile> {
  const { segment, size } = journal;
  const full = size > 0 && size + bytes > journal.options.segmentBytes;
  if (full) {
    await releaseFile(journal);
    // An append that failed may have left bytes behind; a segment that is left for good must end in a newline.
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
    // Of a start that was interrupted, or a head that was taken away: without a line it may go.
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
