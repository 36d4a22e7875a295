/** Proving the chain of a journal: each line follows from the one before, none is missing, and none that a witness knows of. Never writes. */
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

/** The result of walking the chain. */
export interface Verdict {
  /** How many of the lines that others saw (with their digest) stand there as they saw them. */
  readonly confirmed: number;
  /** Witnesses of lines that are older than what is kept: of those nothing can be said. */
  readonly tooOld: number;
  readonly ok: boolean;
  /** Lines read, the broken one included. */
  readonly lines: number;
  /** The oldest line that is kept, and the last that was read; compare the latter with what Prometheus recorded. */
  readonly first: number | undefined;
  readonly head: JournalHead | undefined;
  /** Bytes behind the last newline: a line that is just being written, or that a crash left. */
  readonly tornBytes: number;
  /** The first line of a type that this version does not know: a newer one wrote it. It belongs to the chain as all others do. */
  readonly firstNewer?: { readonly segment: string; readonly line: number; readonly type: string };
  readonly firstBroken?: {
    readonly segment: string;
    readonly line: number;
    readonly seq: number;
    readonly why: string;
  };
}

type Walk = { -readonly [K in keyof Verdict]: Verdict[K] };

/** Witnesses that know digests, by the number of the line. */
type BySeq = ReadonlyMap<number, readonly Witness[]>;

/**
 * Walks the whole chain and names the first line that breaks it: its segment, its line there (from 1), the number it
 * should have. What retention removed is not missed. What was removed from the end, or all of it, only a witness can
 * tell: one found before the walk began, so that it cannot know more than was there, or a head that Prometheus recorded. A journal that was
 * rewritten with its chain recomputed is contradicted by every head of later lines.
 * With `from` only lines with that number and later ones are looked at. `see` is given every line that follows from the one before and is of a known type. Throws the system's error where the folder cannot be read.
 */
export async function verifyJournal(
  directory: string,
  witnesses: readonly Witness[] = [],
  from = 0,
  see: (line: JournalLine) => void = () => {},
): Promise<Verdict> {
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
    // Retention takes the oldest away while we read.
    if (walk.head === undefined && (await lstatOf(segment.path)) === undefined) continue;
    await walkSegment(walk, segment, { last: segment === segments.at(-1), from, see }, bySeq);
    if (!walk.ok) return walk;
  }
  // What the oldest line says of the one before it is as good as that line.
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
  // The files themselves are evidence: a missing segment shows before its successor's first line is read.
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

/** Why a line is not the one that must stand there; `before` is undefined for the oldest line that is kept. */
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

/** What a line that can be read says of the one before it. */
function prevOf(line: ChainLine | string): string {
  return typeof line === 'string' ? genesis.hash : line.prev;
}

/** Why a line is another one than a witness saw there; a witness may know the beginning of the digest only. */
function contradiction({ seq, hash }: JournalHead, witnesses: BySeq): string | undefined {
  const other = witnesses.get(seq)?.find((one) => !hash.startsWith(one.hash ?? ''));
  return other === undefined
    ? undefined
    : `line ${seq} is another one than ${other.by} knows (${other.hash?.slice(0, 16)}): it was rewritten, or a line before it`;
}
