/** Byte counts in the format of Go's runtime, e.g. for GOMEMLIMIT (parseByteCount in runtime/string.go). */

const largest = 2n ** 63n - 1n;
const units = ['', 'Ki', 'Mi', 'Gi', 'Ti'] as const;

/**
 * Reports whether a text is a byte count: digits followed by nothing, `B`, `KiB`, `MiB`, `GiB` or `TiB`, at
 * most 2^63-1 in all. `512M` and `4GB` are invalid.
 */
export function isByteCount(text: string): boolean {
  const match = /^\+?(\d+)(?:(|[KMGT]i)B)?$/.exec(text);
  if (match === null) return false;
  const power = units.indexOf((match[2] ?? '') as (typeof units)[number]);
  return BigInt(match[1] ?? '') * 1024n ** BigInt(power) <= largest;
}
