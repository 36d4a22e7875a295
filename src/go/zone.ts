/**
 * Determines the time zone of a go process, as its `Time.String` shows it. Reads the footer of a TZif file
 * (RFC 8536, section 3.3), which holds the current rules as a POSIX TZ string. Only rules of the form
 * `Mm.w.d` are supported.
 */

/** Offset in seconds east of UTC, and the abbreviation of the zone. */
export interface ZoneOffset {
  readonly offsetSeconds: number;
  readonly name: string;
}

/** Returns the offset at a time in milliseconds since the epoch. */
export type Zone = (ms: number) => ZoneOffset;

export const utc: Zone = () => ({ offsetSeconds: 0, name: 'UTC' });

interface Rule {
  readonly month: number;
  readonly week: number;
  readonly weekday: number;
  readonly seconds: number;
}

const name = '(<[^>]+>|[A-Za-z]{3,})';
const clock = '([+-]?\\d{1,3}(?::\\d{2}(?::\\d{2})?)?)';
const rule = `,M(\\d{1,2})\\.(\\d)\\.(\\d)(?:/${clock})?`;
const posix = new RegExp(`^${name}${clock}(?:${name}${clock}?${rule}${rule})?$`);

function secondsOf(text: string): number {
  const [hours = '0', minutes = '0', seconds = '0'] = text.replace(/^[+-]/, '').split(':');
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return text.startsWith('-') ? -total : total;
}

/** Parses a POSIX TZ string such as `CET-1CEST,M3.5.0,M10.5.0/3`; undefined for unsupported forms. */
export function parsePosixZone(text: string): Zone | undefined {
  const match = posix.exec(text);
  if (match === null) return undefined;
  const group = (index: number) => match[index];
  const plain = (index: number) => (group(index) as string).replace(/^<|>$/g, '');
  const standard = { offsetSeconds: 0 - secondsOf(group(2) as string), name: plain(1) };
  if (group(3) === undefined) return () => standard;
  const summer = {
    offsetSeconds: group(4) === undefined ? standard.offsetSeconds + 3600 : 0 - secondsOf(group(4) as string),
    name: plain(3),
  };
  const ruleAt = (index: number): Rule => ({
    month: Number(group(index)),
    week: Number(group(index + 1)),
    weekday: Number(group(index + 2)),
    seconds: secondsOf(group(index + 3) ?? '2'),
  });
  const begins = ruleAt(5);
  const ends = ruleAt(9);
  return (ms) => {
    const year = new Date(ms + standard.offsetSeconds * 1000).getUTCFullYear();
    const start = ruleTime(year, begins) - standard.offsetSeconds * 1000;
    const end = ruleTime(year, ends) - summer.offsetSeconds * 1000;
    const isSummer = start < end ? ms >= start && ms < end : ms >= start || ms < end;
    return isSummer ? summer : standard;
  };
}

/**
 * Returns the local time of a rule in a year, as milliseconds as if in UTC. Week 5 means the last such
 * weekday of the month.
 */
function ruleTime(year: number, { month, week, weekday, seconds }: Rule): number {
  const first = new Date(Date.UTC(year, month - 1, 1)).getUTCDay();
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  let day = 1 + ((weekday - first + 7) % 7) + (week - 1) * 7;
  while (day > days) day -= 7;
  return Date.UTC(year, month - 1, day) + seconds * 1000;
}

/** Parses a TZif file of version 2 or later; undefined for any other file. */
export function parseZoneFile(bytes: Uint8Array): Zone | undefined {
  const text = new TextDecoder('latin1').decode(bytes);
  if (!/^TZif[2-9]/.test(text)) return undefined;
  const footer = /\n([^\n]*)\n$/.exec(text)?.[1];
  return footer === undefined ? undefined : parsePosixZone(footer);
}
