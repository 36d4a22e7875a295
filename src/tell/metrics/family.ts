/**
 * One family of samples: labels in the order of the catalogue, bounded in number and length. Pure.
 */
import type { MetricRow } from '../../catalog/metric-row.ts';
import { metrics } from '../../catalog/metrics.ts';
import { visible } from '../../catalog/visible.ts';

/** One series and its value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Of a histogram, whose value is the number of all that was measured. */
  readonly histogram?: Histogram;
}

/** How many were at most as large as each bound and larger than the one before it, and beyond the last; and the sum of all. */
export interface Histogram {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
}

/** The series of one family, in the order in which they are shown. */
export interface FamilySamples {
  readonly row: MetricRow;
  readonly samples: readonly Sample[];
}

/** Longest label value, in UTF-16 units. */
export const labelLimit = 200;

/** A string as a label value: bounded, well-formed Unicode, every character to be seen. */
export function labelValue(text: string): string {
  // Cut first, so that the cost of a huge value is bounded too; escapes make it longer again.
  const shown = visible(cutAt(text, labelLimit));
  return text.length <= labelLimit && shown.length <= labelLimit ? shown : `${cutAt(shown, labelLimit - 1)}…`;
}

/** The first units of a text, without half of a pair at the end. */
function cutAt(text: string, units: number): string {
  return text.length <= units ? text : text.slice(0, units).replace(/[\ud800-\udbff]$/, '');
}

const rows = new Map<string, MetricRow>(metrics.map((row) => [row.name, row]));

/** A family under construction: values by the labels of its row. */
export interface Point {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
  /** What is dropped last when there is no room; the size of the value unless told. */
  readonly worth?: number;
  readonly histogram?: Histogram;
}

/**
 * The samples of a catalogued family: labels in the order of the row, duplicates merged (the larger value stays), values
 * that are no number left out, and no more than its bound. TypeError for a name or label that is not catalogued.
 */
export function family(name: string, target: string | undefined, points: readonly Point[]): FamilySamples {
  const row = rows.get(name);
  if (row === undefined || row.target !== (target !== undefined))
    throw new TypeError(`${name} is no metric of the catalogue`);
  const samples = new Map<string, Sample>();
  for (const { labels = {}, value, histogram } of byWorth(points, row.bound)) {
    if (!Number.isFinite(value)) continue;
    if (Object.keys(labels).length !== row.labels.length)
      throw new TypeError(`${name} has other labels than in the catalogue`);
    const full: Record<string, string> = target === undefined ? {} : { target };
    for (const label of row.labels) {
      const text = labels[label];
      if (text === undefined) throw new TypeError(`${name} has no label ${label}`);
      full[label] = labelValue(text);
    }
    const key = Object.values(full).join('\u0000');
    const same = samples.get(key);
    if (same === undefined && samples.size === row.bound) continue;
    if (same === undefined || Math.abs(value) > Math.abs(same.value))
      samples.set(key, { labels: full, value, ...(histogram === undefined ? {} : { histogram }) });
  }
  return { row, samples: [...samples.values()] };
}

/** The points as they are while there is room, else the worthiest first. */
function byWorth(points: readonly Point[], room: number): readonly Point[] {
  if (points.length <= room) return points;
  const worth = ({ worth: told, value }: Point) => told ?? Math.abs(value);
  return [...points].sort((a, b) => worth(b) - worth(a));
}

/** Makes a family of one target. */
export type FamilyOf = (name: string, points: readonly Point[]) => FamilySamples;

/** A list of none or one, for values that may be unknown. */
export const known = (value: number | undefined): readonly Point[] =>
  value === undefined ? [] : [{ value }];

/** Seconds of milliseconds. */
export const seconds = (ms: number): number => ms / 1000;
