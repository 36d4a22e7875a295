import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  spans as catalogue,
  entryChangedEvent,
  entryChangedLimit,
  type SpanRow,
  spanNames,
} from '../../../../src/catalog/spans.ts';
import type { JournalEvent } from '../../../../src/drift/events.ts';
import type { EntryChange } from '../../../../src/drift/state.ts';
import { projectSpans, spanCount } from '../../../../src/tell/spans/spans.ts';
import { driftRecord, noon, probableWriter, resolvedRecord } from '../states.ts';

type Spans = ReturnType<typeof projectSpans>;

const place = { seq: 7, hash: 'ab'.repeat(32) };
const spansOf = (event: JournalEvent) => projectSpans(event, place);

const named = (spans: Spans, name: string) => {
  const found = spans.find((span) => span.name === name);
  if (found === undefined) throw new Error(`no span ${name} among ${spans.map((span) => span.name)}`);
  return found;
};
const ms = ([seconds, nanos]: readonly [number, number]) => seconds * 1000 + nanos / 1e6;
const bytes = (spans: Spans) =>
  Buffer.from(JsonTraceSerializer.serializeRequest([...spans]) as Uint8Array).toString();

/** The row of the catalogue that a span is of. */
function rowOf(span: Spans[number]): SpanRow {
  const row = catalogue.find(
    ({ name }) => name === span.name || (name === 'collect {facet}' && span.name.startsWith('collect ')),
  );
  return row ?? (catalogue.find(({ name }) => name === '{executable}') as SpanRow);
}

afterEach(() => vi.unstubAllEnvs());

