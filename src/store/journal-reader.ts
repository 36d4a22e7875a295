/** Reading the journal: forward from a line on, following it as it grows, and proving its chain. Never writes. */
import { directoryChanges, readLines } from '../host/append.ts';
import { sha256Hex } from '../host/digest.ts';
import { errorCode, stampOf } from '../host/files.ts';
import { decodeLine, genesis, type JournalHead, type JournalLine } from './journal-line.ts';
import { listSegments, type Segment } from './segments.ts';

/** Where a reader stands: everything before `offset` of the segment that begins with `first` is read. */
interface Position {
  first: number;
  offset: number;
}

/**
 * The lines from `from` on (default: the oldest that is kept), in order; those that cannot be read are left out, and
 * {@link verifyJournal} names them. `directory` is the journal's.
 */
export function readJournal(
  directory: string,
  { from = 1 }: { readonly from?: number } = {},
): AsyncGenerator<JournalLine> {
  return linesFrom(directory, { first: 0, offset: 0 }, from);
}

/** As {@link readJournal}, then each line as it is appended (by any process), until the signal. */
export async function* followJournal(
  directory: string,
  signal: AbortSignal,
  { from = 1, everyMs = 1000 }: { readonly from?: number; readonly everyMs?: number } = {},
): AsyncGenerator<JournalLine> {
  const position: Position = { first: 0, offset: 0 };
  // The parent is not watched: until the journal's directory exists, the period finds it.
  for await (const _ of directoryChanges(directory, signal, everyMs)) {
    for await (const line of linesFrom(directory, position, from)) {
      if (signal.aborted) return;
      yield line;
    }
  }
}

/** The lines behind a position, which moves on. */
async function* linesFrom(directory: string, position: Position, from: number): AsyncGenerator<JournalLine> {
  // Listed before it is read: a segment that has a successor in this list is complete.
  const segments = await listSegments(directory);
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (segment.first < position.first || (next !== undefined && next.first <= from)) continue;
    if (segment.first > position.first) {
      position.first = segment.first;
      position.offset = 0;
    }
    try {
      for await (const { bytes, end } of readLines(segment.path, position.offset)) {
        position.offset = end;
        const line = decodeLine(bytes);
        if (typeof line !== 'string' && line.seq >= from) yield line;
      }
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error; // pruned meanwhile
    }
  }
}

/** The result of walking the chain. */
export interface Verdict {
  readonly ok: boolean;
  /** Lines read, the broken one included. */
  readonly lines: number;
  /** The oldest line that is kept, and the last that was read; compare the latter with what Prometheus recorded. */
  readonly first: number | undefined;
  readonly head: JournalHead | undefined;
  /** Bytes behind the last newline: a line that is just being written, or that a crash left. */
  readonly tornBytes: number;
  readonly firstBroken?: {
    readonly segment: string;
    readonly line: number;
    readonly seq: number;
    readonly why: string;
  };
}

/**
 * Walks the whole chain and names the first line that breaks it: its segment, its line there (from 1), the number it
 * should have. What retention removed is not missed; what was removed from the end only the witnessed head can tell.
 */
export async function verifyJournal(directory: string): Promise<Verdict> {
  let lines = 0;
  let first: number | undefined;
  let head: JournalHead | undefined;
  let tornBytes = 0;
  const segments = await listSegments(directory);
  for (const segment of segments) {
    // The files themselves are evidence: a missing segment shows before its successor's first line is read.
    let expected: JournalHead | undefined = head;
    let number = 0;
    let offset = 0;
    // Retention takes the oldest away while we read.
    if (head === undefined && (await stampOf({ root: '/', path: segment.path })) === undefined) continue;
    for await (const { bytes, end } of readLines(segment.path)) {
      offset = end;
      number++;
      lines++;
      const seq: number = expected === undefined ? segment.first : expected.seq + 1;
      const why = flawOf(bytes, seq, expected, segment, number);
      if (why !== undefined) {
        return {
          ok: false,
          lines,
          first,
          head,
          tornBytes,
          firstBroken: { segment: segment.name, line: number, seq, why },
        };
      }
      first ??= seq;
      head = { seq, hash: sha256Hex(bytes) };
      expected = head;
    }
    tornBytes = ((await stampOf({ root: '/', path: segment.path }))?.size ?? offset) - offset;
    if (tornBytes > 0 && segment !== segments.at(-1)) {
      const why = `has ${tornBytes} bytes without a newline at its end, and is not the last segment`;
      const seq = (head?.seq ?? segment.first - 1) + 1;
      return {
        ok: false,
        lines,
        first,
        head,
        tornBytes,
        firstBroken: { segment: segment.name, line: number + 1, seq, why },
      };
    }
  }
  return { ok: true, lines, first, head, tornBytes: Math.max(0, tornBytes) };
}

/** Why a line is not the one that must stand there; `before` is undefined for the oldest line that is kept. */
function flawOf(
  bytes: Buffer,
  seq: number,
  before: JournalHead | undefined,
  segment: Segment,
  number: number,
): string | undefined {
  if (number === 1 && segment.first !== seq)
    return `begins at ${segment.first}: lines ${seq} to ${segment.first - 1} are missing`;
  const line = decodeLine(bytes);
  if (typeof line === 'string') return line;
  if (line.seq !== seq) return `has the number ${line.seq}`;
  const prev = before?.hash ?? (seq === 1 ? genesis.hash : line.prev);
  return line.prev === prev ? undefined : 'does not follow from the line before: one of the two was changed';
}
