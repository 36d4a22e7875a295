/**
 * Verifies the chain of a journal: each line follows from the one before, no line is missing, and none that a
 * witness knows of. Never writes.
 */
import { readLines } from '../host/append.ts';
import { lstatOf } from '../host/atomic.ts';
import { sha256Hex } from '../host/digest.ts';
import { isSystemError } from '../host/errors.ts';
import {
  type ChainLine,
  decodeLine,
  genesis,
  isKnown,
  type JournalHead,
  type JournalLine,
} from './journal-line.ts';
import { listSegments, type Segment, segmentAt } from './segments.ts';
import { systemReason } from './state-directory.ts';
import type { Witness } from './witness.ts';

/** The result of verifying the chain. */
export interface JournalCheck {
  /** Number of witnessed lines (with digest) found unchanged. */
  readonly confirmed: number;
  /** Number of witnesses of lines older than those kept, about which nothing can be said. */
  readonly tooOld: number;
  readonly ok: boolean;
  /** Lines read, the broken one included. */
  readonly lines: number;
  /** The oldest line kept, and the last line read; compare the latter with what Prometheus recorded. */
  readonly first: number | undefined;
  readonly head: JournalHead | undefined;
  /** Bytes after the last newline: a line being written, or left by a crash. */
  readonly tornBytes: number;
  /**
   * The first line of a type unknown to this version, written by a newer one. It is part of the chain like
   * all others.
   */
  readonly firstNewer?: { readonly segment: string; readonly line: number; readonly type: string };
  readonly firstBroken?: {
    readonly segment: string;
    readonly line: number;
    readonly seq: number;
    readonly why: string;
  };
}

type Walk = { -readonly [K in keyof JournalCheck]: JournalCheck[K] };

/** Witnesses with a digest, by line number. */
type BySeq = ReadonlyMap<number, readonly Witness[]>;

/**
 * Verifies the whole chain and names the first line that breaks it: its segment, its line there (from 1), the
 * number it should have. Lines removed by retention are not missed.
 *
 * Lines removed from the end, even all of them, are detected only by a witness: one read before the walk
 * began, so that it knows no later line, or a head that Prometheus recorded. A journal rewritten with a
 * recomputed chain is contradicted by every recorded head of later lines.
 *
 * With `from` only lines from that number on are checked. `see` gets every valid line of a known type. Throws
 * the system's error if the folder cannot be read.
 */
export async function verifyJournal(
  directory: string,
  witnesses: readonly Witness[] = [],
  from = 0,
  see: (line: JournalLine) => void = () => {},
): Promise<JournalCheck> {
  const walk: Walk = {
    confirmed: 0,
    tooOld: 0,
    ok: true,
    lines: 0,
    first: undefined,
    head: undefined,
    tornBytes: 0,
  };
  const bySeq = new Map<number, readonly Witness[]>();
  for (const one of witnesses)
    if (one.hash !== undefined) bySeq.set(one.seq, [...(bySeq.get(one.seq) ?? []), one]);
  const all = await listSegments(directory);
  const segments = all.filter((_, index) => (all[index + 1]?.first ?? from + 1) > from);
  for (const segment of segments) {
    // Retention may remove the oldest segments meanwhile.
    if (walk.head === undefined && (await lstatOf(segment.path)) === undefined) continue;
    await walkSegment(walk, segment, { last: segment === segments.at(-1), from, see }, bySeq);
    if (!walk.ok) return walk;
  }
  // The `prev` of the oldest line proves the line before it, too.
  const provable = (walk.first ?? Number.POSITIVE_INFINITY) - 1;
  walk.tooOld = witnesses.filter(({ seq, hash }) => seq > 0 && hash !== undefined && seq < provable).length;
  const known = witnesses.toSorted((a, b) => b.seq - a.seq)[0];
  const seq = (walk.head?.seq ?? 0) + 1;
  if (known !== undefined && seq <= known.seq) {
    const segment = segments.at(-1) ?? segmentAt(directory, seq);
    breakAt(walk, segment, walk.lines + 1, seq, `${missing(seq, known.seq)}, which ${known.by} knows`);
  }
  return walk;
}

