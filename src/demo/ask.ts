/**
 * Queries of the demo to its servers: alerts of Prometheus (HTTP API v1) and one trace of Jaeger (api_v3,
 * OTLP in JSON).
 */
import { get } from './wait.ts';

export interface Alert {
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Returns the alerts that are firing or pending now; empty if Prometheus does not answer. */
export async function alertsNow(prometheus: string): Promise<readonly Alert[]> {
  const text = await get(`${prometheus}/api/v1/alerts`);
  if (text === undefined) return [];
  const { data } = JSON.parse(text) as { data?: { alerts?: Alert[] } };
  return data?.alerts ?? [];
}

/** Reports whether Prometheus has scraped the exporter and evaluated every rule at least once. */
export async function hasEvaluated(prometheus: string): Promise<boolean> {
  const [rules, up] = await Promise.all([
    get(`${prometheus}/api/v1/rules`),
    get(`${prometheus}/api/v1/query?${new URLSearchParams({ query: 'up{job="godrift"} == 1' })}`),
  ]);
  if (rules === undefined || up === undefined) return false;
  const { data } = JSON.parse(rules) as { data: { groups: { lastEvaluation: string }[] } };
  const { result } = (JSON.parse(up) as { data: { result: unknown[] } }).data;
  // A group that was never evaluated has Go's zero time.
  return result.length > 0 && data.groups.every(({ lastEvaluation }) => !lastEvaluation.startsWith('0001-'));
}

interface OtlpValue {
  readonly stringValue?: string;
}

export interface Span {
  readonly name: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly events?: readonly {
    readonly name: string;
    readonly attributes?: readonly { readonly key: string; readonly value: OtlpValue }[];
  }[];
}

/** Returns the spans of a trace, roots first, then by start time; empty while Jaeger has none. */
export async function spansOfTrace(jaeger: string, traceId: string): Promise<readonly Span[]> {
  const text = await get(`${jaeger}/api/v3/traces/${traceId}`);
  if (text === undefined) return [];
  const { result } = JSON.parse(text) as {
    result?: { resourceSpans?: { scopeSpans: { spans: Span[] }[] }[] };
  };
  return (result?.resourceSpans ?? [])
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .sort(
      (a, b) =>
        Number((a.parentSpanId ?? '') !== '') - Number((b.parentSpanId ?? '') !== '') ||
        Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)),
    );
}
