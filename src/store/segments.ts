/** The files of a journal: their names, their order, and where the last of them ends. */
import path from 'node:path';
import { namesIn, withBytes } from '../host/append.ts';
import { sha256Hex } from '../host/digest.ts';
import { stampOf } from '../host/files.ts';
import { type ChainLine, decodeLine, type JournalHead } from './journal-line.ts';

/** One file; `first` is the number of its first line. */
export interface Segment {
  readonly name: string;
  readonly path: string;
  readonly first: number;
}

const segmentName = /^journal-(\d{12,16})\.jsonl$/;

/** The file whose first line has that number. Twelve digits, so that the order of names is the order of lines. */
export function segmentAt(directory: string, first: number): Segment {
  const name = `journal-${String(first).padStart(12, '0')}.jsonl`;
  return { name, path: path.join(directory, name), first };
}

/** The segments of a journal, oldest first; other files are ignored. Throws the system's error for what is there and cannot be read. */
export async function listSegments(directory: string): Promise<readonly Segment[]> {
  const found: Segment[] = [];
  for (const name of await namesIn(directory)) {
    const match = segmentName.exec(name);
    if (match?.[1] !== undefined)
      found.push({ name, path: path.join(directory, name), first: Number(match[1]) });
  }
  return found.sort((a, b) => a.first - b.first);
}

/** The end of a segment. */
export interface SegmentEnd {
  /** Offset behind the last complete line. */
  readonly size: number;
  /** The bytes behind it: a line whose write was interrupted. */
  readonly torn: Buffer;
  /** The last complete line; `seq` is counted on where that line, or some before it, cannot be read. */
  readonly head: JournalHead | undefined;
  /** The last line that can be read, and how many unreadable ones follow it. */
  readonly line: ChainLine | undefined;
  readonly unreadable: number;
}

const newline = 10;

/**
 * Reads backwards from the end, as far as the last readable line; undefined when there is no such file. Throws the system's error for one
 * that cannot be read: what it holds is not known, and must not be taken for nothing.
 */
export async function readEnd(
  segment: Segment,
  firstChunkBytes = 64 * 1024,
): Promise<SegmentEnd | undefined> {
  return withBytes(segment.path, async (readAt, size) => {
    for (let length = firstChunkBytes; ; length *= 2) {
      const start = Math.max(0, size - length);
      const end = endIn(await readAt(start, size - start), start, segment);
      if (end !== undefined) return end;
    }
  });
}

/** The end within the file's last bytes, which begin at `start`; undefined when more bytes are needed. */
function endIn(bytes: Buffer, start: number, segment: Segment): SegmentEnd | undefined {
  const last = bytes.lastIndexOf(newline);
  if (last === -1 && start > 0) return undefined;
  const torn = bytes.subarray(last + 1);
  const size = start + last + 1;
  let unreadable = 0;
  let hash: string | undefined;
  for (let stop = last; stop >= 0; ) {
    const before = stop === 0 ? -1 : bytes.lastIndexOf(newline, stop - 1);
    if (before === -1 && start > 0) return undefined; // the line may begin before these bytes
    const text = bytes.subarray(before + 1, stop);
    hash ??= sha256Hex(text);
    const line = decodeLine(text);
    if (typeof line !== 'string')
      return { size, torn, head: { seq: line.seq + unreadable, hash }, line, unreadable };
    unreadable++;
    stop = before;
  }
  const head = hash === undefined ? undefined : { seq: segment.first + unreadable - 1, hash };
  return { size, torn, head, line: undefined, unreadable };
}

/**
 * The last line that has to go so that the segments with lines behind number `behind` take at most `limitBytes`; undefined when they
 * do. The newest segment is always left.
 */
export async function overflowEnd(
  directory: string,
  behind: number,
  limitBytes: number,
): Promise<number | undefined> {
  const segments = await listSegments(directory);
  let bytes = 0;
  for (const [index, segment] of [...segments.entries()].reverse()) {
    const next = segments[index + 1];
    if (next !== undefined && next.first <= behind + 1) return undefined;
    bytes += stampOf({ root: '/', path: segment.path })?.size ?? 0;
    if (bytes > limitBytes && next !== undefined) return next.first - 1;
  }
  return undefined;
}
