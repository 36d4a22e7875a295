/** Durations as Prometheus writes them; a file of its own because `check` must not load the schema library for it. */

const milliseconds = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A duration (`15s`, `1m30s`) in milliseconds, or undefined. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(ms|[smhd]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|[smhd])/g)) {
    total += Number(amount) * milliseconds[unit as keyof typeof milliseconds];
  }
  return total;
}
