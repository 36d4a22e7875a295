/** A metric as the catalogue has it, and the short way to write one. */
export interface MetricRow {
  /** Name without the `godrift_` prefix. */
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  /** Labels beside `target`. */
  readonly labels: readonly string[];
  /** True when the family carries the `target` label. */
  readonly target: boolean;
  /** Most series of one target (or of the process, without `target`). */
  readonly bound: number;
  readonly stability: 'stable' | 'experimental';
}

/** Ends the help of what a look found. */
export const cached = 'Cached: from the last pass, see godrift_collector_last_success_timestamp_seconds.';

/** A row; `target` false: of the exporter itself, without that label. */
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
