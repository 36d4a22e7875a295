/** The files of a journal: names, order, and where each ends. */
import path from 'node:path';
import { namesIn, withBytes } from '../host/append.ts';
import { sha256Hex } from '../host/digest.ts';
import { stampOf } from '../host/files.ts';
import { type ChainLine, decodeLine, type JournalHead } from './journal-line.ts';

/** A segment file; `first` is the number of its first line. */
export interface Segment {
  readonly name: string;
  readonly path: string;
  readonly first: number;
}

const segmentName = /^journal-(\d{12,16})\.jsonl$/;

/** Returns the segment that begins with a line number, of twelve digits, so that names sort like lines. */
export function segmentAt(directory: string, first: number): Segment {
  const name = `journal-${String(first).padStart(12, '0')}.jsonl`;
  return { name, path: path.join(directory, name), first };
}

/**
 * Returns the segments of a journal, oldest first; other files are ignored. Throws the system's error for a
 * directory that exists and cannot be read.
 */
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
  /** Offset after the last complete line. */
  readonly size: number;
  /** The bytes after it: a line whose write was interrupted. */
  readonly torn: Buffer;
  /** The last complete line; `seq` is extrapolated if that line, or some before it, cannot be decoded. */
  readonly head: JournalHead | undefined;
  /** The last line that can be decoded, and the number of undecodable ones after it. */
  readonly line: ChainLine | undefined;
  readonly unreadable: number;
}

const newline = 10;

/**
 * Reads a segment backwards from its end to the last valid line; undefined if the file does not exist. Throws
 * the system's error for one that cannot be read: its content is unknown, not empty.
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

/** Finds the end in the file's last bytes, which begin at `start`; undefined if more bytes are needed. */
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
 * Returns the last line that has to go so that the segments with lines after number `behind` take at most
 * `limitBytes`; undefined if they already do. The newest segment always stays.
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
