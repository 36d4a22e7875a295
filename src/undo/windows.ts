/**
 * Time windows in the local time of a zone, e.g. `mon-fri 22:00-06:00 Europe/Berlin`. A window whose end is
 * before its start ends on the next day and belongs to the day on which it starts. Pure.
 */

/** Names of days as the configuration spells them, Monday first. */
const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const dayMinutes = 24 * 60;

/** A time window. */
export interface TimeWindow {
  /** The text as configured. */
  readonly text: string;
  /** 0 is Monday. */
  readonly days: readonly number[];
  /** Minutes of the day; `to` is exclusive. */
  readonly from: number;
  readonly to: number;
  /** IANA time zone. */
  readonly zone: string;
}

/** Longest accepted text, in UTF-16 units. */
export const longestWindow = 100;

function daysOf(text: string): readonly number[] | undefined {
  if (text === 'daily') return days.map((_, index) => index);
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const [first, last, ...rest] = part.split('-').map((day) => (days as readonly string[]).indexOf(day));
    if (first === undefined || first < 0 || last === -1 || rest.length > 0) return undefined;
    const span = last === undefined ? 0 : (last - first + 7) % 7;
    for (let step = 0; step <= span; step++) found.add((first + step) % 7);
  }
  return [...found].sort();
}

function minutesOf(text: string): number | undefined {
  const [, hours = '', minutes = ''] = /^(\d\d):(\d\d)$/.exec(text) ?? [];
  const total = Number(hours) * 60 + Number(minutes);
  return hours === '' || Number(minutes) > 59 || total > dayMinutes ? undefined : total;
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Parses a window. A returned string says what is wrong with the text. */
export function parseWindow(text: string): TimeWindow | string {
  const [which = '', span = '', zone = 'UTC', ...rest] = text.slice(0, longestWindow).split(' ');
  const on = daysOf(which);
  if (on === undefined) return 'does not begin with daily, or days such as mon-fri,sun';
  const [from, to, ...more] = span.split('-').map(minutesOf);
  if (from === undefined || to === undefined || more.length > 0 || from === dayMinutes)
    return 'has no time of the day such as 22:00-06:00';
  if (from === to) return 'ends when it begins: write 00:00-24:00 for a whole day';
  if (rest.length > 0 || !isZone(zone)) return `has no time zone such as Europe/Berlin at its end`;
  return { text, days: on, from, to, zone };
}

/** Returns the day of the week (0 is Monday) and the minute of the day in a zone. */
function onTheWall(zone: string, ms: number): { readonly day: number; readonly minute: number } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(ms);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  return {
    day: (days as readonly string[]).indexOf(part('weekday').toLowerCase()),
    minute: Number(part('hour')) * 60 + Number(part('minute')),
  };
}

/** Reports whether a moment, in ms since the epoch, is within a window. */
export function isWithin({ days: on, from, to, zone }: TimeWindow, ms: number): boolean {
  const { day, minute } = onTheWall(zone, ms);
  if (from < to) return on.includes(day) && minute >= from && minute < to;
  return (on.includes(day) && minute >= from) || (on.includes((day + 6) % 7) && minute < to);
}
