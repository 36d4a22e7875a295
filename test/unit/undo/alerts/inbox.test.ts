/** Incoming messages: what is journalled, done and answered. */
import { describe, expect, it } from 'vitest';
import type { AlertEvent } from '../../../../src/drift/alert-events.ts';
import type { HttpClient, HttpReply, HttpRequest } from '../../../../src/host/http-client.ts';
import { EarlierRequests } from '../../../../src/undo/alerts/earlier-requests.ts';
import { AlertInbox, type InboxPorts } from '../../../../src/undo/alerts/inbox.ts';
import { longestPauseMs, pollUrl, startPolling } from '../../../../src/undo/alerts/poller.ts';
import { mostWaiting } from '../../../../src/undo/alerts/queue.ts';
import type { ReceivedAlert } from '../../../../src/undo/alerts/received.ts';
import type { RequestDecision, RequestedRollback } from '../../../../src/undo/requested-rollback.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

interface Lab {
  readonly inbox: AlertInbox;
  readonly lines: AlertEvent[];
  readonly asks: RequestedRollback[];
  readonly counts: string[];
}

/** An inbox over a journal in memory. */
function lab(ports: Partial<InboxPorts> = {}, lines: AlertEvent[] = []): Lab {
  const asks: RequestedRollback[] = [];
  const counts: string[] = [];
  const inbox = new AlertInbox({
    targets: () => ['api', 'web'].map((name) => ({ name, workspace: `/src/${name}` })),
    asked: async () => {
      const known = new EarlierRequests();
      for (const [at, event] of lines.entries()) known.learn(event, at);
      return known;
    },
    append: async (event) => {
      lines.push(event);
      return { ok: true, value: undefined };
    },
    decide: async (ask): Promise<RequestDecision> => {
      asks.push(ask);
      return { decision: 'accepted', why: 'applied', rollback: 'r1' };
    },
    signature: { resource: {}, version: '0.1.0', randomId: (bytes) => 'ab'.repeat(bytes) },
    count: (source, result) => void counts.push(`${source} ${result}`),
    log: () => {},
    now: () => 50,
    steady: () => 0,
    timer: () => () => {},
    ...ports,
  });
  return { inbox, lines, asks, counts };
}

const alert = (fingerprint: string, labels: Readonly<Record<string, string>> = {}): ReceivedAlert => ({
  firing: true,
  labels: {
    alertname: 'GodriftRollback',
    godrift_action: 'rollback',
    target: 'api',
    facet: 'env',
    ...labels,
  },
  fingerprint,
  startedAt: 7,
});
const message = (...alerts: ReceivedAlert[]) =>
  ({ ok: true, source: 'alertmanager', alerts, truncated: 0 }) as const;
const request = { start: 40, status: 202 } as const;

describe('AlertInbox', () => {
  it('journals each requested facet, handles it, and journals the result', async () => {
    const { inbox, lines, asks, counts } = lab();
    const taken = await inbox.take(
      message(alert('a'), alert('b'), alert('c', { target: 'web' }), alert('d', { target: 'none' })),
      request,
    );
    expect(taken.ok && taken.decisions.map(({ decision }) => decision)).toEqual([
      'accepted',
      'duplicate',
      'accepted',
      'refused',
    ]);
    await settled();
    expect(lines.map((line) => `${line.action} ${line.target}`).sort()).toEqual([
      'answer api',
      'answer web',
      'ask api',
      'ask web',
    ]);
    expect(lines[0]).toMatchObject({
      keys: ['a@7', 'b@7'],
      trace_id: 'ab'.repeat(16),
      request: { start: 40, end: 50, status: 202 },
    });
    // One request is one span.
    expect(lines.filter((line) => line.action === 'ask' && line.request !== undefined)).toHaveLength(1);
    expect(asks[0]).toEqual({
      target: 'api',
      facet: 'env',
      trigger: 'alertmanager',
      key: 'a@7',
      since: 7,
      who: 'alert GodriftRollback',
      link: { trace_id: 'ab'.repeat(16), span_id: 'ab'.repeat(8) },
    });
    expect(counts.sort()).toEqual([
      'alertmanager accepted',
      'alertmanager accepted',
      'alertmanager duplicate',
      'alertmanager refused',
    ]);
    for (const fingerprint of ['a', 'b'])
      expect(await inbox.take(message(alert(fingerprint)))).toMatchObject({
        decisions: [{ decision: 'duplicate' }],
      });
    // What comes after the end of a process is known by its lines.
    const next = lab({}, lines);
    expect(await next.inbox.take(message(alert('a')))).toMatchObject({
      decisions: [{ decision: 'duplicate' }],
    });
    await next.inbox.resume();
    expect(next.asks).toEqual([]);
  });

  it('does nothing that it could not journal, and accepts the request again', async () => {
    let isFull = true;
    const { inbox, asks } = lab({
      append: async () =>
        isFull ? { ok: false, problem: 'the disk is full' } : { ok: true, value: undefined },
    });
    expect(await inbox.take(message(alert('a')))).toEqual({
      ok: false,
      busy: false,
      why: 'the disk is full',
    });
    await settled();
    expect(asks).toEqual([]);
    isFull = false;
    expect(await inbox.take(message(alert('a')))).toMatchObject({
      ok: true,
      decisions: [{ decision: 'accepted' }],
    });
    await settled();
    expect(asks).toHaveLength(1);
  });

  it('accepts nothing while earlier requests are unknown', async () => {
    let isBroken = true;
    const { inbox } = lab({
      asked: async () => {
        if (isBroken) throw new Error('EIO');
        return new EarlierRequests();
      },
    });
    expect(await inbox.take(message(alert('a')))).toMatchObject({ ok: false, busy: false });
    isBroken = false;
    expect(await inbox.take(message(alert('a')))).toMatchObject({ ok: true });
  });

  it('resumes requests from before a kill, for targets that still exist', async () => {
    const first = lab({ decide: () => new Promise(() => {}) });
    await first.inbox.take(message(alert('a'), alert('b', { target: 'web' })), request);
    const second = lab({ targets: () => [{ name: 'api', workspace: '/src/api' }] }, first.lines);
    await second.inbox.resume();
    await settled();
    expect(second.asks).toMatchObject([{ target: 'api', key: 'a@7', link: { trace_id: 'ab'.repeat(16) } }]);
    expect(second.lines.at(-1)).toMatchObject({ action: 'answer', decision: 'accepted', rollback: 'r1' });
  });

  it('says so when too much is queued, and accepts nothing of the message', async () => {
    const names = Array.from({ length: mostWaiting + 2 }, (_, index) => `t${index}`);
    const { inbox, lines } = lab({
      targets: () => names.map((name) => ({ name, workspace: '/w' })),
      decide: () => new Promise(() => {}),
    });
    const all = names.map((target) => alert(target, { target }));
    expect(await inbox.take(message(...all))).toMatchObject({ ok: false, busy: true });
    expect(lines).toEqual([]);
    expect(await inbox.take(message(...all.slice(0, 3)))).toMatchObject({ ok: true });
  });

  it('answers a failure with the reason', async () => {
    const { inbox, lines } = lab({ decide: () => Promise.reject(new Error('no go')) });
    await inbox.take(message(alert('a')));
    await settled();
    expect(lines.at(-1)).toMatchObject({ action: 'answer', decision: 'refused', why: 'no go' });
  });
});

