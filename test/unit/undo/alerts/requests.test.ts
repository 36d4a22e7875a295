/** From an alert to a request, the requests already known, and their queue. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlertAnsweredEvent, AlertAskedEvent } from '../../../../src/drift/alert-events.ts';
import type { JournalEvent } from '../../../../src/drift/events.ts';
import {
  againMs,
  EarlierRequests,
  mostKeys,
  resumeMs,
} from '../../../../src/undo/alerts/earlier-requests.ts';
import { mostWaiting, RequestQueue, restMs } from '../../../../src/undo/alerts/queue.ts';
import type { ReceivedAlert } from '../../../../src/undo/alerts/received.ts';
import { type AlertRequest, keyOf, requestOf } from '../../../../src/undo/alerts/request.ts';

const targets = new Map([['api', { name: 'api', workspace: '/src/api' }]]);
const received: ReceivedAlert = {
  firing: true,
  labels: { alertname: 'GodriftRollback', godrift_action: 'rollback', target: 'api', facet: 'env' },
  summary: 'env drifted',
  fingerprint: '0123456789abcdef',
  startedAt: 7,
};
const labelled = (labels: Readonly<Record<string, string>>) => ({
  ...received,
  labels: { ...received.labels, ...labels },
});

describe('requestOf', () => {
  it('accepts a firing alert that requests a facet of an observed target', () => {
    expect(requestOf(received, targets)).toEqual({
      ask: {
        target: 'api',
        workspace: '/src/api',
        facet: 'env',
        alertname: 'GodriftRollback',
        reason: 'env drifted',
      },
    });
    expect(keyOf(received)).toBe('0123456789abcdef@7');
  });

  it.each([
    ['has ended', { ...received, firing: false }, 'ignored'],
    ['does not ask', { ...received, labels: { target: 'api', facet: 'env' } }, 'ignored'],
    ['asks for something else', labelled({ godrift_action: 'ROLLBACK' }), 'ignored'],
    ['names nobody', { ...received, labels: { godrift_action: 'rollback', facet: 'env' } }, 'refused'],
    ...[
      'web',
      'API',
      ' api',
      'api\n',
      '../api',
      '/src/api',
      'api;reboot',
      '$(reboot)',
      '*',
      '',
      '__proto__',
      'constructor',
    ].map((target) => [`names ${JSON.stringify(target)}`, labelled({ target }), 'refused'] as const),
    ...['', 'ENV', 'env,cache', '../env', 'context', 'toString'].map(
      (facet) => [`asks for facet ${JSON.stringify(facet)}`, labelled({ facet }), 'refused'] as const,
    ),
  ] as const)('does not take one that %s, and repeats nothing of it', (_what, alert, decision) => {
    const choice = requestOf(alert, targets);
    expect(choice).toMatchObject({ decision });
    expect('why' in choice && choice.why).not.toMatch(/\.\.|\/|;|\n|\$/);
  });

  it('bounds the texts of an alert', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.string(), (text, other) => {
        const choice = requestOf({ ...labelled({ alertname: text, other }), summary: text }, targets);
        if (!('ask' in choice)) throw new Error(choice.why);
        expect(choice.ask.alertname.length).toBeLessThanOrEqual(100);
        expect(choice.ask.reason?.length).toBeLessThanOrEqual(300);
        expect(choice.ask.reason?.isWellFormed()).toBe(true);
      }),
    );
  });
});

const about = {
  type: 'alert',
  source: 'alertmanager',
  target: 'api',
  workspace: '/src/api',
  facets: ['env'],
} as const;
const asked = (...keys: string[]): AlertAskedEvent => ({ ...about, action: 'ask', alertname: 'A', keys });
const answered = (key: string, decision: AlertAnsweredEvent['decision']): AlertAnsweredEvent => ({
  ...about,
  action: 'answer',
  key,
  decision,
  why: 'so',
});

describe('EarlierRequests', () => {
  it('knows every alert with a request, and after a while forgets the refused ones', () => {
    const known = new EarlierRequests();
    known.learn(asked('a', 'b'), 1_000);
    known.learn(answered('a', 'refused'), 2_000);
    known.learn(asked('c'), 3_000);
    known.learn(answered('c', 'accepted'), 4_000);
    for (const key of ['a', 'b', 'c']) expect(known.has(key, 5_000), key).toBe(true);
    const later = 2_000 + againMs;
    expect(['a', 'b', 'c'].map((key) => known.has(key, later))).toEqual([false, false, true]);
    expect(known.has('d', 5_000)).toBe(false);
    // A clock that went back forgets nothing.
    expect(known.has('a', 0)).toBe(true);
  });

  it('returns unanswered requests while they are young', () => {
    const known = new EarlierRequests();
    known.learn({ ...asked('a'), trace_id: 't', span_id: 's', reason: 'r' }, 1_000);
    expect(known.open(2_000)).toEqual([
      {
        source: 'alertmanager',
        target: 'api',
        workspace: '/src/api',
        facet: 'env',
        alertname: 'A',
        keys: ['a'],
        reason: 'r',
        link: { trace_id: 't', span_id: 's' },
      },
    ]);
    expect(known.open(1_000 + resumeMs)).toEqual([]);
    known.learn(asked('b'), 3_000);
    known.learn(answered('a', 'ignored'), 4_000);
    expect(known.open(5_000).map(({ keys }) => keys[0])).toEqual(['b']);
    known.learn(answered('b', 'accepted'), 6_000);
    expect(known.open(7_000)).toEqual([]);
  });

  it('is bounded, and survives damaged lines', () => {
    const known = new EarlierRequests();
    for (let index = 0; index <= mostKeys; index++) known.learn(asked(`k${index}`), index);
    expect(known.has('k0', 0)).toBe(false);
    expect(known.has('k1', 0)).toBe(true);
    expect(known.has(`k${mostKeys}`, 0)).toBe(true);
    for (const line of [
      { type: 'alert' },
      { type: 'alert', action: 'ask', keys: 7 },
      { type: 'alert', action: 'answer' },
    ])
      known.learn(line as unknown as JournalEvent, 1);
  });
});

/** A queue with a manual clock; each request ends when the test releases it. */
function queued() {
  let now = 0;
  const timers: { at: number; run: () => void }[] = [];
  const begun: { ask: AlertRequest; end: () => void }[] = [];
  const queue = new RequestQueue({
    steady: () => now,
    timer: (ms, run) => {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => timers.splice(timers.indexOf(timer) >>> 0, 1);
    },
    work: (ask) => new Promise((resolve) => begun.push({ ask, end: resolve })),
  });
  return {
    queue,
    begun,
    timers,
    turn: (ms: number) => {
      now += ms;
      for (const timer of timers.filter(({ at }) => at <= now)) {
        timers.splice(timers.indexOf(timer), 1);
        timer.run();
      }
    },
    end: async (index: number) => {
      begun[index]?.end();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
const ask = (target: string, key = 'k', facet: AlertRequest['facet'] = 'env'): AlertRequest => ({
  source: 'poll',
  target,
  workspace: '/w',
  facet,
  alertname: 'A',
  keys: [key],
});

describe('RequestQueue', () => {
  it('works on one request at a time, and on one facet once in ten seconds', async () => {
    const { queue, begun, turn, end, timers } = queued();
    queue.add(ask('a', '1'));
    queue.add(ask('b'));
    queue.add(ask('a', '2'));
    queue.add(ask('a', '3'));
    expect(begun.map(({ ask }) => ask.keys[0])).toEqual(['1']);
    expect(queue.has(ask('a'))).toBe(true);
    expect(queue.has(ask('a', 'k', 'modules'))).toBe(false);
    await end(0);
    expect(begun.map(({ ask }) => ask.target)).toEqual(['a', 'b']);
    await end(1);
    expect(begun).toHaveLength(2);
    expect(timers).toHaveLength(1);
    turn(restMs - 1);
    expect(begun).toHaveLength(2);
    turn(1);
    // The first that waited; the third was as good.
    expect(begun[2]?.ask.keys[0]).toBe('2');
    expect(queue.has(ask('a'))).toBe(false);
    await end(2);
    expect(timers).toHaveLength(0);
  });

  it('continues after a failure, and starts nothing once it stops', async () => {
    const done: string[] = [];
    const queue = new RequestQueue({
      steady: () => 0,
      timer: () => () => {},
      work: async ({ target }) => {
        done.push(target);
        throw new Error('no');
      },
    });
    for (const target of ['a', 'b']) queue.add(ask(target));
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toEqual(['a', 'b']);
    await queue.stop();
    queue.add(ask('c'));
    expect(done).toEqual(['a', 'b']);
  });

  it('is bounded by the number of facets, however many alerts there are', () => {
    const { queue } = queued();
    for (let index = 0; index < 10_000; index++) queue.add(ask(`t${index % 700}`, `${index}`));
    // One of them is under way.
    expect(queue.room()).toBe(mostWaiting - 700);
  });
});
