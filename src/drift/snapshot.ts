/**
 * The snapshot format (design §3).
 *
 *   #SNAPSHOT v1 2026-11-22T08:15:30.123Z
 *   env.CGO_ENABLED=1
 *   env.GOFLAGS=-mod\=readonly
 *
 * Line 1 is the header: the time of the observation, RFC 3339 in UTC with milliseconds. Every other line is
 * `key=value` in UTF-8. Keys are unique and sorted by their escaped bytes. In keys and values `\`, newline,
 * carriage return and `=` are escaped as `\\`, `\n`, `\r`, `\=`. A value is never empty, and the last line
 * ends in a newline. Parsing is strict, so that each set of entries has exactly one body, whose SHA-256 is
 * the fingerprint.
 */
import { AppError } from '../catalog/errors.ts';
import { type Facet, facets } from '../catalog/facets.ts';

/** Key → value; no value is empty. */
export type Entries = ReadonlyMap<string, string>;

export interface Snapshot {
  /** ms since the epoch. */
  readonly time: number;
  readonly entries: Entries;
}

const headerPrefix = '#SNAPSHOT v1 ';
const maxBytes = 64 * 1024 * 1024;
const surrogate = /[\ud800-\udfff]/;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '=': '\\=' };
const unescapes: Readonly<Record<string, string>> = { '\\': '\\', n: '\n', r: '\r', '=': '=' };

function escapeText(text: string): string {
  if (/[\\\n\r]/.test(text))
    return text.replaceAll(/[\\\n\r=]/g, (character) => escapes[character] as string);
  return text.includes('=') ? text.replaceAll('=', '\\=') : text; // nearly all that is ever escaped: the end of a module's sum
}

/** Compares by UTF-8 bytes, which is the order of code points. (UTF-16 order differs above U+FFFF.) */
export function compareBytewise(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left === right) continue;
    const leftSurrogate = left >= 0xd800 && left <= 0xdfff;
    const rightSurrogate = right >= 0xd800 && right <= 0xdfff;
    if (leftSurrogate === rightSurrogate) return left - right;
    return leftSurrogate ? 1 : -1;
  }
  return a.length - b.length;
}

/** Compares keys in snapshot order. */
export function compareKeys(a: string, b: string): number {
  return compareBytewise(escapeText(a), escapeText(b));
}

/**
 * Returns the body: all lines but the header. Entries with an empty value are left out; lone surrogates
 * become U+FFFD.
 */
export function formatBody(entries: Entries): string {
  const body = writeLines(entries);
  if (body.isWellFormed()) return body;
  return writeLines(new Map([...entries].map(([key, value]) => [key.toWellFormed(), value.toWellFormed()])));
}

function writeLines(entries: Entries): string {
  const written = new Map<string, string>();
  let wide = false;
  for (const [key, value] of entries) {
    if (value === '') continue;
    wide ||= surrogate.test(key);
    written.set(escapeText(key), value);
  }
  // JavaScript's own order is the same, and faster, if no character is above U+FFFF.
  const keys = [...written.keys()];
  let body = '';
  for (const key of wide ? keys.sort(compareBytewise) : keys.sort())
    body += `${key}=${escapeText(written.get(key) as string)}\n`;
  return body;
}

/**
 * Returns the position of the first unescaped `=` in `text` between `start` and `end`; -1 if there is none.
 */
function separator(text: string, start: number, end: number): number {
  for (let at = text.indexOf('=', start); at !== -1 && at < end; at = text.indexOf('=', at + 1)) {
    let before = at;
    while (before > start && text.charCodeAt(before - 1) === 0x5c) before--;
    if ((at - before) % 2 === 0) return at;
  }
  return -1;
}

/** Returns a snapshot as text. `timeMs` is ms since the epoch. */
export function formatSnapshot(entries: Entries, timeMs: number): string {
  return `${headerPrefix}${new Date(timeMs).toISOString()}\n${formatBody(entries)}`;
}

function broken(line: number, why: string): AppError {
  return new AppError(
    'cannot read the snapshot',
    `line ${line} ${why}`,
    'write it anew with godrift snapshot',
  );
}

/** Undoes the escapes of a key or value; undefined if it contains an unknown escape. */
export function unescapeText(text: string): string | undefined {
  if (!text.includes('\\')) return text;
  // Fast path: if `\=` is the only escape, no backslash remains.
  const plain = text.replaceAll('\\=', '=');
  if (!plain.includes('\\')) return plain;
  let known = true;
  const slow = text.replaceAll(/\\([\s\S]?)/g, (_, character: string) => {
    known &&= Object.hasOwn(unescapes, character);
    return unescapes[character] ?? '';
  });
  return known ? slow : undefined;
}

