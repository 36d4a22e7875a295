/**
 * The catalogue of all metrics: names, types, help, labels and bounds. Documentation, rules, dashboards and
 * golden files are checked against it. Names include the unit and, for counters, `_total`; the exporter
 * appends nothing.
 */

import { exporterMetrics } from './exporter-metrics.ts';
import type { Facet } from './facets.ts';
import type { MetricRow } from './metric-row.ts';
import { targetMetrics } from './target-metrics.ts';

export const metrics: readonly MetricRow[] = [...exporterMetrics, ...targetMetrics];

/**
 * Returns the full Prometheus name. `process_*` and `nodejs_*` have no prefix, since all exporters share
 * these names.
 */
export function metricName(row: MetricRow): string {
  return /^(process|nodejs)_/.test(row.name) ? row.name : `godrift_${row.name}`;
}

/**
 * Values of the label `reason`: why spans are dropped, and below why a request to send them failed and is
 * retried.
 */
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

/** Causes of drift (design §5). */
export const causes = ['pin-changed', 'deployment', 'toolchain-switch', 'damage', 'unknown'] as const;
export type Cause = (typeof causes)[number];

/** Name patterns of the families that belong to one facet. */
const facetPrefixes = {
  toolchain: /^godrift_toolchain_/,
  env: /^godrift_env_/,
  modules: /^godrift_modules?(?:_|$)/,
  cache: /^godrift_cache_/,
  tools: /^godrift_tool_/,
} as const satisfies Partial<Record<Facet, RegExp>>;

/**
 * Returns the facet to which a family (by its full name) belongs; undefined for families with series for
 * several facets.
 */
export function facetOfMetric(name: string): Facet | undefined {
  const found = Object.entries(facetPrefixes).find(([, prefix]) => prefix.test(name));
  return found?.[0] as Facet | undefined;
}
