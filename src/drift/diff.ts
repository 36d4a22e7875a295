/**
 * Differences between two snapshots. `diffSnapshots` is one merge walk over the bytes of two stored files:
 * memcmp skips equal stretches, and only lines that differ become strings. `diffEntries` returns the same for
 * entries in memory.
 */
import { type Facet, facets } from '../catalog/facets.ts';
import { compareKeys, type Entries, facetOf, unescapeText } from './snapshot.ts';

/** One entry that differs; `old` is absent if it was added, `new` if it was removed. */
export interface Change {
  readonly key: string;
  readonly old?: string;
  readonly new?: string;
}

export interface Diff {
  readonly added: readonly Change[];
  readonly removed: readonly Change[];
  readonly changed: readonly Change[];
  /** Number of keys in either snapshot. */
  readonly union: number;
}

/** A diff that can be split by facet. */
export interface SnapshotDiff extends Diff {
  /** Number of keys of each facet in either snapshot. */
  readonly unions: Readonly<Record<Facet, number>>;
}

function countByFacet(changes: readonly Change[]): Record<Facet, number> {
  const counts = { toolchain: 0, env: 0, modules: 0, cache: 0, tools: 0, context: 0 };
  for (const { key } of changes) {
    const facet = facetOf(key);
    if (facet !== undefined) counts[facet]++;
  }
  return counts;
}

/** Compares entries in memory. Each list is in snapshot order. */
export function diffEntries(before: Entries, after: Entries): SnapshotDiff {
  const added: Change[] = [];
  const removed: Change[] = [];
  const changed: Change[] = [];
  for (const [key, old] of before) {
    const value = after.get(key);
    if (value === undefined) removed.push({ key, old });
    else if (value !== old) changed.push({ key, old, new: value });
  }
  for (const [key, value] of after) if (!before.has(key)) added.push({ key, new: value });
  const unions = countByFacet(added);
  for (const key of before.keys()) {
    const facet = facetOf(key);
    if (facet !== undefined) unions[facet]++;
  }
  const sort = (list: Change[]) => list.sort((a, b) => compareKeys(a.key, b.key));
  return {
    added: sort(added),
    removed: sort(removed),
    changed: sort(changed),
    union: before.size + added.length,
    unions,
  };
}

const newline = 0x0a;
const equals = 0x3d;
const backslash = 0x5c;

/**
 * Compares two stored snapshots (or bodies) without parsing equal lines. Both must be well formed (see
 * `parseSnapshot`); for other bytes the result is meaningless, but the function still returns.
 */
export function diffSnapshots(before: Uint8Array, after: Uint8Array): SnapshotDiff {
  const x = Buffer.from(before.buffer, before.byteOffset, before.byteLength);
  const y = Buffer.from(after.buffer, after.byteOffset, after.byteLength);
  const [added, removed, changed]: [Change[], Change[], Change[]] = [[], [], []];
  const body = bodyStart(x);
  let i = body;
  let j = bodyStart(y);
  while (i < x.length && j < y.length) {
    const same = commonLength(x, i, y, j);
    const start = lineStart(x, i, i + same);
    const common = i + same - start; // equal bytes of the first line that differs
    j += start - i;
    i = start;
    if (i >= x.length || j >= y.length) break;
    const order = compareLines(x, i, y, j, common);
    const oldEnd = order <= 0 ? lineEnd(x, i + common) : i;
    const newEnd = order >= 0 ? lineEnd(y, j + common) : j;
    if (order < 0) removed.push(removedLine(x, i, oldEnd));
    else if (order > 0) added.push(addedLine(y, j, newEnd));
    else changed.push(changedLine(x, i, oldEnd, y, j, newEnd));
    if (order <= 0) i = oldEnd + 1;
    if (order >= 0) j = newEnd + 1;
  }
  for (; i < x.length; i = lineEnd(x, i) + 1) removed.push(removedLine(x, i, lineEnd(x, i)));
  for (; j < y.length; j = lineEnd(y, j) + 1) added.push(addedLine(y, j, lineEnd(y, j)));
  return { added, removed, changed, ...countKeys(x, body, added) };
}

/** Returns the offset behind the header line. No key begins with `#`. */
function bodyStart(bytes: Buffer): number {
  if (bytes[0] !== 0x23) return 0;
  const end = bytes.indexOf(newline);
  return end === -1 ? bytes.length : end + 1;
}

const directBytes = 48; // below this a loop is faster than a call into memcmp
const largestStride = 16_384; // keeps the bisection after a mismatch inside the first-level cache

/**
 * Returns the number of equal bytes from here on. Compares strides that double while they are equal, then
 * bisects the first stride that differs.
 */
function commonLength(x: Buffer, i: number, y: Buffer, j: number): number {
  const limit = Math.min(x.length - i, y.length - j);
  let at = 0;
  for (const end = Math.min(limit, directBytes); at < end; at++) if (x[i + at] !== y[j + at]) return at;
  let stride = directBytes;
  while (at < limit) {
    stride = Math.min(stride * 2, largestStride, limit - at);
    if (!sameBytes(x, i + at, y, j + at, stride)) break;
    at += stride;
  }
  if (at >= limit) return limit;
  while (stride > directBytes) {
    const half = stride >> 1;
    if (sameBytes(x, i + at, y, j + at, half)) {
      at += half;
      stride -= half;
    } else {
      stride = half;
    }
  }
  while (x[i + at] === y[j + at]) at++;
  return at;
}

