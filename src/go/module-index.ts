/**
 * Reads Go's package index, which caches the parsed heads of the source files of a package directory in
 * GOCACHE. The key is made of their names, modification times and sizes (cmd/go/internal/modindex): if a file
 * changes and keeps all three, go uses the stale index. Format: `go index v2`, Go 1.21 to 1.27. Input is
 * untrusted; nothing throws.
 */

/** The properties of a source file that are part of the key. */
export interface IndexedFile {
  readonly name: string;
  /** Nanoseconds since the epoch. */
  readonly mtime: bigint;
  readonly size: number;
}

/** The first line of an index. */
export const indexMagic = 'go index v2\n';

/**
 * Returns the text whose SHA-256 is the action id of a directory's index (modindex.dirHash, cache.NewHash).
 * The salt is the Go version without experiments. `time` formats a modification time (nanoseconds) as Go's
 * `Time.String` does, in the time zone of the go process.
 */
export function indexKeyText(
  version: string,
  moduleRoot: string,
  folder: string,
  files: readonly IndexedFile[],
  time: (ns: bigint) => string,
): string {
  const salt = version.replace(/[ -]X:.*$/, '');
  const lines = files.map((file) => `file ${file.name} ${time(file.mtime)} ${file.size}\n`);
  return `${salt}modroot ${moduleRoot}\npackage ${version} go index v2 ${folder}\n${lines.join('')}`;
}

/**
 * Formats a time (nanoseconds since the epoch) in a zone as Go's `Time.String` does, without trailing zeros
 * of the fraction.
 */
export function goTimeText(ns: bigint, zone = { offsetSeconds: 0, name: 'UTC' }): string {
  const local = ns + BigInt(zone.offsetSeconds) * 1_000_000_000n;
  const floor = local >= 0n || local % 1_000_000_000n === 0n ? 0n : 1n;
  const seconds = local / 1_000_000_000n - floor;
  const fraction = (local - seconds * 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  const [date = '', clock = ''] = new Date(Number(seconds) * 1000).toISOString().split('T');
  const minutes = Math.trunc(Math.abs(zone.offsetSeconds) / 60);
  const offset = `${zone.offsetSeconds < 0 ? '-' : '+'}${String(Math.trunc(minutes / 60)).padStart(2, '0')}${String(minutes % 60).padStart(2, '0')}`;
  return `${date} ${clock.slice(0, 8)}${fraction === '' ? '' : `.${fraction}`} ${offset} ${zone.name}`;
}

/** A source file as recorded in an index. */
export interface IndexEntry {
  readonly name: string;
  readonly package: string;
  readonly constraint: string;
  readonly imports: readonly string[];
  /** True if the file was read without errors: `error` and `parseError` are empty. */
  readonly ok: boolean;
}

const limit = 10_000;

/** Returns the files in the index of a directory; undefined if go would consider the index corrupt. */
export function readPackageIndex(data: Uint8Array): readonly IndexEntry[] | undefined {
  try {
    return decode(data);
  } catch {
    return undefined; // An offset is out of bounds.
  }
}

function decode(data: Uint8Array): readonly IndexEntry[] | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const int = (at: number) => view.getUint32(at, true);
  const header = indexMagic.length;
  if (new TextDecoder('latin1').decode(data.subarray(0, header)) !== indexMagic) return undefined;
  const table = int(header);
  if (data[data.length - 1] !== 0xff || data[table] !== 0 || int(header + 4) !== 1) return undefined;
  const text = (at: number) => stringAt(data, table + int(at));
  const pack = int(header + 12);
  const count = int(pack + 8);
  if (count > limit) return undefined;
  return Array.from({ length: count }, (_, index) => {
    const at = int(pack + 12 + 4 * index);
    const constraints = int(at + 36);
    const importsAt = at + 40 + 4 * constraints;
    const imports = int(importsAt);
    if (constraints > limit || imports > limit) throw new RangeError('count');
    return {
      name: text(at + 12),
      package: text(at + 16),
      constraint: text(at + 32),
      imports: Array.from({ length: imports }, (_, each) => text(importsAt + 4 + 20 * each)),
      ok: text(at) === '' && text(at + 4) === '',
    };
  });
}

/** Reads a string of the string table: its length as a varint (encoding/binary), then its bytes. */
function stringAt(data: Uint8Array, start: number): string {
  let at = start;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = data[at++];
    if (byte === undefined || shift > 28) throw new RangeError('string');
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  if (length < 0 || at + length > data.length) throw new RangeError('string');
  return new TextDecoder().decode(data.subarray(at, at + length));
}