describe('polling', () => {
  const settings = { alertmanager: 'http://am:9093/prefix/', intervalMs: 15_000, instance: 'ci-"1":9464' };
  const active = (fingerprint: string, instance: string) => ({
    ...alert(fingerprint),
    labels: { ...alert(fingerprint).labels, instance },
    startsAt: '2026-11-22T08:15:30.123Z',
    fingerprint: fingerprint.repeat(16),
    status: { state: 'active', silencedBy: [], inhibitedBy: [] },
  });
  const answer = (body: unknown, more: object = {}): HttpReply => ({
    ok: true,
    status: 200,
    headers: {},
    body: Buffer.from(JSON.stringify(body)),
    truncated: false,
    ...more,
  });

  /** A poller whose answers and turns are given one by one. */
  function polling(replies: HttpReply[]) {
    const requests: HttpRequest[] = [];
    const pauses: number[] = [];
    const taken: string[][] = [];
    const problems: (string | undefined)[] = [];
    let turn = () => {};
    const client: HttpClient = {
      request: async (request) => {
        requests.push(request);
        return replies.shift() ?? { ok: false, why: 'no connection' };
      },
      close: () => {},
    };
    const stop = startPolling({
      settings: () => settings,
      client,
      timer: (ms, run) => {
        pauses.push(ms);
        turn = run;
        return () => {};
      },
      take: async ({ alerts }) => {
        taken.push(alerts.map(({ fingerprint }) => fingerprint[0] as string));
        return { ok: true, decisions: [] };
      },
      problem: (why) => void problems.push(why),
    });
    return {
      requests,
      pauses,
      taken,
      problems,
      stop,
      turn: async () => {
        turn();
        for (let index = 0; index < 5; index++) await settled();
      },
    };
  }

  it('requests only alerts for this exporter, with one matcher each', () => {
    const url = pollUrl(settings);
    expect(url.pathname).toBe('/prefix/api/v2/alerts');
    expect(url.searchParams.getAll('filter')).toEqual([
      'godrift_action="rollback"',
      'instance="ci-\\"1\\":9464"',
    ]);
    expect(url.searchParams.get('silenced')).toBe('false');
  });

  it('accepts an alert once while it fires, again after it came back, and none of other exporters', async () => {
    const [own, other] = [active('a', settings.instance), active('b', 'ci-2:9464')];
    const { taken, turn, requests, stop } = polling([
      answer([own, other]),
      answer([own]),
      answer([]),
      answer([own]),
    ]);
    for (let index = 0; index < 4; index++) await turn();
    expect(taken).toEqual([['a'], [], [], ['a']]);
    expect(requests[0]).toMatchObject({ method: 'GET', timeoutMs: 5_000 });
    await stop();
  });

  it('backs off while there is no answer, and says why', async () => {
    const { turn, pauses, problems, taken, stop } = polling([
      { ok: false, why: 'ECONNREFUSED' },
      answer([], { status: 302, headers: { location: 'http://evil.example' } }),
      answer([], { truncated: true }),
      answer({ alerts: [] }),
      answer([]),
    ]);
    for (let index = 0; index < 5; index++) await turn();
    expect(pauses).toEqual([15_000, 30_000, 60_000, 120_000, 240_000, 15_000]);
    for (const [index, why] of ['ECONNREFUSED', '302', 'longer than', 'body'].entries())
      expect(problems[index]).toContain(why);
    expect(problems[4]).toBeUndefined();
    expect(taken).toEqual([[]]);
    for (let index = 0; index < 30; index++) await turn();
    expect(pauses.at(-1)).toBe(longestPauseMs);
    await stop();
  });
});
