/** Reads the journal forward from a line on, and follows it as it grows. Never writes. */
import { directoryChanges, readLines } from '../host/append.ts';
import { errorCode } from '../host/errors.ts';
import { decodeLine, isKnown, type JournalLine } from './journal-line.ts';
import { listSegments } from './segments.ts';

/**
 * Position of a reader: lines up to `seq` are read, and so is everything before `offset` in the segment that
 * begins with line `first`.
 */
interface Position {
  seq: number;
  first: number;
  offset: number;
  /**
   * The line before `offset`, beginning at `start`. If it is not there any more, the file was cut or
   * replaced.
   */
  start: number;
  line: Buffer;
}

const behindLine = (seq: number): Position => ({ seq, first: 0, offset: 0, start: 0, line: Buffer.alloc(0) });

/**
 * Yields the lines from `from` on (default: the oldest kept), in order. Skips invalid lines and types of a
 * newer version, which {@link verifyJournal} reports. `directory` is that of the journal.
 */
export function readJournal(
  directory: string,
  { from = 1 }: { readonly from?: number } = {},
): AsyncGenerator<JournalLine> {
  return linesFrom(directory, behindLine(from - 1));
}

/** {@link readJournal}, followed by each line that any process appends, until the signal is aborted. */
export async function* followJournal(
  directory: string,
  signal: AbortSignal,
  { from = 1, everyMs = 1000 }: { readonly from?: number; readonly everyMs?: number } = {},
): AsyncGenerator<JournalLine> {
  const position = behindLine(from - 1);
  // The parent is not watched: polling notices when the journal's directory is created.
  for await (const _ of directoryChanges(directory, signal, everyMs)) {
    for await (const line of linesFrom(directory, position)) {
      if (signal.aborted) return;
      yield line;
    }
  }
}

/** Returns a reader of the lines after number `behind`; each call continues where the last one stopped. */
export function journalTail(directory: string, behind: number): () => AsyncGenerator<JournalLine> {
  const position = behindLine(behind);
  return () => linesFrom(directory, position);
}

/** Reports whether the last line read is still in its place before the offset. */
async function unchanged(file: string, { start, offset, line }: Position): Promise<boolean> {
  if (offset === 0) return true;
  for await (const { bytes, end } of readLines(file, start)) return end === offset && bytes.equals(line);
  return false;
}

/**
 * Yields the lines after a position, which advances. In a file that was cut or replaced the position is found
 * again by line numbers.
 */
async function* linesFrom(directory: string, position: Position): AsyncGenerator<JournalLine> {
  // Listed before reading: a segment with a successor in this list is complete.
  const segments = await listSegments(directory);
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (segment.first < position.first || (next !== undefined && next.first <= position.seq + 1)) continue;
    if (segment.first > position.first) {
      position.first = segment.first;
      position.offset = 0;
    }
    try {
      if (!(await unchanged(segment.path, position))) position.offset = 0;
      for await (const { bytes, end } of readLines(segment.path, position.offset)) {
        position.start = position.offset;
        position.offset = end;
        position.line = bytes;
        const line = decodeLine(bytes);
        if (typeof line === 'string' || line.seq <= position.seq) continue;
        position.seq = line.seq;
        if (isKnown(line)) yield line;
      }
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error; // pruned meanwhile
    }
  }
}
