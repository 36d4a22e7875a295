/** A metric family: its labels are in the order of the catalogue and bounded in number and length. Pure. */
import type { MetricRow } from '../../catalog/metric-row.ts';
import { metrics } from '../../catalog/metrics.ts';
import { visible } from '../../catalog/visible.ts';

/** A series and its value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Buckets of a histogram; `value` is then the number of observations. */
  readonly histogram?: Histogram;
}

/**
 * Buckets of a histogram: `counts[i]` observations are ≤ `bounds[i]` and larger than the bound before; the
 * last count is for those beyond all bounds. `sum` is the sum of all observations.
 */
export interface Histogram {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
}

/** The series of one family in the order of the page. */
export interface FamilySamples {
  readonly row: MetricRow;
  readonly samples: readonly Sample[];
}

/** Longest label value, in UTF-16 units. */
export const labelLimit = 200;

/** Returns text as a label value: bounded, well-formed Unicode, with all characters visible. */
export function labelValue(text: string): string {
  // Cut before escaping to bound the cost of a huge value, and again after it, because escapes make it
  // longer.
  const shown = visible(cutAt(text, labelLimit));
  return text.length <= labelLimit && shown.length <= labelLimit ? shown : `${cutAt(shown, labelLimit - 1)}…`;
}

/** Cuts a text to `units` UTF-16 units without splitting a surrogate pair. */
function cutAt(text: string, units: number): string {
  return text.length <= units ? text : text.slice(0, units).replace(/[\ud800-\udbff]$/, '');
}

const rows = new Map<string, MetricRow>(metrics.map((row) => [row.name, row]));

/** Input of {@link family}: one value with its labels. */
export interface Point {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
  /** Points of high worth are dropped last if there are too many; by default the absolute value. */
  readonly worth?: number;
  readonly histogram?: Histogram;
}

/**
 * Builds a family of the catalogue: labels in the order of the row, duplicates merged (the value with the
 * larger magnitude stays), non-finite values left out, and no more series than the row's bound. Throws
 * TypeError for a name or label that is not in the catalogue.
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

/** Returns the points unchanged if they fit, otherwise sorted by worth. */
function byWorth(points: readonly Point[], room: number): readonly Point[] {
  if (points.length <= room) return points;
  const worth = ({ worth: told, value }: Point) => told ?? Math.abs(value);
  return [...points].sort((a, b) => worth(b) - worth(a));
}

/** Builds a family of one target. */
export type FamilyOf = (name: string, points: readonly Point[]) => FamilySamples;

/** Returns one point, or none for an unknown value. */
export const known = (value: number | undefined): readonly Point[] =>
  value === undefined ? [] : [{ value }];

/** Converts milliseconds to seconds. */
export const seconds = (ms: number): number => ms / 1000;
