/**
 * Action entries of the build cache (files `<action>-a`), which map an action to its output. The grammar is
 * that of DiskCache.get in cmd/go/internal/cache, unchanged from Go 1.10 to 1.27. Entries that Go treats as a
 * cache miss are rejected here too.
 */

/** Size of an entry in bytes: `v1 `, two ids of 64 digits, two numbers of 20 columns, separators, newline. */
export const cacheActionBytes = 175;

/** A parsed entry. Ids are 64 lower-case hex digits. */
export interface CacheAction {
  readonly action: string;
  readonly output: string;
  /** Size of the output in bytes. */
  readonly size: number;
  /** Time at which the action was recorded, in nanoseconds since the epoch. */
  readonly time: bigint;
}

/** Why Go rejects an entry. */
export type CacheActionDefect = 'length' | 'form' | 'other-action' | 'output' | 'size' | 'time';

const int64Max = 2n ** 63n - 1n;
const hex = /^[0-9a-f]{64}$/;

// Decodes every byte to exactly one character.
const latin1 = new TextDecoder('latin1');

/**
 * Parses leading spaces and a non-negative number as strconv.ParseInt does in base 10; undefined if Go would
 * fail.
 */
function columnNumber(column: string): bigint | undefined {
  const digits = /^ *\+?(\d+)$/.exec(column)?.[1] ?? /^ *-(0+)$/.exec(column)?.[1];
  if (digits === undefined) return undefined;
  const value = BigInt(digits);
  return value > int64Max ? undefined : value;
}

/**
 * Parses the entry of an action (64 lower-case hex digits) as Go does; returns the reason if Go would reject
 * it.
 */
export function parseCacheAction(bytes: Uint8Array, action: string): CacheAction | CacheActionDefect {
  if (bytes.length !== cacheActionBytes) return 'length';
  const text = latin1.decode(bytes);
  if (!/^v1 .{64} .{64} .{20} .{20}\n$/s.test(text)) return 'form';
  // encoding/hex accepts upper-case digits too.
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

/** Formats an entry as Go writes it (DiskCache.putIndexEntry). */
export function formatCacheAction(entry: CacheAction): string {
  const { action, output, size, time } = entry;
  return `v1 ${action} ${output} ${String(size).padStart(20)} ${String(time).padStart(20)}\n`;
}

/** Returns the path of an action entry (`a`) or an output (`d`) relative to GOCACHE (DiskCache.fileName). */
export function cacheFileName(id: string, kind: 'a' | 'd'): string {
  return `${id.slice(0, 2)}/${id}-${kind}`;
}
