/**
 * Projects the outcome, refusal or pending approval of a rollback to spans: a child of the drift that it
 * answers, and its parts below it.
 */
import { type Attributes, ROOT_CONTEXT, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { conventions, spanAttributes as keys, spanNames } from '../../catalog/spans.ts';
import type {
  ApprovalEvent,
  OutcomeEvent,
  RefusalEvent,
  RollbackOutcome,
  RollbackPart,
} from '../../drift/events.ts';
import { sha256Hex } from '../../host/digest.ts';
import { contextOf, type JournalLineRef, type Recorder, recorder, spanContextOf } from './span-recorder.ts';

/** Events that become a span `rollback {facet}`. */
type Recorded = RollbackOutcome | RefusalEvent | ApprovalEvent;

function common(record: Recorded): Attributes {
  const [facet] = record.facets;
  return {
    [keys.target]: record.target,
    [keys.workspace]: record.workspace,
    ...(facet === undefined ? {} : { [keys.facet]: facet }),
    [keys.rollbackId]: record.id,
    [keys.rollbackMode]: record.mode,
    [keys.rollbackTrigger]: record.trigger,
    ...(record.reason === undefined ? {} : { [keys.rollbackReason]: record.reason }),
  };
}

/** Creates the span of the rollback itself; `failure` if it did not succeed. */
function rootSpan(
  made: Recorder,
  record: Recorded,
  attributes: Attributes,
  failure: { readonly type: string; readonly message: string } | undefined,
): void {
  const { parent_span_id: parent, link } = record;
  const span = made.tracer.startSpan(
    spanNames.rollback(record.facets[0] ?? 'all'),
    {
      root: parent === undefined,
      kind: SpanKind.INTERNAL,
      startTime: new Date(record.start),
      attributes: { ...common(record), ...attributes, ...made.witness },
      links: link === undefined ? [] : [{ context: spanContextOf(link.trace_id, link.span_id) }],
    },
    parent === undefined ? ROOT_CONTEXT : contextOf(record.trace_id, parent),
  );
  if (failure !== undefined) {
    span.setAttribute(conventions.errorType, failure.type);
    span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
  }
  span.end(new Date(Math.max(record.start, record.end)));
}

function partSpan(made: Recorder, record: RollbackOutcome, part: RollbackPart, index: number): void {
  made.ids.next = sha256Hex(`${record.span_id}/${index}`).slice(0, 16);
  const span = made.tracer.startSpan(
    part.part === 'step' ? spanNames.step(part.kind ?? 'other') : part.part,
    {
      kind: SpanKind.INTERNAL,
      startTime: new Date(part.start),
      attributes: {
        ...(part.kind === undefined ? {} : { [keys.stepKind]: part.kind }),
        ...(part.path === undefined ? {} : { [conventions.filePath]: part.path }),
        ...made.witness,
      },
    },
    contextOf(record.trace_id, record.span_id),
  );
  if (part.why !== undefined) {
    span.setAttribute(conventions.errorType, 'failed');
    span.setStatus({ code: SpanStatusCode.ERROR, message: part.why });
  }
  span.end(new Date(Math.max(part.start, part.end)));
}

/** Returns the number of spans of an outcome; none for a cache repair outside of a rollback. */
export function outcomeSpanCount(event: OutcomeEvent): number {
  return event.operation === 'rollback' ? 1 + event.parts.length : 0;
}

/** Returns the spans of a rollback that has an outcome. */
export function outcomeSpans(event: OutcomeEvent, place: JournalLineRef): readonly ReadableSpan[] {
  if (event.operation !== 'rollback') return [];
  const made = recorder(event, place);
  const { result, why } = event;
  const isWell = result === 'applied' || result === 'dry_run';
  const failure = isWell ? undefined : { type: result, message: why };
  rootSpan(made, event, { [keys.rollbackResult]: result }, failure);
  event.parts.forEach((part, index) => {
    partSpan(made, event, part, index);
  });
  return made.spans;
}

/** Returns the span of a refused rollback. */
export function refusalSpans(event: RefusalEvent, place: JournalLineRef): readonly ReadableSpan[] {
  const made = recorder(event, place);
  const attributes = { [keys.rollbackResult]: 'refused', [keys.rollbackRefusals]: [...event.refusals] };
  rootSpan(made, event, attributes, { type: 'refused', message: event.refusals.join('; ') });
  return made.spans;
}

/** Returns the span of a plan that waits for an approval. */
export function approvalSpans(event: ApprovalEvent, place: JournalLineRef): readonly ReadableSpan[] {
  const made = recorder(event, place);
  rootSpan(made, event, { [keys.rollbackResult]: 'pending' }, undefined);
  return made.spans;
}