describe('projectSpans', () => {
  it('makes a root, a child for each collector, and a child of that for each command', () => {
    const made = spansOf(driftRecord);
    expect(made.map(({ name }) => name).sort()).toEqual([
      'collect env',
      'collect toolchain',
      'detect drift',
      'go',
    ]);
    expect(spanCount(driftRecord)).toBe(made.length);
    const root = named(made, spanNames.detect);
    expect(root.spanContext()).toMatchObject({ traceId: driftRecord.trace_id, spanId: driftRecord.span_id });
    expect(root.parentSpanContext).toBeUndefined();
    expect(named(made, 'collect toolchain').parentSpanContext?.spanId).toBe(driftRecord.span_id);
    expect(named(made, 'go').parentSpanContext?.spanId).toBe(
      named(made, 'collect toolchain').spanContext().spanId,
    );
    expect(new Set(made.map((span) => span.spanContext().traceId))).toEqual(new Set([driftRecord.trace_id]));
    const ids = made.map((span) => span.spanContext().spanId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
  });

  it('names the journal line on every span', () => {
    for (const span of [...spansOf(driftRecord), ...spansOf(resolvedRecord)])
      expect(span.attributes).toMatchObject({
        'godrift.journal.sequence': place.seq,
        'godrift.journal.hash': place.hash,
      });
  });

  it('names the probable writer of a file if it is known', () => {
    const writersOf = (event: JournalEvent) =>
      named(spansOf(event), spanNames.detect).attributes['godrift.drift.writers'];
    expect(writersOf({ ...driftRecord, writers: [probableWriter] })).toEqual([
      '/src/api/env likely written by ed, pid 7 (it has the file open for writing)',
    ]);
    expect(writersOf(driftRecord)).toBeUndefined();
  });

  it('has the real times', () => {
    const made = spansOf(driftRecord);
    const times = Object.fromEntries(
      made.map((span) => [span.name, [ms(span.startTime) - noon, ms(span.endTime) - noon]]),
    );
    expect(times).toEqual({
      'detect drift': [0, 120],
      'collect toolchain': [0, 50],
      go: [5, 25],
      'collect env': [50, 120],
    });
  });

  it.each([
    ['drift', driftRecord],
    ['resolved', resolvedRecord],
  ] as const)(
    'a %s line gives the attributes of the catalogue, of their types, and no others',
    (_, record) => {
      for (const span of spansOf(record)) {
        const row = rowOf(span);
        expect(SpanKind[span.kind]).toBe(row.kind);
        const types = new Map(row.attributes.map(({ key, type }) => [key, type]));
        for (const [key, value] of Object.entries(span.attributes)) {
          const type = types.get(key);
          expect(type, `${key} on ${span.name}`).toBeDefined();
          if (type === 'string[]') expect(Array.isArray(value)).toBe(true);
          else expect(typeof value, key).toBe(type === 'string' ? 'string' : 'number');
        }
        for (const { key, optional } of row.attributes) {
          if (!optional) expect(span.attributes, span.name).toHaveProperty([key]);
        }
      }
    },
  );

  it('marks failures, and nothing else', () => {
    const made = spansOf(driftRecord);
    for (const span of made) {
      const failed = span.name === 'collect env';
      expect(span.status.code, span.name).toBe(failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
      expect(span.attributes['error.type']).toBe(failed ? 'EACCES' : undefined);
    }
    const [run] = driftRecord.runs;
    if (run === undefined) throw new Error('no run');
    const killed = {
      ...driftRecord,
      runs: [{ ...run, commands: [{ executable: 'go', args: [], start: noon, end: noon, exitCode: null }] }],
    };
    expect(named(spansOf(killed), 'go')).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'error.type': 'killed' },
    });
    const why = {
      ...driftRecord,
      runs: [{ ...run, success: false, why: 'go printed nothing for /src/api', commands: [] }],
    };
    expect(named(spansOf(why), 'collect toolchain').attributes['error.type']).toBe('_OTHER');
  });

  it('has an event for each change, at most fifty, and counts the others', () => {
    const [event] = named(spansOf(driftRecord), spanNames.detect).events;
    expect(event).toMatchObject({
      name: entryChangedEvent,
      attributes: {
        'godrift.facet': 'toolchain',
        'godrift.entry.key': 'toolchain.version',
        'godrift.entry.expected': '1.26.8',
        'godrift.entry.actual': '1.27.4',
        'godrift.entry.origin': 'file /src/api/go.mod:3',
      },
    });
    expect(ms(event?.time ?? [0, 0])).toBe(driftRecord.end);
    const many = Array.from(
      { length: 60 },
      (_, index): EntryChange => ({
        facet: 'env',
        key: `env.V${index}`,
        actual: 'x',
        weight: 0.1,
        level: 'patch',
      }),
    );
    const root = named(spansOf({ ...driftRecord, changes: many, entries_omitted: 5 }), spanNames.detect);
    expect(root.events).toHaveLength(entryChangedLimit);
    expect(root.droppedEventsCount).toBe(0);
    expect(root.attributes['godrift.drift.entries_omitted']).toBe(15);
    expect(named(spansOf(driftRecord), spanNames.detect).attributes).not.toHaveProperty([
      'godrift.drift.entries_omitted',
    ]);
  });

  it('puts the end of a drift into the trace of its onset', () => {
    const [span] = spansOf(resolvedRecord);
    expect(spanCount(resolvedRecord)).toBe(1);
    expect(span?.name).toBe(spanNames.resolve);
    expect(span?.spanContext()).toMatchObject({
      traceId: driftRecord.trace_id,
      spanId: resolvedRecord.span_id,
    });
    expect(span?.parentSpanContext?.spanId).toBe(driftRecord.span_id);
    expect(span?.attributes['godrift.drift.duration_s']).toBe(12.5);
  });

  it('is the same bytes each time, whatever OTEL_ variables say meanwhile', () => {
    const first = [bytes(spansOf(driftRecord)), bytes(spansOf(resolvedRecord))];
    // As read back from the journal.
    const again = [driftRecord, resolvedRecord].map((record) =>
      bytes(spansOf(JSON.parse(JSON.stringify(record)))),
    );
    expect(again).toEqual(first);
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'always_off');
    vi.stubEnv('OTEL_SERVICE_NAME', 'other');
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'a=b');
    expect(bytes(spansOf(driftRecord))).toBe(first[0]);
    const request = JSON.parse(first[0] as string);
    const resource = request.resourceSpans[0].resource.attributes.map(
      (one: { key: string; value: { stringValue: string } }) => [one.key, one.value.stringValue],
    );
    expect(Object.fromEntries(resource)).toEqual(driftRecord.resource);
    expect(request.resourceSpans[0].scopeSpans[0].scope).toEqual({ name: 'godrift', version: '0.1.0' });
  });

  it('survives a clock that was set back', () => {
    for (const span of spansOf({
      ...driftRecord,
      end: noon - 5,
      runs: driftRecord.runs.map((run) => ({ ...run, end: run.start - 10 })),
    })) {
      expect(ms(span.endTime)).toBeGreaterThanOrEqual(ms(span.startTime));
    }
  });
});
