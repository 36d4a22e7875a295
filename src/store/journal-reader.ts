/** Reading the journal: forward from a line on, and following it as it grows. Never writes. */
import { directoryChanges, readLines } from '../host/append.ts';
import { errorCode } from '../host/files.ts';
import { decodeLine, type JournalLine } from './journal-line.ts';
import { listSegments } from './segments.ts';

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

/** A reader of the lines behind number `behind`: each call goes on where the last one was left, or where the journal ended then. */
export function journalTail(directory: string, behind: number): () => AsyncGenerator<JournalLine> {
  const position: Position = { first: 0, offset: 0 };
  return () => linesFrom(directory, position, behind + 1);
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
