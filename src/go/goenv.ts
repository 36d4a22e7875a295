/**
 * Parses the GOENV file (written by `go env -w`) and `$GOROOT/go.env` as `readEnvFile` in
 * src/cmd/go/internal/cfg/cfg.go does. The format is one `KEY=VALUE` per line; nothing is trimmed or
 * unquoted. Go silently ignores lines that hold no `=` or do not begin with A–Z. In GOENV the last line of a
 * name wins, in go.env the first.
 *
 * Never fails, takes linear time and bounded memory: a file of any content gives a result.
 */

/**
 * Largest number of entries and of ignored lines that are kept; a file written by `go env -w` has a few
 * dozen.
 */
export const maxKeptLines = 4096;
/**
 * Largest number of names in `effective`. Larger than {@link maxKeptLines}, so that the last of many
 * duplicates still wins.
 */
export const maxEffectiveNames = 65_536;
/** Longest value that is kept, in bytes. The kernel accepts environment strings of at most 128 KiB. */
export const maxValueBytes = 1 << 20;
/** Longest name that is kept, in bytes; Go's longest has 21. */
export const maxNameBytes = 256;

/** Why cmd/go ignores a line. `blank` and `comment` are harmless; the others are likely mistakes. */
export type IgnoredWhy = 'blank' | 'comment' | 'no-equals-sign' | 'name-not-upper-case' | 'name-too-long';

/** An accepted line; `line` counts from 1. */
export interface GoenvEntry {
  readonly name: string;
  readonly value: string;
  readonly line: number;
  /** The value was longer than {@link maxValueBytes}; only its beginning was kept. */
  readonly truncated?: true;
}

/** A parsed file in GOENV format. */
export interface GoenvFile {
  /** Accepted lines in file order including duplicates, at most {@link maxKeptLines}. */
  readonly entries: readonly GoenvEntry[];
  /** The last line of each name, which is the effective one in GOENV. Empty values are included. */
  readonly effective: ReadonlyMap<string, { readonly value: string; readonly line: number }>;
  /**
   * The first line of each name, which is the effective one in go.env: later lines never overwrite earlier
   * ones.
   */
  readonly first: ReadonlyMap<string, { readonly value: string; readonly line: number }>;
  /** Lines without effect, at most {@link maxKeptLines}. */
  readonly ignored: readonly { readonly line: number; readonly why: IgnoredWhy }[];
  /** Number of lines in the file. */
  readonly lines: number;
  /** Size of the file in bytes. 0 may mean a rewrite in progress: `go env -w` truncates before it writes. */
  readonly size: number;
}

const newline = 0x0a;
const equals = 0x3d;
const hash = 0x23;
const carriageReturn = 0x0d;

/** Parses the bytes of a GOENV file or a `go.env`. Never throws. */
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
  // Search within the line only: searching to the end of the file would make many short lines quadratic.
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
 * Decodes bytes as Go's encoding/json does: every invalid UTF-8 byte becomes one U+FFFD (TextDecoder would
 * merge several into one).
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
