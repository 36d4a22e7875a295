/**
 * Searches the end of a journal for lines with a text, in its bytes, so that other lines are not parsed.
 * Never writes.
 */
import { withBytes } from '../host/append.ts';
import { decodeLine, isKnown, type JournalLine } from './journal-line.ts';
import { listSegments } from './segments.ts';

/** Bytes searched back from the end: some thousand drifts, read within a moment. */
const mostBytes = 8 * 1024 * 1024;
const newline = 0x0a;

/**
 * Returns the lines with one of the texts that this version understands. Bytes after the last newline were
 * never acknowledged.
 */
function linesIn(bytes: Buffer, texts: readonly string[]): readonly JournalLine[] {
  const found = new Map<number, JournalLine>();
  for (const text of texts) {
    for (let at = bytes.indexOf(text); at !== -1; ) {
      const start = bytes.lastIndexOf(newline, at) + 1;
      const end = bytes.indexOf(newline, at);
      if (end === -1) break;
      // A line that begins before these bytes is incomplete and does not decode.
      const line = decodeLine(bytes.subarray(start, end));
      if (typeof line !== 'string' && isKnown(line)) found.set(line.seq, line);
      at = bytes.indexOf(text, end);
    }
  }
  return [...found.values()];
}

/**
 * Returns the lines with one of the texts, newest first, each once, from the last `most` bytes of a journal
 * in `directory`. Throws the system's error for a file that exists and cannot be read.
 */
export async function newestLinesWith(
  directory: string,
  texts: readonly string[],
  most = mostBytes,
): Promise<readonly JournalLine[]> {
  const found: JournalLine[] = [];
  let left = most;
  for (const segment of (await listSegments(directory)).toReversed()) {
    if (left <= 0) break;
    const bytes = await withBytes(segment.path, (readAt, size) => {
      const length = Math.min(size, left);
      return readAt(size - length, length);
    });
    left -= bytes?.length ?? 0;
    found.push(...(bytes === undefined ? [] : linesIn(bytes, texts)));
  }
  return found.sort((a, b) => b.seq - a.seq);
}
