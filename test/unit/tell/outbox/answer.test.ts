import { describe, expect, it } from 'vitest';
import { judge } from '../../../../src/tell/outbox/answer.ts';

const reply = (status: number, body = '{}', retryAfterMs?: number, truncated = false) =>
  ({ ok: true, status, body, retryAfterMs, truncated }) as const;

describe('judge', () => {
  it.each([
    ['{}', 0],
    ['', 0],
    ['{"partialSuccess":{}}', 0],
    ['{"partialSuccess":{"rejectedSpans":"3","errorMessage":"full"}}', 3],
    ['{"partialSuccess":{"rejectedSpans":4}}', 4],
    ['{"partialSuccess":{"rejectedSpans":"99"}}', 7],
    ['{"partialSuccess":null,"later":1}', 0],
  ])('200 with %s is taken, but for %i of 7', (body, rejected) => {
    expect(judge(reply(200, body), 7)).toMatchObject({ kind: 'accepted', rejected });
  });

  it.each([
    '<html>welcome</html>',
    '{"partialSuccess":{"rejected',
    '[]',
    '"ok"',
    'null',
    '{"partialSuccess":3}',
    '{"partialSuccess":{"rejectedSpans":-1}}',
  ])('200 with %s is no delivery', (body) => {
    expect(judge(reply(200, body), 7)).toMatchObject({ kind: 'failed', reason: 'not_otlp' });
  });

  it('200 with a truncated answer is no delivery', () => {
    expect(judge(reply(200, '{}', undefined, true), 7)).toMatchObject({ kind: 'failed', reason: 'not_otlp' });
  });

  it.each([500, 501, 502, 503, 504, 599, 408, 425, 429])('%i is retried', (status) => {
    expect(judge(reply(status), 7)).toMatchObject({ kind: 'failed', reason: 'unavailable' });
    expect(judge(reply(status, '', 3_000), 7)).toMatchObject({ afterMs: 3_000 });
    expect(judge(reply(status, '', 0), 7)).not.toHaveProperty('afterMs');
  });

  it.each([
    [400, 'refused'],
    [422, 'refused'],
    [413, 'too_large'],
  ])('%i is final: it is about what was sent', (status, reason) => {
    expect(judge(reply(status), 7)).toMatchObject({ kind: 'refused', reason });
  });

  it.each([301, 302, 304, 307, 401, 402, 403, 404, 405, 407, 410, 411, 415, 421, 431, 451, 499])(
    '%i says nothing of the spans: they wait',
    (status) => {
      expect(judge(reply(status), 7)).toMatchObject({ kind: 'failed', reason: 'turned_away' });
      expect(judge(reply(status, '', 3_000), 7)).toMatchObject({ afterMs: 3_000 });
    },
  );

  it('a missing answer is retried', () => {
    expect(judge({ ok: false, why: 'ECONNREFUSED' }, 7)).toMatchObject({
      kind: 'failed',
      reason: 'unreachable',
    });
  });
});