function read(text: string, line: number): string {
  const plain = unescapeText(text);
  if (plain === undefined) throw broken(line, 'holds an unknown escape');
  return plain;
}

function parseHeader(line: string): number {
  if (!line.startsWith('#SNAPSHOT ')) throw broken(1, 'is no #SNAPSHOT header');
  if (!line.startsWith(headerPrefix))
    throw broken(1, 'names a version of the format that this godrift does not know');
  const text = line.slice(headerPrefix.length);
  const time = Date.parse(text);
  if (Number.isNaN(time) || new Date(time).toISOString() !== text)
    throw broken(1, 'holds no RFC 3339 time in UTC with milliseconds');
  return time;
}

/**
 * Parses a snapshot strictly, with at most `mostEntries` entries. `formatSnapshot` of the result is the
 * source, byte for byte. Throws an AppError that names the line for any defect.
 */
export function parseSnapshot(source: string | Uint8Array, mostEntries = Number.POSITIVE_INFINITY): Snapshot {
  const text = typeof source === 'string' ? checked(source) : decode(source);
  const carriageReturn = text.indexOf('\r');
  if (carriageReturn !== -1)
    throw broken(lineOf(text, carriageReturn), 'holds a carriage return that is not escaped');
  const end = text.indexOf('\n');
  if (end === -1)
    throw broken(1, text.startsWith('#SNAPSHOT ') ? 'does not end in a newline' : 'is no #SNAPSHOT header');
  return { time: parseHeader(text.slice(0, end)), entries: parseLines(text, end + 1, mostEntries) };
}

function parseLines(text: string, bodyStart: number, mostEntries: number): Entries {
  const entries = new Map<string, string>();
  const inOrder = surrogate.test(text)
    ? (a: string, b: string) => compareBytewise(a, b) < 0
    : (a: string, b: string) => a < b;
  let before = '';
  let backslash = text.indexOf('\\', bodyStart);
  for (let start = bodyStart, line = 2; start < text.length; line++) {
    const end = text.indexOf('\n', start);
    if (end === -1) throw broken(line, 'does not end in a newline');
    const escaped = backslash !== -1 && backslash < end;
    const equals = escaped ? separator(text, start, end) : text.indexOf('=', start);
    if (equals === -1 || equals >= end) throw broken(line, 'is no key=value');
    if (equals === start) throw broken(line, 'has no key');
    if (equals + 1 === end) throw broken(line, 'has an empty value');
    const another = escaped ? separator(text, equals + 1, end) : text.indexOf('=', equals + 1);
    if (another !== -1 && another < end) throw broken(line, 'holds an = that is not escaped');
    const key = text.slice(start, equals);
    const value = text.slice(equals + 1, end);
    if (!inOrder(before, key)) throw broken(line, before === key ? 'repeats a key' : 'is not in order');
    if (entries.size >= mostEntries) throw broken(line, `is one more than ${mostEntries} entries`);
    if (escaped) entries.set(read(key, line), read(value, line));
    else entries.set(key, value);
    before = key;
    start = end + 1;
    if (escaped) backslash = text.indexOf('\\', start);
  }
  return entries;
}

function tooLarge(): AppError {
  return new AppError('cannot read the snapshot', 'it is larger than 64 MiB', 'check that it is a snapshot');
}

function checked(text: string): string {
  if (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes) throw tooLarge();
  if (!text.isWellFormed())
    throw broken(
      lineOf(text, text.search(/\p{Surrogate}/u)),
      'holds a lone surrogate, which UTF-8 cannot write',
    );
  return text;
}

function decode(bytes: Uint8Array): string {
  if (bytes.length > maxBytes) throw tooLarge();
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return decoder.decode(bytes);
  } catch {
    // A newline is never part of a multi-byte sequence, so each line can be checked on its own.
    let line = 1;
    for (let start = 0, end = 0; end !== -1; start = end + 1, line++) {
      end = bytes.indexOf(0x0a, start);
      if (!isUtf8(bytes.subarray(start, end === -1 ? bytes.length : end), decoder)) break;
    }
    throw broken(line, 'holds no valid UTF-8');
  }
}

function isUtf8(bytes: Uint8Array, decoder: InstanceType<typeof TextDecoder>): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Returns the number of the line at a position, from 1. */
function lineOf(text: string, position: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < position; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

const facetNames: ReadonlySet<string> = new Set(facets);

/** Returns the facet of a key, the part before its first dot; undefined if that is not a facet. */
export function facetOf(key: string): Facet | undefined {
  const dot = key.indexOf('.');
  const name = dot === -1 ? '' : key.slice(0, dot);
  return facetNames.has(name) ? (name as Facet) : undefined;
}