function missing(from: number, to: number): string {
  return from === to ? `line ${from} is missing` : `lines ${from} to ${to} are missing`;
}

function breakAt(walk: Walk, { name }: Segment, line: number, seq: number, why: string): void {
  walk.ok = false;
  walk.firstBroken = { segment: name, line, seq, why };
}

interface WalkOptions {
  readonly last: boolean;
  readonly from: number;
  readonly see: (line: JournalLine) => void;
}

async function walkSegment(
  walk: Walk,
  segment: Segment,
  { last, from, see }: WalkOptions,
  witnesses: BySeq,
): Promise<void> {
  // The file names are evidence too: a missing segment shows before its successor's first line is read.
  let number = 0;
  let offset = 0;
  const next = () => walk.head?.seq ?? segment.first + number - 2;
  try {
    for await (const { bytes, end } of readLines(segment.path)) {
      offset = end;
      number++;
      if (walk.head === undefined && segment.first + number - 1 < from) continue;
      walk.lines++;
      const seq = next() + 1;
      const here = { seq, hash: sha256Hex(bytes) };
      const line = decodeLine(bytes);
      const why = flawOf(line, walk.head, segment, { seq, number });
      if (why !== undefined) return breakAt(walk, segment, number, seq, why);
      const before = walk.head ?? { seq: seq - 1, hash: prevOf(line) };
      for (const place of walk.head === undefined ? [before, here] : [here]) {
        const told = contradiction(place, witnesses);
        if (told !== undefined) return breakAt(walk, segment, number, place.seq, told);
        walk.confirmed += witnesses.get(place.seq)?.length ?? 0;
      }
      walk.first ??= seq;
      walk.head = here;
      if (typeof line === 'string') continue;
      if (isKnown(line)) see(line);
      else walk.firstNewer ??= { segment: segment.name, line: number, type: line.type };
    }
    walk.tornBytes = Math.max(0, ((await lstatOf(segment.path))?.size ?? offset) - offset);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    number++;
    return breakAt(walk, segment, number, next() + 1, `cannot be read: ${systemReason(error)}`);
  }
  if (walk.tornBytes === 0 || last) return;
  const why = `has ${walk.tornBytes} bytes without a newline at its end, and is not the last segment`;
  number++;
  breakAt(walk, segment, number, next() + 1, why);
}

/** Returns why a line is wrong in its place; `before` is undefined for the oldest line kept. */
function flawOf(
  line: ChainLine | string,
  before: JournalHead | undefined,
  segment: Segment,
  { seq, number }: { readonly seq: number; readonly number: number },
): string | undefined {
  if (number === 1 && segment.first !== seq)
    return `begins at ${segment.first}: ${missing(seq, segment.first - 1)}`;
  if (typeof line === 'string') return line;
  if (line.seq !== seq) return `has the number ${line.seq}`;
  const { reason, found_seq: found } = line.record as { reason?: unknown; found_seq?: unknown };
  if (before === undefined && line.type === 'gap' && reason === 'changed-outside')
    return `${missing(Number(found) + 1, seq - 1)}: it was begun where the journal had been emptied`;
  const prev = before?.hash ?? (seq === 1 ? genesis.hash : line.prev);
  return line.prev === prev ? undefined : 'does not follow from the line before: one of the two was changed';
}

/** Returns the digest of the line before that a line names. */
function prevOf(line: ChainLine | string): string {
  return typeof line === 'string' ? genesis.hash : line.prev;
}

/** Returns how a line contradicts a witness, which may know only the beginning of the digest. */
function contradiction({ seq, hash }: JournalHead, witnesses: BySeq): string | undefined {
  const other = witnesses.get(seq)?.find((one) => !hash.startsWith(one.hash ?? ''));
  return other === undefined
    ? undefined
    : `line ${seq} is another one than ${other.by} knows (${other.hash?.slice(0, 16)}): it was rewritten, or a line before it`;
}
