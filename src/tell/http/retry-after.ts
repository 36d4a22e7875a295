/** Parses `Retry-After` as servers really send it. */

/** IMF-fixdate and the obsolete form of RFC 850 (RFC 9110 §5.6.7): a weekday, and GMT at the end. */
const httpDate = /^(Mon|Tues?|Wed(nes)?|Thu(rs)?|Fri|Sat(ur)?|Sun)(day)?, .*GMT$/;

/**
 * Returns the header (RFC 9110 §10.2.3: seconds or a date; fractions occur too) as ms from `now`: 0 for a
 * past date, undefined for anything else.
 */
export function retryAfterMs(header: string | null | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!httpDate.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
