/** Sizes as the runtime of Go reads them (parseByteCount in runtime/string.go). */

const largest = 2n ** 63n - 1n;
const units = ['', 'Ki', 'Mi', 'Gi', 'Ti'] as const;

/** Whether a text is a number of bytes: digits, then nothing, `B`, `KiB`, `MiB`, `GiB` or `TiB`; `512M` and `4GB` are none. */
export function isByteCount(text: string): boolean {
  const match = /^\+?(\d+)(?:(|[KMGT]i)B)?$/.exec(text);
  if (match === null) return false;
  const power = units.indexOf((match[2] ?? '') as (typeof units)[number]);
  return BigInt(match[1] ?? '') * 1024n ** BigInt(power) <= largest;
}
