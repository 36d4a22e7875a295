/**
 * Creates spans whose ids and times come from a journal record alone. The SDK makes them, with an id
 * generator that returns given ids and a processor that collects ended spans. Sending a line twice therefore
 * sends the same spans.
 */
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type SpanContext,
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
import { spanAttributes as keys } from '../../catalog/spans.ts';

/** Returns the ids of the record. `next` must be set before each span is started. */
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

/** Collects ended spans, in order. */
class Collected implements SpanProcessor {
  readonly spans: ReadableSpan[] = [];

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    this.spans.push(span);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

/** The journal line from which the spans are made. */
export interface JournalLineRef {
  readonly seq: number;
  /** SHA-256 of the line, in hex. */
  readonly hash: string;
}

/** Creates and collects the spans of one record. */
export interface Recorder {
  readonly tracer: Tracer;
  /** Attributes of every span. */
  readonly witness: Attributes;
  readonly ids: RecordIds;
  readonly spans: readonly ReadableSpan[];
}

/** Fields that a record needs to become spans. */
export interface Traced {
  readonly trace_id: string;
  readonly span_id: string;
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
}

/** Creates the recorder for a record. The first span gets the record's span id. */
export function recorder(record: Traced, { seq, hash }: JournalLineRef): Recorder {
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
  return {
    tracer: provider.getTracer('godrift', record.version),
    witness: { [keys.journalSequence]: seq, [keys.journalHash]: hash },
    ids,
    spans: collected.spans,
  };
}

/** Returns the context that identifies an existing span. */
export function spanContextOf(traceId: string, spanId: string): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: false };
}

/** Returns a context with an existing span as the parent. */
export function contextOf(traceId: string, spanId: string): Context {
  return trace.setSpanContext(ROOT_CONTEXT, spanContextOf(traceId, spanId));
}
