import { SpanKind } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { spans as catalogue, spanNames } from '../../../../src/catalog/spans.ts';
import type { AlertEvent } from '../../../../src/drift/alert-events.ts';
import type { JournalEvent } from '../../../../src/drift/events.ts';
import { readTraceparent } from '../../../../src/tell/http/traceparent.ts';
import { projectSpans, spanCount } from '../../../../src/tell/spans/spans.ts';
import { noon } from '../states.ts';

const place = { seq: 7, hash: 'ab'.repeat(32) };
const trace = '0af7651916cd43dd8448eb211c80319c';
const request = {
  start: noon,
  end: noon + 3,
  status: 202,
  resource: { 'service.name': 'godrift' },
  version: '0.1.0',
};
const asked: AlertEvent = {
  type: 'alert',
  action: 'ask',
  source: 'alertmanager',
  target: 'api',
  workspace: '/src/api',
  facets: ['env'],
  alertname: 'GodriftRollback',
  keys: ['0123456789abcdef@7'],
  trace_id: trace,
  span_id: '00f067aa0ba902b7',
  request,
};

describe('the span of a request with alerts', () => {
  it('is a short server span, in the trace of the sender', () => {
    const [span, ...more] = projectSpans(asked, place);
    expect(more).toEqual([]);
    expect(spanCount(asked)).toBe(1);
    expect(span?.name).toBe('POST /api/v1/alertmanager');
    expect(span?.kind).toBe(SpanKind.SERVER);
    expect(span?.parentSpanContext).toBeUndefined();
    const row = catalogue.find(({ name }) => name === spanNames.alerts);
    expect(Object.keys(span?.attributes ?? {}).sort()).toEqual(row?.attributes.map(({ key }) => key).sort());
    const called = { ...asked, request: { ...request, parent_span_id: '53995c3f42cd8ad8' } };
    const [child] = projectSpans(called as AlertEvent, place);
    expect(child?.spanContext()).toMatchObject({ traceId: trace, spanId: asked.span_id });
    expect(child?.parentSpanContext).toMatchObject({ traceId: trace, spanId: '53995c3f42cd8ad8' });
  });

  it('is made of the first line of a request, and not for polled alerts', () => {
    const { request: _, ...further } = asked as Extract<AlertEvent, { action: 'ask' }>;
    const { trace_id: _trace, span_id: _span, ...polled } = further;
    for (const event of [further, polled] as AlertEvent[]) {
      expect(spanCount(event)).toBe(0);
      expect(projectSpans(event, place)).toEqual([]);
    }
  });

  it('is what the rollback links to', () => {
    const refusal: JournalEvent = {
      type: 'refusal',
      operation: 'rollback',
      id: '0123456789abcdef',
      target: 'api',
      workspace: '/src/api',
      facets: ['env'],
      who: 'alert GodriftRollback',
      mode: 'auto',
      trigger: 'alertmanager',
      link: { trace_id: trace, span_id: '00f067aa0ba902b7' },
      refusals: ['paused'],
      start: noon,
      end: noon,
      resource: {},
      version: '0.1.0',
      trace_id: 'ab'.repeat(16),
      span_id: 'cd'.repeat(8),
    };
    const [linked] = projectSpans(refusal, place);
    expect(linked?.links.map(({ context }) => context)).toMatchObject([
      { traceId: trace, spanId: '00f067aa0ba902b7' },
    ]);
    const { link: _, ...alone } = refusal;
    expect(projectSpans(alone as JournalEvent, place)[0]?.links).toEqual([]);
  });
});

describe('readTraceparent', () => {
  const span = '00f067aa0ba902b7';
  it.each([
    [`00-${trace}-${span}-01`, true],
    [`00-${trace}-${span}-00`, true],
    [`01-${trace}-${span}-01-more`, true],
    [`00-${trace}-${span}-01-more`, false],
    [`ff-${trace}-${span}-01`, false],
    [`00-${'0'.repeat(32)}-${span}-01`, false],
    [`00-${trace}-${'0'.repeat(16)}-01`, false],
    [`00-${trace.toUpperCase()}-${span}-01`, false],
    [`00-${trace}-${span}`, false],
    [undefined, false],
    ['', false],
  ])('%s', (header, valid) => {
    expect(readTraceparent(header)).toEqual(valid ? { traceId: trace, spanId: span } : undefined);
  });
});
