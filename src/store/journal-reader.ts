/** Reading the journal: forward from a line on, and following it as it grows. Never writes. */
import { directoryChanges, readLines } from '../host/append.ts';
import { errorCode } from '../host/errors.ts';
import { decodeLine, isKnown, type JournalLine } from './journal-line.ts';
import { listSegments } from './segments.ts';

/** Where a reader stands: everything up to line `seq` is read, in the segment that begins with `first` everything before `offset`. */
interface Position {
  seq: number;
  first: number;
  offset: number;
  /** The line before `offset`, which begins at `start`: when it is there no more, somebody cut or replaced the file. */
  start: number;
  line: Buffer;
}

const behindLine = (seq: number): Position => ({ seq, first: 0, offset: 0, start: 0, line: Buffer.alloc(0) });

/**
 * The lines from `from` on (default: the oldest that is kept), in order; those that cannot be read, or that a newer version wrote of a type of its own,
 * are left out, and {@link verifyJournal} names them. `directory` is the journal's.
 */
export function readJournal(
  directory: string,
  { from = 1 }: { readonly from?: number } = {},
): AsyncGenerator<JournalLine> {
  return linesFrom(directory, behindLine(from - 1));
}

/** As {@link readJournal}, then each line as it is appended (by any process), until the signal. */
export async function* followJournal(
  directory: string,
  signal: AbortSignal,
  { from = 1, everyMs = 1000 }: { readonly from?: number; readonly everyMs?: number } = {},
): AsyncGenerator<JournalLine> {
  const position = behindLine(from - 1);
  // The parent is not watched: until the journal's directory exists, the period finds it.
  for await (const _ of directoryChanges(directory, signal, everyMs)) {
    for await (const line of linesFrom(directory, position)) {
      if (signal.aborted) return;
      yield line;
    }
  }
}

/** A reader of the lines behind number `behind`: each call goes on where the last one was left, or where the journal ended then. */
export function journalTail(directory: string, behind: number): () => AsyncGenerator<JournalLine> {
  const position = behindLine(behind);
  return () => linesFrom(directory, position);
}

/** Whether what was read of a segment is still in front of the place where reading goes on. */
async function unchanged(file: string, { start, offset, line }: Position): Promise<boolean> {
  if (offset === 0) return true;
  for await (const { bytes, end } of readLines(file, start)) return end === offset && bytes.equals(line);
  return false;
}

/** The lines behind a position, which moves on. In a file that was cut or replaced below it the place is found again by the lines' numbers. */
async function* linesFrom(directory: string, position: Position): AsyncGenerator<JournalLine> {
  // Listed before it is read: a segment that has a successor in this list is complete.
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
