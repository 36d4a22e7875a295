/**
 * An action entry of the build cache (`<action>-a`): which output an action led to. The grammar is that of cmd/go/internal/cache
 * (DiskCache.get): whatever it refuses is a silent miss there, and no entry here. The same from Go 1.10 to 1.27.
 */

/** Bytes of an entry: `v1 `, two ids of 64 digits, two numbers of 20 columns, separators, newline. */
export const cacheActionBytes = 175;

/** What an entry says. Ids are 64 lower-case hex digits. */
export interface CacheAction {
  readonly action: string;
  readonly output: string;
  /** Bytes of the output. */
  readonly size: number;
  /** When the action was recorded, nanoseconds since the epoch. */
  readonly time: bigint;
}

/** Why Go does not take an entry. */
export type CacheActionDefect = 'length' | 'form' | 'other-action' | 'output' | 'size' | 'time';

const int64Max = 2n ** 63n - 1n;
const hex = /^[0-9a-f]{64}$/;

// A character for each byte, whatever it is.
const latin1 = new TextDecoder('latin1');

/** Spaces, then what strconv.ParseInt takes in base 10, not negative; undefined otherwise. */
function columnNumber(column: string): bigint | undefined {
  const digits = /^ *\+?(\d+)$/.exec(column)?.[1] ?? /^ *-(0+)$/.exec(column)?.[1];
  if (digits === undefined) return undefined;
  const value = BigInt(digits);
  return value > int64Max ? undefined : value;
}

/** Reads the entry of an action (64 lower-case hex digits) as Go does, or says what is wrong with it. */
export function parseCacheAction(bytes: Uint8Array, action: string): CacheAction | CacheActionDefect {
  if (bytes.length !== cacheActionBytes) return 'length';
  const text = latin1.decode(bytes);
  if (!/^v1 .{64} .{64} .{20} .{20}\n$/s.test(text)) return 'form';
  // encoding/hex takes capital digits too.
  const id = text.slice(3, 67).toLowerCase();
  if (id !== action) return 'other-action';
  const output = text.slice(68, 132).toLowerCase();
  if (!hex.test(output)) return 'output';
  const size = columnNumber(text.slice(133, 153));
  if (size === undefined) return 'size';
  const time = columnNumber(text.slice(154, 174));
  if (time === undefined) return 'time';
  return { action: id, output, size: Number(size), time };
}

/** The bytes that Go writes for an entry (DiskCache.putIndexEntry). */
export function formatCacheAction(entry: CacheAction): string {
  const { action, output, size, time } = entry;
  return `v1 ${action} ${output} ${String(size).padStart(20)} ${String(time).padStart(20)}\n`;
}

/** Where an entry (`a`) or an output (`d`) lies below GOCACHE (DiskCache.fileName). */
export function cacheFileName(id: string, kind: 'a' | 'd'): string {
  return `${id.slice(0, 2)}/${id}-${kind}`;
}
