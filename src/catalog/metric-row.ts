/** A row of the metric catalogue, and a short constructor for one. */

/** A metric family. */
export interface MetricRow {
  /** Name without the `godrift_` prefix. */
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  /** Labels other than `target`. */
  readonly labels: readonly string[];
  /** True if the family has the label `target`. */
  readonly target: boolean;
  /** Largest number of series per target, or per process for families without `target`. */
  readonly bound: number;
  readonly stability: 'stable' | 'experimental';
}

/** The last sentence of the help of values that come from the last pass. */
export const cached = 'Cached: from the last pass, see godrift_collector_last_success_timestamp_seconds.';

/** Builds a row with stability `stable`; `target` is false for metrics of the exporter itself. */
export function row(
  name: string,
  type: MetricRow['type'],
  labels: readonly string[],
  bound: number,
  help: string,
  target = true,
): MetricRow {
  return { name, type, labels, bound, help, target, stability: 'stable' };
}
