import { describe, expect, it } from 'vitest';
import type { TryEvent } from '../../../../src/drift/try-event.ts';
import { eventLine } from '../../../../src/tell/events/event-line.ts';
import { summaryOf } from '../../../../src/tell/events/summary.ts';
import { TraceFinder } from '../../../../src/tell/events/trace-history.ts';
import { projectSpans, spanCount } from '../../../../src/tell/spans/spans.ts';

const begun: TryEvent = {
  type: 'try',
  phase: 'begun',
  id: '0123456789abcdef',
  target: 'api',
  workspace: '/src/api',
  facets: ['env', 'modules'],
  who: 'ann',
  command: 'go env -w GOFLAGS=-v',
  replaced: 'e'.repeat(64),
  files: ['/home/ann/.config/go/env'],
  confirm_by: 9_000,
  why: 'go env -w GOFLAGS=-v is tried: 3 files are saved',
  start: 1_000,
  end: 1_000,
  resource: { 'service.name': 'godrift' },
  version: '0.1.0',
  trace_id: 'a'.repeat(32),
  span_id: 'c'.repeat(16),
};
const ended: TryEvent = {
  ...begun,
  phase: 'ended',
  facets: ['env'],
  result: 'failed',
  end: 5_000,
  why: 'no',
};
const place = { seq: 4, hash: 'd'.repeat(64) };

describe('a try', () => {
  it('is one span, from its beginning to the end of its command', () => {
    expect(spanCount(begun)).toBe(0);
    expect(spanCount(ended)).toBe(1);
    const [span] = projectSpans(ended, place);
    expect(span?.name).toBe('try');
    expect(span?.spanContext()).toMatchObject({ traceId: begun.trace_id, spanId: begun.span_id });
    expect(span?.status.message).toBe('no');
    expect(span?.attributes).toMatchObject({
      'godrift.rollback.id': begun.id,
      'godrift.try.command': begun.command,
      'godrift.try.result': 'failed',
      'error.type': 'failed',
    });
    const [well] = projectSpans({ ...ended, result: 'changed' }, place);
    expect(well?.attributes).not.toHaveProperty('error.type');
  });

  it('is a line of the event log, and belongs to the history of its revert', () => {
    const line = {
      ...place,
      time: '2026-11-27T12:00:00.000Z',
      type: 'try',
      prev: '',
      record: { type: 'try' },
    } as const;
    expect(eventLine(line, ended).severity).toBe('warning');
    expect(eventLine(line, begun).severity).toBe('info');
    expect(summaryOf(begun)).toBe('api: go env -w GOFLAGS=-v is tried: 3 files are saved, tried by ann');
    const finder = new TraceFinder('ffff');
    finder.add({ ...place, time: 1_000, event: begun });
    finder.add({
      ...place,
      seq: 5,
      time: 9_000,
      event: {
        ...{ type: 'refusal', operation: 'rollback', id: '1', target: 'api', workspace: '/src/api' },
        ...{ facets: ['env'], who: 'godrift', mode: 'manual', trigger: 'unconfirmed', reverts: begun.id },
        ...{ start: 9_000, end: 9_000, resource: {}, version: '', trace_id: 'f'.repeat(32), span_id: 's' },
        refusals: ['no'],
      },
    });
    expect(finder.histories()[0]?.rows.map(({ what }) => what)).toEqual(['try', 'refusal']);
  });
});
