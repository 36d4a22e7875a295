/** Lines at the end of a journal that hold a text: found in its bytes, so that the lines between are not taken apart. Never writes. */
import { withBytes } from '../host/append.ts';
import { decodeLine, isKnown, type JournalLine } from './journal-line.ts';
import { listSegments } from './segments.ts';

/** How far back is searched, bytes: some thousand drifts, read within a moment. */
const mostBytes = 8 * 1024 * 1024;
const newline = 0x0a;

/** The lines of these bytes that hold one of the texts, and that this version understands. What is behind the last newline was never acknowledged. */
function linesIn(bytes: Buffer, texts: readonly string[]): readonly JournalLine[] {
  const found = new Map<number, JournalLine>();
  for (const text of texts) {
    for (let at = bytes.indexOf(text); at !== -1; ) {
      const start = bytes.lastIndexOf(newline, at) + 1;
      const end = bytes.indexOf(newline, at);
      if (end === -1) break;
      // A line that begins before these bytes is cut off, and does not decode.
      const line = decodeLine(bytes.subarray(start, end));
      if (typeof line !== 'string' && isKnown(line)) found.set(line.seq, line);
      at = bytes.indexOf(text, end);
    }
  }
  return [...found.values()];
}

/**
 * The lines of a journal, the newest first, that hold one of the texts, each at most once, as far back as `most` bytes from its end. `directory` is the journal's. Throws
 * the system's error for what is there and cannot be read.
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
