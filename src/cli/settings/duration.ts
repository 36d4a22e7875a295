/**
 * Durations in the format of Prometheus. A separate file, because `check` must not load the schema library
 * for it.
 */

const milliseconds = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Parses a duration (`15s`, `1m30s`) into milliseconds; undefined if it is invalid. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(ms|[smhd]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|[smhd])/g)) {
    total += Number(amount) * milliseconds[unit as keyof typeof milliseconds];
  }
  return total;
}
