/**
 * Projects a journal line to its spans. Ids, times and attributes come from the record alone: sending a line
 * twice sends the same spans, and a backend shows them once.
 */
import { type Attributes, ROOT_CONTEXT, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import {
  conventions,
  entryChangedEvent,
  entryChangedLimit,
  spanAttributes as keys,
  spanNames,
} from '../../catalog/spans.ts';
import type { DriftRecord, EventOf, JournalEvent, JournalType, ResolvedRecord } from '../../drift/events.ts';
import type { CollectorRun, Origin } from '../../drift/model.ts';
import { writerText } from '../../drift/probable-writer.ts';
import { sha256Hex } from '../../host/digest.ts';
import { alertSpanCount, alertSpans } from './alert-spans.ts';
import { blameSpans } from './blame-spans.ts';
import { approvalSpans, outcomeSpanCount, outcomeSpans, refusalSpans } from './rollback-spans.ts';
import { contextOf, type JournalLineRef, type Recorder, recorder } from './span-recorder.ts';
import { trySpans } from './try-spans.ts';

export type { JournalLineRef };

function originText(origin: Origin): string {
  return origin.path === undefined
    ? origin.kind
    : `${origin.kind} ${origin.path}${origin.line === undefined ? '' : `:${origin.line}`}`;
}

function common(record: DriftRecord | ResolvedRecord): Attributes {
  return {
    [keys.target]: record.target,
    [keys.workspace]: record.workspace,
    [keys.level]: record.level,
    [keys.facets]: [...record.facets],
    [keys.cause]: record.cause,
    [keys.fingerprintOld]: record.fingerprint_old,
    [keys.fingerprintNew]: record.fingerprint_new,
    [keys.baselineKind]: record.baseline_kind,
    [keys.eventId]: record.event_id,
  };
}

/**
 * Returns `error.type`, which must have few values: the errno that a reason names, or else the catch-all of
 * the conventions.
 */
function errorType(why: string | undefined): string {
  return /\bE[A-Z]{2,}\b/.exec(why ?? '')?.[0] ?? '_OTHER';
}

function runSpans(
  { tracer, ids, witness }: Recorder,
  record: DriftRecord,
  run: CollectorRun,
  index: number,
): void {
  const id = sha256Hex(`${record.span_id}/${index}`).slice(0, 16);
  ids.next = id;
  const span = tracer.startSpan(
    spanNames.collect(run.facet),
    {
      kind: SpanKind.INTERNAL,
      startTime: new Date(run.start),
      attributes: {
        [keys.facet]: run.facet,
        ...(run.entries === undefined ? {} : { [keys.collectorEntries]: run.entries }),
        ...witness,
      },
    },
    contextOf(record.trace_id, record.span_id),
  );
  if (!run.success) {
    span.setAttribute(conventions.errorType, errorType(run.why));
    span.setStatus({ code: SpanStatusCode.ERROR, ...(run.why === undefined ? {} : { message: run.why }) });
  }
  run.commands.forEach((command, commandIndex) => {
    ids.next = sha256Hex(`${record.span_id}/${index}/${commandIndex}`).slice(0, 16);
    const child = tracer.startSpan(
      command.executable,
      {
        kind: SpanKind.CLIENT,
        startTime: new Date(command.start),
        attributes: {
          [conventions.processExecutableName]: command.executable,
          [conventions.processCommandArgs]: [...command.args],
          ...(command.exitCode === null ? {} : { [conventions.processExitCode]: command.exitCode }),
          ...witness,
        },
      },
      contextOf(record.trace_id, id),
    );
    if (command.exitCode !== 0) {
      child.setAttribute(
        conventions.errorType,
        command.exitCode === null ? 'killed' : String(command.exitCode),
      );
      child.setStatus({ code: SpanStatusCode.ERROR });
    }
    child.end(new Date(Math.max(command.start, command.end)));
  });
  span.end(new Date(Math.max(run.start, run.end)));
}

function driftSpans(record: DriftRecord, place: JournalLineRef): readonly ReadableSpan[] {
  const made = recorder(record, place);
  const omitted = record.entries_omitted + Math.max(0, record.changes.length - entryChangedLimit);
  const root = made.tracer.startSpan(
    spanNames.detect,
    {
      root: true,
      kind: SpanKind.INTERNAL,
      startTime: new Date(record.start),
      attributes: {
        ...common(record),
        ...made.witness,
        [keys.changeRatio]: record.change_ratio,
        [keys.semanticDistance]: record.semantic_distance,
        ...(omitted > 0 ? { [keys.entriesOmitted]: omitted } : {}),
        ...(record.writers === undefined ? {} : { [keys.writers]: record.writers.map(writerText) }),
      },
    },
    ROOT_CONTEXT,
  );
  for (const change of record.changes.slice(0, entryChangedLimit)) {
    root.addEvent(
      entryChangedEvent,
      {
        [keys.facet]: change.facet,
        [keys.entryKey]: change.key,
        ...(change.expected === undefined ? {} : { [keys.entryExpected]: change.expected }),
        ...(change.actual === undefined ? {} : { [keys.entryActual]: change.actual }),
        ...(change.origin === undefined ? {} : { [keys.entryOrigin]: originText(change.origin) }),
      },
      new Date(record.end),
    );
  }
  record.runs.forEach((run, index) => {
    runSpans(made, record, run, index);
  });
  root.end(new Date(Math.max(record.start, record.end)));
  return made.spans;
}

function resolvedSpans(record: ResolvedRecord, place: JournalLineRef): readonly ReadableSpan[] {
  const made = recorder(record, place);
  const span = made.tracer.startSpan(
    spanNames.resolve,
    {
      kind: SpanKind.INTERNAL,
      startTime: new Date(record.start),
      attributes: { ...common(record), ...made.witness, [keys.durationSeconds]: record.duration_s },
    },
    contextOf(record.trace_id, record.parent_span_id),
  );
  span.end(new Date(Math.max(record.start, record.end)));
  return made.spans;
}

/** The projection of one type of event. */
interface Projection<E> {
  /** Number of spans, for the gauges of the outbox. */
  readonly count: (event: E) => number;
  /** The spans, in the order of their ends. */
  readonly spans: (event: E, place: JournalLineRef) => readonly ReadableSpan[];
}

/** Types of events that become spans. */
const projections: { readonly [T in JournalType]: Projection<EventOf<T>> | undefined } = {
  drift: {
    count: ({ runs }) => 1 + runs.reduce((sum, run) => sum + 1 + run.commands.length, 0),
    spans: driftSpans,
  },
  resolved: { count: () => 1, spans: resolvedSpans },
  baseline: undefined,
  deployment: undefined,
  waiver: undefined,
  target: undefined,
  intent: undefined,
  outcome: { count: outcomeSpanCount, spans: outcomeSpans },
  undo: undefined,
  gap: undefined,
  alert: { count: alertSpanCount, spans: alertSpans },
  refusal: { count: () => 1, spans: refusalSpans },
  approval: { count: () => 1, spans: approvalSpans },
  control: undefined,
  blame: { count: () => 1, spans: blameSpans },
  // A try becomes a span when its command has ended.
  try: { count: ({ phase }) => (phase === 'ended' ? 1 : 0), spans: trySpans },
};

const projectionOf = ({ type }: JournalEvent) => projections[type] as Projection<JournalEvent> | undefined;

/** Returns the number of spans of an event, 0 if it has none. Throws for a damaged line. */
export function spanCount(event: JournalEvent): number {
  return projectionOf(event)?.count(event) ?? 0;
}

/**
 * Returns the spans of the event in a journal line, in the order of their ends. Throws for a damaged line.
 */
export function projectSpans(event: JournalEvent, place: JournalLineRef): readonly ReadableSpan[] {
  return projectionOf(event)?.spans(event, place) ?? [];
}
