/** Durations as Go reads them (time.ParseDuration), for files whose format is Go's. */

const units = { ns: 1e-6, us: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|ms|s|m|h)/g;

/** `1s`, `1h15m`, `0.5s` in milliseconds; a number is nanoseconds, as Go's YAML reads it. Undefined for anything else, and below 0. */
export function parseGoDuration(given: string | number): number | undefined {
  if (typeof given === 'number') return given < 0 ? undefined : given / 1e6;
  // Go takes the micro sign and the Greek letter too.
  const text = given.replace(/^\+/, '').replaceAll(/[\u00b5\u03bc]s/g, 'us');
  if (text === '0') return 0;
  if (text === '' || text.replaceAll(part, '') !== '') return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(part))
    total += Number(amount) * units[unit as keyof typeof units];
  return total;
}
