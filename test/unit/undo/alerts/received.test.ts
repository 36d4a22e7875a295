import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepestJson, depthOf, parseBounded } from '../../../../src/catalog/bounded-json.ts';
import { mostAlerts, readPolled, readWebhook } from '../../../../src/undo/alerts/received.ts';

const alert = {
  status: 'firing',
  labels: { alertname: 'GodriftRollback', godrift_action: 'rollback', target: 'api', facet: 'env' },
  annotations: { summary: 'env drifted' },
  startsAt: '2026-11-22T08:15:30.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus/graph',
  fingerprint: '0123456789abcdef',
};
const alertmanager = {
  version: '4',
  groupKey: '{}:{}',
  truncatedAlerts: 2,
  status: 'firing',
  receiver: 'remediation',
  notification_reason: 'first notification',
  alerts: [alert],
};
const grafana = {
  receiver: 'godrift',
  status: 'firing',
  orgId: 1,
  alerts: [{ ...alert, values: { A: 1 }, valueString: '[]', silenceURL: 'http://g/s' }],
  version: '1',
  truncatedAlerts: 0,
  title: '[FIRING:1]',
  state: 'alerting',
  message: '…',
};

describe('readWebhook', () => {
  it('reads the messages of Alertmanager and Grafana, and ignores unknown fields', () => {
    const expected = {
      firing: true,
      labels: alert.labels,
      summary: 'env drifted',
      fingerprint: '0123456789abcdef',
      startedAt: Date.UTC(2026, 10, 22, 8, 15, 30, 123),
    };
    expect(readWebhook(alertmanager)).toEqual({
      ok: true,
      source: 'alertmanager',
      alerts: [expected],
      truncated: 2,
    });
    expect(readWebhook(grafana)).toEqual({ ok: true, source: 'grafana', alerts: [expected], truncated: 0 });
    const offset = { ...alert, startsAt: '2026-11-22T09:15:30.123+01:00', annotations: null };
    const { summary: _, ...without } = expected;
    expect(readWebhook({ ...alertmanager, alerts: [offset] })).toMatchObject({ alerts: [without] });
  });

  it.each([
    ['nothing', undefined, 'the body'],
    ['a list', [], 'the body'],
    [
      'another version',
      { ...alertmanager, version: '3' },
      'version must be "4", as Alertmanager sends it, or "1", as Grafana does',
    ],
    ['no alerts', { ...alertmanager, alerts: undefined }, 'alerts'],
    [
      'a label that is no text',
      { ...alertmanager, alerts: [{ ...alert, labels: { a: 1 } }] },
      'alerts.0.labels.a',
    ],
    [
      'a fingerprint of another kind',
      { ...alertmanager, alerts: [{ ...alert, fingerprint: '../x' }] },
      'alerts.0.fingerprint must be a fingerprint: 16 hex digits',
    ],
    ['no time', { ...alertmanager, alerts: [{ ...alert, startsAt: 'now' }] }, 'startsAt'],
    ['another status', { ...alertmanager, alerts: [{ ...alert, status: 'gone' }] }, 'status'],
    ['too many', { ...alertmanager, alerts: Array(mostAlerts + 1).fill(alert) }, 'more than 1000'],
    [
      'names that would break a line',
      { ...alertmanager, alerts: [{ ...alert, labels: { 'a\nb\u202e': 1 } }] },
      'a\\nb\\u202e',
    ],
  ])('refuses %s, and says why in one line', (_what, body, why) => {
    const read = readWebhook(body);
    expect(read).toMatchObject({ ok: false, why: expect.stringContaining(why) });
    expect(read.ok ? '' : read.why).not.toContain('\n');
    expect(read.ok ? '' : read.why.length).toBeLessThan(2_000);
  });

  it('throws for no JSON there is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (labels, status, value) => {
        const hostile = { ...alert, labels, status };
        for (const body of [
          value,
          { ...alertmanager, alerts: [hostile] },
          { ...grafana, alerts: [hostile, value] },
        ])
          expect(typeof readWebhook(body).ok).toBe('boolean');
        expect(typeof readPolled([{ ...alert, status: { state: value } }, value]).ok).toBe('boolean');
      }),
    );
  });
});

describe('readPolled', () => {
  const told = { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [] };
  it('accepts active alerts, and no silenced or inhibited ones', () => {
    const list = [
      { ...alert, status: told },
      { ...alert, status: { ...told, state: 'suppressed', silencedBy: ['x'] } },
      { ...alert, status: { ...told, inhibitedBy: ['x'] } },
      { ...alert, status: { ...told, state: 'unprocessed' } },
    ];
    const read = readPolled(list);
    expect(read.ok && read.alerts).toHaveLength(1);
    expect(readPolled({ alerts: [] })).toMatchObject({ ok: false });
  });
});

describe('parseBounded', () => {
  const naive = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(naive)) : 0;

  it('counts the depth of any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 12 }), (value) => {
        expect(depthOf(JSON.stringify(value))).toBe(naive(value));
        expect(depthOf(JSON.stringify(value, null, 2))).toBe(naive(value));
      }),
    );
  });

  it('parses shallow JSON, and refuses deep JSON', () => {
    expect(parseBounded('{"a":["}]"]}')).toEqual({ ok: true, value: { a: ['}]'] } });
    expect(parseBounded('{')).toEqual({ ok: false, why: 'the body is not JSON' });
    const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(parseBounded(deep(deepestJson)).ok).toBe(true);
    expect(parseBounded(deep(deepestJson + 1))).toMatchObject({
      why: 'the body is nested more than 32 levels deep',
    });
    expect(parseBounded(deep(500_000)).ok).toBe(false);
  });
});
