/**
 * The outbox: a cursor into the journal. Lines after it are projected to spans and sent; the cursor moves when the endpoint took
 * them. A dead backend only delays; a crash repeats the last line, and equal ids make that invisible.
 */
import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { DriftRecord, ResolvedRecord } from '../drift/state.ts';
import { projectSpans, spanCount } from './spans.ts';

/** A journal line as the outbox needs it. */
export interface OutboxLine {
  readonly seq: number;
  readonly hash: string;
  readonly record: unknown;
}

export interface OutboxPorts {
  /** Lines of the journal from a sequence number on. */
  readonly read: (from: number) => AsyncIterable<OutboxLine>;
  readonly position: number;
  /** Moves the cursor; may fail silently, then lines are repeated after a restart. */
  readonly advance: (line: { readonly seq: number; readonly hash: string }) => Promise<void>;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Wait before the first repetition, doubled up to five minutes; one second unless told. */
  readonly firstRetryMs?: number;
}

export interface OutboxStats {
  readonly pending: number;
  /** ms since the epoch. */
  readonly oldest?: number;
  readonly exported: number;
  readonly dropped: number;
}

export interface Outbox {
  /** Tells that the journal has grown; never blocks, never throws. */
  kick(): void;
  /** Sends what can be sent until the time is up. */
  flush(limitMs: number): Promise<void>;
  readonly stats: () => OutboxStats;
}

/** Whether the standard variables name an OTLP endpoint and nothing switches tracing off. */
export function endpointConfigured(env: ReadonlyMap<string, string>): boolean {
  const on =
    (env.get('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? '') !== '' ||
    (env.get('OTEL_EXPORTER_OTLP_ENDPOINT') ?? '') !== '';
  return (
    on && env.get('OTEL_SDK_DISABLED')?.toLowerCase() !== 'true' && env.get('OTEL_TRACES_EXPORTER') !== 'none'
  );
}

const lastRetryMs = 300_000;
// The endpoint understood and refused: sending again cannot help (OTLP/HTTP: bad data 400, too large 413).
const refusals = new Set([400, 413]);

type Sent = 'accepted' | 'refused' | 'failed';

function isEvent(record: unknown): record is DriftRecord | ResolvedRecord {
  const type = (record as { type?: unknown }).type;
  return type === 'drift' || type === 'resolved';
}

/** Spans of an event. One that cannot be projected counts as one: it is refused when its turn comes, and must not stop the others. */
function countSpans(record: DriftRecord | ResolvedRecord): number {
  try {
    return spanCount(record);
  } catch {
    return 1;
  }
}

/** An outbox that sends with the standard OTLP/HTTP exporter, or, without an endpoint, only keeps the cursor at the end. */
export function createOutbox(configured: boolean, ports: OutboxPorts): Outbox {
  const exporter = configured ? new OTLPTraceExporter() : undefined;
  const firstRetryMs = ports.firstRetryMs ?? 1_000;
  let position = ports.position;
  let exported = 0;
  let dropped = 0;
  let waiting: { seq: number; spans: number; time: number }[] = [];
  let running: Promise<void> | undefined;
  let again = false;
  let retryMs = firstRetryMs;
  let timer: NodeJS.Timeout | undefined;

  const send = (record: DriftRecord | ResolvedRecord): Promise<Sent> =>
    new Promise((resolve) => {
      let spans: ReturnType<typeof projectSpans>;
      try {
        spans = projectSpans(record);
      } catch (error) {
        ports.log('a journal line cannot be projected to spans', { error: String(error) });
        resolve('refused');
        return;
      }
      exporter?.export([...spans], (result) => {
        if (result.code === ExportResultCode.SUCCESS) resolve('accepted');
        else
          resolve(
            refusals.has(Number((result.error as { code?: unknown } | undefined)?.code))
              ? 'refused'
              : 'failed',
          );
      });
    });

  async function drain(): Promise<void> {
    const lines: OutboxLine[] = [];
    for await (const line of ports.read(position + 1)) lines.push(line);
    waiting = lines.flatMap(({ seq, record }) =>
      isEvent(record) ? [{ seq, spans: countSpans(record), time: record.end }] : [],
    );
    for (const line of lines) {
      if (isEvent(line.record) && exporter !== undefined) {
        const spans = countSpans(line.record);
        const sent = await send(line.record);
        if (sent === 'failed') {
          ports.log('the OTLP endpoint does not take spans, trying again', {
            pending: waiting.length,
            retry_ms: retryMs,
          });
          schedule();
          return;
        }
        if (sent === 'accepted') exported += spans;
        else dropped += spans;
        retryMs = firstRetryMs;
      }
      position = line.seq;
      waiting = waiting.filter((one) => one.seq > position);
      await ports.advance(line);
    }
  }

  function schedule(): void {
    clearTimeout(timer);
    timer = setTimeout(kick, retryMs);
    timer.unref();
    retryMs = Math.min(retryMs * 2, lastRetryMs);
  }

  function kick(): void {
    if (running !== undefined) {
      again = true;
      return;
    }
    running = drain()
      .catch((error: unknown) => {
        ports.log('the outbox cannot read the journal', { error: String(error) });
        schedule();
      })
      .finally(() => {
        running = undefined;
        if (again) {
          again = false;
          kick();
        }
      });
  }

  return {
    kick,
    async flush(limitMs) {
      kick();
      let limit: NodeJS.Timeout | undefined;
      await Promise.race([
        (async () => {
          while (running !== undefined) await running;
        })(),
        new Promise((resolve) => {
          limit = setTimeout(resolve, limitMs);
        }),
      ]);
      clearTimeout(limit);
      clearTimeout(timer);
    },
    stats: () => {
      const oldest = configured ? waiting[0]?.time : undefined;
      return {
        pending: configured ? waiting.reduce((sum, one) => sum + one.spans, 0) : 0,
        exported,
        dropped,
        ...(oldest === undefined ? {} : { oldest }),
      };
    },
  };
}
