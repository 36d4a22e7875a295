/**
 * From a journal line to its spans. A projection: ids, times and attributes come from the record alone, so that sending a line twice
 * sends the same spans and a backend shows them once.
 */
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  type IdGenerator,
  NodeTracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import {
  conventions,
  entryChangedEvent,
  entryChangedLimit,
  spanAttributes as keys,
  spanNames,
} from '../catalog/spans.ts';
import type { CollectorRun, Origin } from '../drift/model.ts';
import type { DriftRecord, ResolvedRecord } from '../drift/state.ts';
import { sha256Hex } from '../host/digest.ts';

/** Spans that a line becomes, for the gauges of the outbox. */
export function spanCount(record: DriftRecord | ResolvedRecord): number {
  return record.type === 'resolved'
    ? 1
    : 1 + record.runs.reduce((sum, run) => sum + 1 + run.commands.length, 0);
}

/** Hands out the ids that the record names: the next span's is set before it is started. */
class RecordIds implements IdGenerator {
  readonly #traceId: string;
  next: string;

  constructor(traceId: string, spanId: string) {
    this.#traceId = traceId;
    this.next = spanId;
  }

  generateTraceId(): string {
    return this.#traceId;
  }

  generateSpanId(): string {
    return this.next;
  }
}

/** Keeps what ended, in order. */
class Collected implements SpanProcessor {
  readonly spans: ReadableSpan[] = [];

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    this.spans.push(span);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

interface Recorder {
  readonly tracer: Tracer;
  readonly ids: RecordIds;
  readonly spans: readonly ReadableSpan[];
}

function recorder(record: DriftRecord | ResolvedRecord): Recorder {
  const ids = new RecordIds(record.trace_id, record.span_id);
  const collected = new Collected();
  // Events are never sampled away, whatever OTEL_TRACES_SAMPLER the host exports.
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ ...record.resource }),
    idGenerator: ids,
    sampler: new AlwaysOnSampler(),
    spanProcessors: [collected],
    spanLimits: { eventCountLimit: 64, attributeCountLimit: 64 },
  });
  return { tracer: provider.getTracer('godrift', record.version), ids, spans: collected.spans };
}

function contextOf(traceId: string, spanId: string): Context {
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: TraceFlags.SAMPLED,
    isRemote: false,
  });
}

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

/** `error.type` is a class with few values: the errno that a reason names, else the catch-all of the conventions. */
function errorType(why: string | undefined): string {
  return /\bE[A-Z]{2,}\b/.exec(why ?? '')?.[0] ?? '_OTHER';
}

function runSpans({ tracer, ids }: Recorder, record: DriftRecord, run: CollectorRun, index: number): void {
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

function driftSpans(record: DriftRecord): readonly ReadableSpan[] {
  const made = recorder(record);
  const omitted = record.entries_omitted + Math.max(0, record.changes.length - entryChangedLimit);
  const root = made.tracer.startSpan(
    spanNames.detect,
    {
      root: true,
      kind: SpanKind.INTERNAL,
      startTime: new Date(record.start),
      attributes: {
        ...common(record),
        [keys.changeRatio]: record.change_ratio,
        [keys.semanticDistance]: record.semantic_distance,
        ...(omitted > 0 ? { [keys.entriesOmitted]: omitted } : {}),
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

function resolvedSpans(record: ResolvedRecord): readonly ReadableSpan[] {
  const made = recorder(record);
  const span = made.tracer.startSpan(
    spanNames.resolve,
    {
      kind: SpanKind.INTERNAL,
      startTime: new Date(record.start),
      attributes: { ...common(record), [keys.durationSeconds]: record.duration_s },
    },
    contextOf(record.trace_id, record.parent_span_id),
  );
  span.end(new Date(Math.max(record.start, record.end)));
  return made.spans;
}

/** The spans of a record, in the order in which they ended. */
export function projectSpans(record: DriftRecord | ResolvedRecord): readonly ReadableSpan[] {
  return record.type === 'drift' ? driftSpans(record) : resolvedSpans(record);
}