function sameBytes(x: Buffer, i: number, y: Buffer, j: number, length: number): boolean {
  return x.compare(y, j, j + length, i, i + length) === 0;
}

/** Returns the start of the line that contains `at`, not before `from`. */
function lineStart(bytes: Buffer, from: number, at: number): number {
  let start = at;
  while (start > from && bytes[start - 1] !== newline) start--;
  return start;
}

function lineEnd(bytes: Buffer, from: number): number {
  let end = from;
  while (end < bytes.length && bytes[end] !== newline) end++;
  return end;
}

/** Returns the offset of the line's first unescaped `=`, or `end`. */
function keyEnd(bytes: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === equals) return at;
    if (byte === backslash) at++;
  }
  return end;
}

/** Orders two lines by their escaped keys, given that `common` bytes are equal and the next ones differ. */
function compareLines(x: Buffer, i: number, y: Buffer, j: number, common: number): number {
  let escaped = false;
  for (let at = i; at < i + common; at++) {
    if (escaped) escaped = false;
    else if (x[at] === equals) return 0;
    else escaped = x[at] === backslash;
  }
  return keyByte(x, i + common, escaped) - keyByte(y, j + common, escaped);
}

/** Returns the byte of the key at this offset; -1 at the end of the key, which sorts before everything. */
function keyByte(bytes: Buffer, at: number, escaped: boolean): number {
  const byte = bytes[at] ?? newline;
  return byte === newline || (byte === equals && !escaped) ? -1 : byte;
}

function text(bytes: Buffer, start: number, end: number): string {
  const raw = bytes.toString('utf8', start, end);
  return unescapeText(raw) ?? raw;
}

function removedLine(bytes: Buffer, start: number, end: number): Change {
  const separator = keyEnd(bytes, start, end);
  return { key: text(bytes, start, separator), old: text(bytes, separator + 1, end) };
}

function addedLine(bytes: Buffer, start: number, end: number): Change {
  const separator = keyEnd(bytes, start, end);
  return { key: text(bytes, start, separator), new: text(bytes, separator + 1, end) };
}

function changedLine(x: Buffer, i: number, oldEnd: number, y: Buffer, j: number, newEnd: number): Change {
  const separator = keyEnd(x, i, oldEnd);
  return {
    key: text(x, i, separator),
    old: text(x, separator + 1, oldEnd),
    new: text(y, j + separator - i + 1, newEnd),
  };
}

/** Counts the keys in either snapshot: the lines of the old one plus the added ones. */
function countKeys(
  old: Buffer,
  body: number,
  added: readonly Change[],
): Pick<SnapshotDiff, 'union' | 'unions'> {
  const unions = countByFacet(added);
  for (const facet of facets) {
    // Keys are sorted, so a facet is one contiguous range: from `facet.` up to `facet/`, since `/` is the
    // byte after `.`.
    const start = lowerBound(old, body, `${facet}.`);
    unions[facet] += countLines(old, start, lowerBound(old, start, `${facet}/`));
  }
  return { union: added.length + countLines(old, body, old.length), unions };
}

/**
 * Returns the start of the first line at or after `from` that does not sort before `prefix` (ASCII); the
 * length if all do.
 */
function lowerBound(bytes: Buffer, from: number, prefix: string): number {
  let low = from;
  let high = bytes.length;
  while (low < high) {
    const line = lineStart(bytes, low, (low + high) >> 1);
    if (sortsBefore(bytes, line, prefix)) low = lineEnd(bytes, (low + high) >> 1) + 1;
    else high = line;
  }
  return Math.min(low, bytes.length);
}

function sortsBefore(bytes: Buffer, at: number, prefix: string): boolean {
  for (let index = 0; index < prefix.length; index++) {
    const difference = keyByte(bytes, at + index, false) - prefix.charCodeAt(index);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/**
 * Counts newlines, four bytes at a time, with the classic test for a zero byte in a word (Warren, Hacker's
 * Delight, ch. 6) in a variant without carries between bytes.
 */
function countLines(bytes: Buffer, from: number, to: number): number {
  const skew = (bytes.byteOffset + from) & 3;
  const aligned = Math.min(to, skew === 0 ? from : from + 4 - skew);
  const words = new Uint32Array(
    bytes.buffer,
    aligned < to ? bytes.byteOffset + aligned : 0,
    (to - aligned) >> 2,
  );
  let count = 0;
  for (let at = from; at < aligned; at++) if (bytes[at] === newline) count++;
  for (let index = 0; index < words.length; index++) {
    const word = (words[index] as number) ^ 0x0a0a0a0a;
    // The shortest line, `k=v` plus newline, fills a word, so no word contains two newlines.
    if (~(((word & 0x7f7f7f7f) + 0x7f7f7f7f) | word | 0x7f7f7f7f) !== 0) count++;
  }
  for (let at = aligned + words.length * 4; at < to; at++) if (bytes[at] === newline) count++;
  return count;
}
