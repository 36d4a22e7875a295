/** Time windows: their syntax, and the moments within them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWithin, parseWindow, type TimeWindow } from '../../../src/undo/windows.ts';

const windowOf = (text: string): TimeWindow => {
  const parsed = parseWindow(text);
  if (typeof parsed === 'string') throw new Error(`${text} ${parsed}`);
  return parsed;
};
const at = (text: string) => Date.parse(text);
const names = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const minute = (total: number) =>
  `${String(Math.floor(total / 60)).padStart(2, '0')}:${String(total % 60).padStart(2, '0')}`;

describe('windows of time', () => {
  it('consist of days, hours and a zone, and nothing else', () => {
    expect(windowOf('mon-fri 22:00-06:00 Europe/Berlin')).toMatchObject({
      days: [0, 1, 2, 3, 4],
      from: 1320,
      to: 360,
    });
    expect(windowOf('sat-mon,wed 00:00-24:00')).toMatchObject({ days: [0, 2, 5, 6], zone: 'UTC' });
    for (const wrong of [
      '',
      'daily',
      'someday 10:00-11:00',
      'mon-fri-sun 10:00-11:00',
      'mon, 10:00-11:00',
      'daily 10:00',
      'daily 10:00-10:00',
      'daily 24:00-10:00',
      'daily 10:60-11:00',
      'daily 1:00-2:00',
      'daily 10:00-11:00 Nowhere/Land',
      'daily 10:00-11:00 UTC UTC',
      'daily  10:00-11:00',
      `daily 10:00-11:00 ${'x'.repeat(1000)}`,
    ])
      expect(typeof parseWindow(wrong), wrong).toBe('string');
  });

  it('belong to the day on which they start', () => {
    const night = windowOf('fri 22:00-06:00');
    expect(isWithin(night, at('2026-11-27T21:59:00Z'))).toBe(false);
    expect(isWithin(night, at('2026-11-27T22:00:00Z'))).toBe(true);
    expect(isWithin(night, at('2026-11-28T05:59:59Z'))).toBe(true);
    expect(isWithin(night, at('2026-11-28T06:00:00Z'))).toBe(false);
    expect(isWithin(night, at('2026-11-28T23:00:00Z'))).toBe(false);
    expect(isWithin(night, at('2026-11-27T03:00:00Z'))).toBe(false);
  });

  it('follow local time across a clock change', () => {
    const morning = windowOf('daily 09:00-10:00 Europe/Berlin');
    expect(isWithin(morning, at('2026-10-24T07:30:00Z'))).toBe(true);
    expect(isWithin(morning, at('2026-10-26T07:30:00Z'))).toBe(false);
    expect(isWithin(morning, at('2026-10-26T08:30:00Z'))).toBe(true);
  });

  it('agree with counting the minutes of a week', () => {
    const monday = at('2026-11-23T00:00:00Z');
    fc.assert(
      fc.property(
        fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }),
        fc.integer({ min: 0, max: 1439 }),
        fc.integer({ min: 1, max: 1440 }),
        fc.integer({ min: 0, max: 7 * 1440 - 1 }),
        (days, from, length, asked) => {
          const to = (from + length) % 1440;
          const end = from + length === 1440 ? '24:00' : minute(to);
          if (from === to) return;
          const window = windowOf(`${days.map((day) => names[day]).join(',')} ${minute(from)}-${end}`);
          const expected = days.some((day) => {
            const behind = (asked - (day * 1440 + from) + 7 * 1440) % (7 * 1440);
            return behind < length;
          });
          expect(isWithin(window, monday + asked * 60_000)).toBe(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});
