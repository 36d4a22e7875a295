/**
 * Every metric that godrift promises: the one source of names, types, help, labels and bounds. Documentation, rules,
 * dashboards and golden files are checked against it. Units are part of the names (the exporter appends none);
 * counters are written here with their `_total`.
 */

import { exporterMetrics } from './exporter-metrics.ts';
import type { Facet } from './facets.ts';
import type { MetricRow } from './metric-row.ts';
import { targetMetrics } from './target-metrics.ts';

export const metrics: readonly MetricRow[] = [...exporterMetrics, ...targetMetrics];

/** The full Prometheus name; `process_*` and `nodejs_*` are what every exporter has and carry no prefix. */
export function metricName(row: MetricRow): string {
  return /^(process|nodejs)_/.test(row.name) ? row.name : `godrift_${row.name}`;
}

/** Why spans of the journal are not sent any more, and why a request has to be repeated. */
export const dropReasons = ['rejected', 'refused', 'too_large', 'invalid', 'overflow', 'lost'] as const;
export type DropReason = (typeof dropReasons)[number];
export const failureReasons = [
  'unreachable',
  'unavailable',
  'turned_away',
  'not_otlp',
  'no_endpoint',
] as const;
export type FailureReason = (typeof failureReasons)[number];

/** Drift causes that can be known (design §5). */
export const causes = ['pin-changed', 'deployment', 'toolchain-switch', 'damage', 'unknown'] as const;
export type Cause = (typeof causes)[number];

/** What the names of families begin with that are of one facet alone. */
const facetPrefixes = {
  toolchain: /^godrift_toolchain_/,
  env: /^godrift_env_/,
  modules: /^godrift_modules?(?:_|$)/,
  cache: /^godrift_cache_/,
  tools: /^godrift_tool_/,
} as const satisfies Partial<Record<Facet, RegExp>>;

/** The facet that a family (by its full name) is of; undefined for what several say, each in a series with its name. */
export function facetOfMetric(name: string): Facet | undefined {
  const found = Object.entries(facetPrefixes).find(([, prefix]) => prefix.test(name));
  return found?.[0] as Facet | undefined;
}
