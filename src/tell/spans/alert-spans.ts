/**
 * Projects a journalled alert to the span of the HTTP request that delivered it. The span is short: the
 * rollback happens later and links to it.
 */
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { alertsPath, conventions, spanAttributes as keys, spanNames } from '../../catalog/spans.ts';
import type { AlertEvent } from '../../drift/alert-events.ts';
import { contextOf, type JournalLineRef, recorder, type Traced } from './span-recorder.ts';

/** Returns the request of a line with all that its span needs; undefined for lines without a span. */
function requestOf(event: AlertEvent): (Traced & { readonly request: RequestFacts }) | undefined {
  if (event.action !== 'ask') return undefined;
  const { request, trace_id, span_id } = event;
  if (request === undefined || trace_id === undefined || span_id === undefined) return undefined;
  return { trace_id, span_id, resource: request.resource, version: request.version, request };
}

type RequestFacts = NonNullable<Extract<AlertEvent, { readonly action: 'ask' }>['request']>;

/** Returns the number of spans of an alert line. */
export function alertSpanCount(event: AlertEvent): number {
  return requestOf(event) === undefined ? 0 : 1;
}

/** Returns the span of the request. */
export function alertSpans(event: AlertEvent, place: JournalLineRef): readonly ReadableSpan[] {
  const traced = requestOf(event);
  if (traced === undefined) return [];
  const { start, end, status, parent_span_id: parent } = traced.request;
  const made = recorder(traced, place);
  const span = made.tracer.startSpan(
    spanNames.alerts,
    {
      root: parent === undefined,
      kind: SpanKind.SERVER,
      startTime: new Date(start),
      attributes: {
        [conventions.httpRequestMethod]: 'POST',
        [conventions.urlPath]: alertsPath,
        [conventions.urlScheme]: 'http',
        [conventions.httpResponseStatusCode]: status,
        [keys.alertSource]: event.source,
        ...made.witness,
      },
    },
    parent === undefined ? ROOT_CONTEXT : contextOf(traced.trace_id, parent),
  );
  span.end(new Date(Math.max(start, end)));
  return made.spans;
}
