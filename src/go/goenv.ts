/**
 * The GOENV file (`go env -w` writes it) and `$GOROOT/go.env`, read as cmd/go reads them:
 * `readEnvFile` in src/cmd/go/internal/cfg/cfg.go. `KEY=VALUE` a line, nothing is trimmed or unquoted, a line counts when it holds
 * a `=` and begins with A–Z, everything else is passed over in silence. In GOENV the last line of a name wins; in go.env the first one does.
 *
 * Total, linear in the size, and bounded in what it keeps: a file of any content gives a result.
 */

/** Entries and ignored lines that are kept one by one; a file that `go env -w` wrote has a few dozen. */
export const maxKeptLines = 4096;
/** Names that `effective` keeps; more than the lines above, so that the last of many duplicates still wins. */
export const maxEffectiveNames = 65_536;
/** Longest value that is kept, in bytes; the kernel takes no longer string into an environment than 128 KiB. */
export const maxValueBytes = 1 << 20;
/** Longest name that is kept, in bytes; Go's longest is 21. */
export const maxNameBytes = 256;

/** Why cmd/go passes over a line. `blank` and `comment` are harmless, the others are likely mistakes. */
export type IgnoredWhy = 'blank' | 'comment' | 'no-equals-sign' | 'name-not-upper-case' | 'name-too-long';

/** One accepted line; `line` counts from 1. */
export interface GoenvEntry {
  readonly name: string;
  readonly value: string;
  readonly line: number;
  /** The value was longer than {@link maxValueBytes} and only its beginning is here. */
  readonly truncated?: true;
}

/** What a file in GOENV's format says. */
export interface GoenvFile {
  /** Accepted lines in order, duplicates kept, at most {@link maxKeptLines}. */
  readonly entries: readonly GoenvEntry[];
  /** The line that counts for each name in GOENV: the last one. An empty value is a value here. */
  readonly effective: ReadonlyMap<string, { readonly value: string; readonly line: number }>;
  /** The first line of each name: the one that counts in a go.env, whose lines never overwrite what was read before. */
  readonly first: ReadonlyMap<string, { readonly value: string; readonly line: number }>;
  /** Lines without effect, at most {@link maxKeptLines}. */
  readonly ignored: readonly { readonly line: number; readonly why: IgnoredWhy }[];
  /** Lines in the file, kept or not. */
  readonly lines: number;
  /** Bytes in the file. 0 may be a rewrite in flight: `go env -w` truncates before it writes. */
  readonly size: number;
}

const newline = 0x0a;
const equals = 0x3d;
const hash = 0x23;
const carriageReturn = 0x0d;

/** Reads a GOENV file or a `go.env` from its bytes. Never throws. */
export function parseGoenv(bytes: Uint8Array): GoenvFile {
  const entries: GoenvEntry[] = [];
  const effective = new Map<string, { value: string; line: number }>();
  const first = new Map<string, { value: string; line: number }>();
  const ignored: { line: number; why: IgnoredWhy }[] = [];
  let line = 0;
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(newline, start);
    const end = found < 0 ? bytes.length : found;
    line++;
    const read = readLine(bytes, start, end, line);
    if (typeof read === 'string') {
      if (ignored.length < maxKeptLines) ignored.push({ line, why: read });
    } else {
      if (entries.length < maxKeptLines) entries.push(read);
      if (effective.has(read.name) || effective.size < maxEffectiveNames) {
        const kept = { value: read.value, line };
        effective.set(read.name, kept);
        if (!first.has(read.name)) first.set(read.name, kept);
      }
    }
    start = end + 1;
  }
  return { entries, effective, first, ignored, lines: line, size: bytes.length };
}

function readLine(bytes: Uint8Array, start: number, end: number, line: number): GoenvEntry | IgnoredWhy {
  if (end === start || (end === start + 1 && bytes[start] === carriageReturn)) return 'blank';
  const first = bytes[start] ?? 0;
  if (first === hash) return 'comment';
  // Within the line only: a search to the end of the file would make many short lines quadratic.
  const split = bytes.subarray(start, end).indexOf(equals);
  if (split < 0) return 'no-equals-sign';
  if (first < 0x41 || first > 0x5a) return 'name-not-upper-case';
  if (split > maxNameBytes) return 'name-too-long';
  const valueStart = start + split + 1;
  const truncated = end - valueStart > maxValueBytes;
  const valueEnd = truncated ? valueStart + maxValueBytes : end;
  const entry = {
    name: decodeGoString(bytes.subarray(start, start + split)),
    value: decodeGoString(bytes.subarray(valueStart, valueEnd)),
    line,
  };
  return truncated ? { ...entry, truncated: true } : entry;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Bytes to text as Go's encoding/json shows them: every byte that is no UTF-8 becomes one U+FFFD
 * (the web's decoder folds several into one).
 */
export function decodeGoString(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeLossy(bytes);
  }
}

function decodeLossy(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(bytes[i] ?? 0);
    const rune = length > 0 ? bytes.subarray(i, i + length) : undefined;
    const text = rune?.length === length ? decodeOne(rune) : undefined;
    parts.push(text ?? '\ufffd');
    i += text === undefined ? 1 : length;
  }
  return parts.join('');
}

function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

function decodeOne(rune: Uint8Array): string | undefined {
  if (rune.length === 1) return String.fromCharCode(rune[0] ?? 0);
  try {
    return strict.decode(rune);
  } catch {
    return undefined;
  }
}
