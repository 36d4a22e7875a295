/** Markup of the status page. Every value is escaped unless it already is markup. Pure. */

import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { visible } from '../../catalog/visible.ts';
import type { Origin } from '../../drift/model.ts';
import { labelValue } from '../metrics/samples.ts';

/** HTML that needs no escaping. */
export type Markup = HtmlEscapedString;

// Like label values, but without a bound: repairs may be long.
const clean = (value: unknown) => (typeof value === 'string' ? visible(value) : value);

/**
 * Renders a template: strings are escaped for elements and quoted attributes; markup and lists of it are not;
 * false and undefined render nothing.
 */
export function markup(parts: TemplateStringsArray, ...values: readonly unknown[]): Markup {
  // hono returns a promise only for promises among the values, and there are none here.
  return html(parts, ...values.map(clean)) as Markup;
}

/**
 * Arrow from the old to the new value. A constant, because a template with a character beyond Latin-1 doubles
 * the memory of its file (scripts/build.js).
 */
export const arrow = '→';
/** Placeholder for a missing value. */
export const dash = '–';

/** Returns text on one line of bounded length, without control characters. */
export const shown = (text: string): string => labelValue(text);

/** Renders a time: `2026-11-22 08:15 UTC`, with the exact time in the attribute `datetime`. */
export function time(ms: number | undefined): Markup {
  if (ms === undefined) return markup`${dash}`;
  const text = new Date(ms).toISOString();
  return markup`<time datetime="${text}">${text.slice(0, 16).replace('T', ' ')}\u00a0UTC</time>`;
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** Formats a duration in its two largest units: `2 h 5 min`. Less than a second is `0 s`. */
export function duration(ms: number): string {
  const from = units.findIndex(([, size]) => ms >= size);
  if (from < 0) return '0\u00a0s';
  let rest = ms;
  const parts: string[] = [];
  for (const [name, size] of units.slice(from, from + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}\u00a0${name}`);
  }
  return parts.join(' ');
}

const kinds: Readonly<Record<Origin['kind'], string>> = {
  process: 'process environment',
  goenv: 'GOENV file',
  goroot: '$GOROOT/go.env',
  file: 'file',
  default: 'default',
};

/** Describes the origin of a value: `~/.config/go/env:3`, or the kind of source. */
export function place({ kind, path, line }: Origin): string {
  if (path === undefined) return kinds[kind];
  return line === undefined ? path : `${path}:${line}`;
}
