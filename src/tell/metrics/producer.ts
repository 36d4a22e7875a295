/**
 * Provides samples through an OpenTelemetry MetricProducer instead of instruments, so that a series that left
 * the state is gone from the next collection (an ObservableGauge keeps dead label sets for ever, in SDK 2.x
 * and 3.x).
 */
import { ValueType } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type MetricProducer,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import type { MetricRow } from '../../catalog/metric-row.ts';
import { metricName } from '../../catalog/metrics.ts';
import type { FamilySamples, Sample } from './samples.ts';

/** The families of one target, or those of the exporter. */
export interface Part {
  /** Name of the instrumentation scope; not shown on the page. */
  readonly name: string;
  readonly families: readonly FamilySamples[];
}

// Samples carry no timestamp: Prometheus uses the scrape time, and explicit timestamps would disable its
// staleness handling.
const noTime: [number, number] = [0, 0];

function histogramPoint({ labels, value, histogram }: Sample): DataPoint<Histogram>[] {
  if (histogram === undefined) return [];
  const { bounds, counts, sum } = histogram;
  const buckets = { boundaries: [...bounds], counts: [...counts] };
  return [{ startTime: noTime, endTime: noTime, attributes: labels, value: { buckets, sum, count: value } }];
}

function metricData(row: MetricRow, samples: readonly Sample[]): MetricData {
  const told = {
    descriptor: { name: metricName(row), description: row.help, unit: '', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  } as const;
  if (row.type === 'histogram')
    return { ...told, dataPointType: DataPointType.HISTOGRAM, dataPoints: samples.flatMap(histogramPoint) };
  const common = {
    ...told,
    dataPoints: samples.map(({ labels, value }) => ({
      startTime: noTime,
      endTime: noTime,
      attributes: labels,
      value,
    })),
  };
  return row.type === 'counter'
    ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true }
    : { ...common, dataPointType: DataPointType.GAUGE };
}

/**
 * Creates a producer with one scope for each part. An exception fails the whole collection, which is
 * intended.
 */
export function createProducer(parts: () => readonly Part[]): MetricProducer {
  return {
    async collect() {
      const scopeMetrics: ScopeMetrics[] = parts().map(({ name, families }) => ({
        scope: { name },
        metrics: families.map(({ row, samples }) => metricData(row, samples)),
      }));
      return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
    },
  };
}
