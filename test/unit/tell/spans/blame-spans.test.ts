import { describe, expect, it } from 'vitest';
import type { BlameEvent } from '../../../../src/drift/blame-event.ts';
import { summaryOf } from '../../../../src/tell/events/summary.ts';
import { TraceFinder } from '../../../../src/tell/events/trace-history.ts';
import { projectSpans, spanCount } from '../../../../src/tell/spans/spans.ts';

const event: BlameEvent = {
  type: 'blame',
  target: 'api',
  workspace: '/src/api',
  facets: ['env'],
  result: 'found',
  command: 'go build ./...',
  entries: ['env.GOFLAGS'],
  repairs: ['godrift rollback --key GOFLAGS'],
  why: 'go build ./... is broken by env.GOFLAGS: -trimpath → -mod=vendor',
  worlds: 7,
  who: 'ann',
  start: 1_000,
  end: 5_000,
  resource: { 'service.name': 'godrift' },
  version: '0.1.0',
  trace_id: 'a'.repeat(32),
  parent_span_id: 'b'.repeat(16),
  span_id: 'c'.repeat(16),
};

describe('the result of a blame', () => {
  it('is one span, a child of the drift that it explains', () => {
    const [span, ...more] = projectSpans(event, { seq: 4, hash: 'd'.repeat(64) });
    expect(more).toEqual([]);
    expect(spanCount(event)).toBe(1);
    expect(span?.name).toBe('blame');
    expect(span?.spanContext()).toMatchObject({ traceId: event.trace_id, spanId: event.span_id });
    expect(span?.parentSpanContext?.spanId).toBe(event.parent_span_id);
    expect(span?.attributes).toMatchObject({
      'godrift.blame.entries': ['env.GOFLAGS'],
      'godrift.blame.result': 'found',
      'godrift.blame.worlds': 7,
    });
  });

  it('is a root where no drift was recorded', () => {
    const { parent_span_id: _, ...alone } = event;
    expect(projectSpans(alone, { seq: 4, hash: '' })[0]?.parentSpanContext).toBe(undefined);
  });

  it('is in the history of its trace', () => {
    const finder = new TraceFinder('aaaa');
    finder.add({ seq: 4, hash: 'd'.repeat(64), time: 5_000, event });
    expect(finder.histories()[0]?.rows).toEqual([
      { from: 1_000, to: 5_000, what: 'blame', text: summaryOf(event) },
    ]);
    expect(summaryOf(event)).toBe(
      'api: go build ./... is broken by env.GOFLAGS: -trimpath → -mod=vendor, as ann found in 7 worlds',
    );
  });
});
