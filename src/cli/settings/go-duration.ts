/** Durations as Go parses them (time.ParseDuration), for files in a format of Go programs. */

const units = { ns: 1e-6, us: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|ms|s|m|h)/g;

/**
 * Parses `1s`, `1h15m` or `0.5s` into milliseconds. A number counts nanoseconds, as in Go's YAML. Undefined
 * for anything else, and for negative values.
 */
export function parseGoDuration(given: string | number): number | undefined {
  if (typeof given === 'number') return given < 0 ? undefined : given / 1e6;
  // Go accepts both the micro sign and the Greek letter mu.
  const text = given.replace(/^\+/, '').replaceAll(/[\u00b5\u03bc]s/g, 'us');
  if (text === '0') return 0;
  if (text === '' || text.replaceAll(part, '') !== '') return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(part))
    total += Number(amount) * units[unit as keyof typeof units];
  return total;
}
