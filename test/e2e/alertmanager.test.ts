/**
 * Notification routing: the shipped alertmanager.yml checked by amtool, and its inhibition rules in a real
 * Alertmanager.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { alertmanagerConfig } from '../lab/chain.ts';
import { eventually } from '../lab/godrift.ts';
import { type Inbox, type Service, startInbox } from '../lab/inbox.ts';
import { ensureServer, type RunningServer, startAlertmanager } from '../lab/servers.ts';
import { rows } from '../rules/alerts.ts';

const file = fileURLToPath(new URL('../../prometheus/alertmanager.yml', import.meta.url));
const amtool = async (...args: string[]) =>
  execa(await ensureServer('amtool'), args, { reject: false, all: true });

describe('alertmanager.yml', () => {
  it('is accepted by amtool, with its templates', async () => {
    const run = await amtool('check-config', file);
    expect(run.all).toContain('SUCCESS');
    expect(run.all).toContain('1 templates');
    expect(run.exitCode).toBe(0);
  });

  it('holds no secret, only files of secrets', () => {
    const text = readFileSync(file, 'utf8');
    expect(text).not.toMatch(/^\s*(- )?(api_url|api_secret|routing_key|service_key|credentials|password):/m);
    for (const [, key, path] of text.matchAll(/(\w+_file): ([^\s}]+)/g))
      expect(path, key).toMatch(/^\/etc\/alertmanager\/secrets\/[a-z-]+$/);
    const listed = new Set([...text.matchAll(/secrets\/([a-z-]+) {2}/g)].map(([, name]) => name));
    const used = new Set(
      [...text.matchAll(/_file: \/etc\/alertmanager\/secrets\/([a-z-]+)/g)].map(([, name]) => name),
    );
    expect(listed).toEqual(used);
  });

  it('refers only to existing alerts in its inhibition rules', () => {
    const { inhibit_rules: inhibit } = parse(readFileSync(file, 'utf8')) as {
      inhibit_rules: { source_matchers: string[]; target_matchers: string[] }[];
    };
    const names = [...new Set(rows.map(({ alert }) => alert))];
    for (const matcher of inhibit.flatMap((rule) => [...rule.source_matchers, ...rule.target_matchers])) {
      const [, operator, pattern = ''] = /^alertname(!?=~?)"(.*)"$/.exec(matcher) ?? [];
      if (operator === undefined || !pattern.startsWith('Godrift')) continue;
      expect(
        names.some((name) => new RegExp(`^(?:${pattern})$`).test(name)),
        matcher,
      ).toBe(true);
    }
  });
});

const target = { job: 'godrift', instance: 'ci-1:9464', target: 'api', pool: 'ci' };
const pool = { job: 'godrift', pool: 'ci' };
const exporter = { job: 'godrift', instance: 'ci-1:9464' };

/** Label sets and the receivers that each is routed to, in the order of the file. */
const routes: readonly (readonly [what: string, labels: Record<string, string>, receivers: string])[] = [
  ['a patch', { ...target, alertname: 'GodriftDriftPatch', severity: 'info', facet: 'toolchain' }, 'archive'],
  ['a patch of a pin', { ...target, alertname: 'GodriftToolchainPinDeviation', severity: 'info' }, 'archive'],
  ['a conflict of level patch', { ...target, alertname: 'GodriftConflict', severity: 'info' }, 'archive'],
  ['an old baseline', { ...target, alertname: 'GodriftBaselineOld', severity: 'info' }, 'archive'],
  ['patch skew', { ...pool, alertname: 'GodriftPoolSkew', severity: 'info' }, 'archive'],
  [
    'a minor drift',
    { ...target, alertname: 'GodriftDriftMinor', severity: 'warning', facet: 'env' },
    'archive,notify',
  ],
  [
    'a minor toolchain',
    { ...target, alertname: 'GodriftToolchainDriftMinor', severity: 'warning' },
    'archive,notify',
  ],
  [
    'ratio and distance',
    { ...target, alertname: 'GodriftEnvironmentDrift', severity: 'warning' },
    'archive,notify',
  ],
  [
    'a missing variable',
    { ...target, alertname: 'GodriftRequiredVariableMissing', severity: 'warning' },
    'archive,notify',
  ],
  [
    'a waiver about to expire',
    { ...target, alertname: 'GodriftWaiverExpiring', severity: 'warning' },
    'archive,notify',
  ],
  ['skew', { ...pool, alertname: 'GodriftPoolSkew', severity: 'warning' }, 'archive,notify'],
  [
    'a failing collector',
    { ...target, alertname: 'GodriftCollectorFailing', severity: 'warning' },
    'archive,notify',
  ],
  [
    'a major drift',
    { ...target, alertname: 'GodriftDriftMajor', severity: 'error' },
    'archive,impact,notify',
  ],
  [
    'a drift left unattended',
    { ...target, alertname: 'GodriftDriftUnattended', severity: 'error' },
    'archive,impact,notify',
  ],
  [
    'a pool that moved',
    { ...pool, alertname: 'GodriftPoolDrift', severity: 'error' },
    'archive,impact,notify',
  ],
  [
    'a dead exporter',
    { ...exporter, alertname: 'GodriftExporterDown', severity: 'error' },
    'archive,impact,notify',
  ],
  [
    'no exporter at all',
    { job: 'godrift', alertname: 'GodriftExporterDown', severity: 'error' },
    'archive,impact,notify',
  ],
  [
    'a corrupt cache',
    { ...target, alertname: 'GodriftCacheCorrupt', severity: 'critical' },
    'archive,impact,notify',
  ],
  [
    'a rebuilt toolchain',
    { ...target, alertname: 'GodriftToolchainRebuilt', severity: 'critical' },
    'archive,impact,notify',
  ],
  [
    'a minor drift that may be rolled back',
    { ...target, alertname: 'GodriftRollback', severity: 'warning', godrift_action: 'rollback' },
    'archive,remediation,notify',
  ],
  [
    'a major drift that may be rolled back',
    { ...target, alertname: 'GodriftRollback', severity: 'error', godrift_action: 'rollback' },
    'archive,remediation,impact,notify',
  ],
  [
    'a rollback request, as shipped',
    { ...target, alertname: 'GodriftRollback', severity: 'info', facet: 'env', godrift_action: 'rollback' },
    'archive,remediation',
  ],
  ['another action', { ...target, alertname: 'X', severity: 'info', godrift_action: 'none' }, 'archive'],
  ['a critical alert of a pool', { ...pool, alertname: 'X', severity: 'critical' }, 'archive,impact,notify'],
  ['an alert that is not of godrift', { alertname: 'DiskFull', severity: 'warning' }, 'archive,notify'],
  ['an alert without a severity', { alertname: 'Unknown' }, 'archive'],
];

describe('routes', () => {
  it.each(routes)('send %s to the expected receivers', async (_what, labels, receivers) => {
    const set = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const run = await amtool(
      'config',
      'routes',
      'test',
      `--config.file=${file}`,
      `--verify.receivers=${receivers}`,
      ...set,
    );
    expect(run.all).toContain(receivers);
    expect(run.exitCode, run.all).toBe(0);
  });

  it('page for errors and critical alerts only, never for a warning or info', async () => {
    const kinds = new Map(rows.map((row) => [`${row.alert} ${row.severity}`, row]));
    for (const { alert, severity } of kinds.values()) {
      const run = await amtool(
        'config',
        'routes',
        'test',
        `--config.file=${file}`,
        `alertname=${alert}`,
        `severity=${severity}`,
      );
      expect(run.stdout.includes('impact'), `${alert} ${severity}`).toBe(
        ['error', 'critical'].includes(severity),
      );
    }
  });
});

describe('inhibition', () => {
  let inbox: Inbox;
  let alertmanager: RunningServer;

  beforeAll(async () => {
    inbox = await startInbox();
    alertmanager = await startAlertmanager({ config: alertmanagerConfig(inbox.url, 1) });
  });

  afterAll(async () => {
    await alertmanager?.stop();
    await inbox?.stop();
  });

  /**
   * Each case: the source alert, the alerts that it mutes, and the alerts that stay active. Each case has its
   * own job label, so that cases do not interfere.
   */
  const cases: readonly (readonly [
    what: string,
    source: Record<string, string>,
    muted: readonly Record<string, string>[],
    active: readonly Record<string, string>[],
  ])[] = [
    [
      'an exporter that is down mutes the alerts of its own instance',
      { instance: 'ci-1:9464', alertname: 'GodriftExporterDown', severity: 'error' },
      [
        {
          instance: 'ci-1:9464',
          alertname: 'GodriftDriftMinor',
          severity: 'warning',
          target: 'api',
          facet: 'env',
        },
        {
          instance: 'ci-1:9464',
          alertname: 'GodriftCacheCorrupt',
          severity: 'critical',
          target: 'api',
          facet: 'cache',
        },
        { instance: 'ci-1:9464', alertname: 'GodriftCollectorStale', severity: 'warning', target: 'api' },
      ],
      [
        {
          instance: 'ci-2:9464',
          alertname: 'GodriftDriftMinor',
          severity: 'warning',
          target: 'api',
          facet: 'env',
        },
      ],
    ],
    [
      'a host that is down mutes the alerts of its exporter, matched by the host label',
      { instance: 'ci-1:9100', alertname: 'NodeDown', severity: 'critical', host: 'ci-1' },
      [
        { instance: 'ci-1:9464', alertname: 'GodriftExporterDown', severity: 'error', host: 'ci-1' },
        {
          instance: 'ci-1:9464',
          alertname: 'GodriftDriftMajor',
          severity: 'error',
          host: 'ci-1',
          target: 'api',
        },
      ],
      [
        {
          instance: 'ci-2:9464',
          alertname: 'GodriftDriftMajor',
          severity: 'error',
          host: 'ci-2',
          target: 'api',
        },
        { instance: 'ci-3:9464', alertname: 'GodriftDriftMajor', severity: 'error', target: 'api' },
      ],
    ],
    [
      'a pool drift mutes the pool-wide alerts, but not those of members, whose end would otherwise go unnotified',
      { pool: 'ci', alertname: 'GodriftPoolDrift', severity: 'error' },
      [
        { pool: 'ci', alertname: 'GodriftPoolSkew', severity: 'warning', facet: 'toolchain' },
        { pool: 'ci', alertname: 'GodriftPoolVariableMissing', severity: 'warning', facet: 'env' },
      ],
      [
        { pool: 'dev', alertname: 'GodriftPoolSkew', severity: 'warning', facet: 'toolchain' },
        {
          instance: 'ci-1:9464',
          pool: 'ci',
          alertname: 'GodriftDriftMinor',
          severity: 'warning',
          target: 'api',
          facet: 'env',
        },
      ],
    ],
    [
      'an alert about wrong builds mutes the other alerts of its facet, except the rollback request',
      {
        instance: 'a',
        alertname: 'GodriftCacheCorrupt',
        severity: 'critical',
        target: 'api',
        facet: 'cache',
      },
      [{ instance: 'a', alertname: 'GodriftDriftMajor', severity: 'error', target: 'api', facet: 'cache' }],
      [
        { instance: 'a', alertname: 'GodriftDriftMajor', severity: 'error', target: 'api', facet: 'env' },
        { instance: 'a', alertname: 'GodriftDriftMajor', severity: 'error', target: 'web', facet: 'cache' },
        // Rollback requests stay active: a wrong build must be rolled back too.
        {
          instance: 'a',
          alertname: 'GodriftRollback',
          severity: 'info',
          target: 'api',
          facet: 'cache',
          godrift_action: 'rollback',
        },
      ],
    ],
    [
      'an unattended drift mutes the warning that it escalates',
      { instance: 'a', alertname: 'GodriftDriftUnattended', severity: 'error', target: 'api', facet: 'env' },
      [{ instance: 'a', alertname: 'GodriftDriftMinor', severity: 'warning', target: 'api', facet: 'env' }],
      [
        {
          instance: 'a',
          alertname: 'GodriftRequiredVariableMissing',
          severity: 'warning',
          target: 'api',
          facet: 'env',
        },
        { instance: 'a', alertname: 'GodriftDriftMinor', severity: 'warning', target: 'api', facet: 'tools' },
      ],
    ],
    [
      'a failing collector mutes the alert that its data is stale',
      {
        instance: 'a',
        alertname: 'GodriftCollectorFailing',
        severity: 'warning',
        target: 'api',
        collector: 'env',
      },
      [
        {
          instance: 'a',
          alertname: 'GodriftCollectorStale',
          severity: 'warning',
          target: 'api',
          collector: 'env',
        },
      ],
      [
        {
          instance: 'a',
          alertname: 'GodriftCollectorStale',
          severity: 'warning',
          target: 'api',
          collector: 'tools',
        },
      ],
    ],
  ];

  it('has a case for each rule', () => {
    const { inhibit_rules: inhibit } = parse(readFileSync(file, 'utf8')) as { inhibit_rules: unknown[] };
    expect(cases).toHaveLength(inhibit.length);
  });

  it.each(cases)('%s', async (what, source, muted, open) => {
    const job = `godrift ${what}`;
    const alerts = [source, ...muted, ...open].map((labels) => ({ labels: { job, ...labels } }));
    const posted = await fetch(`${alertmanager.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts),
    });
    expect(posted.status).toBe(200);
    // Alertmanager decides which alerts are muted only when they pass through a notification.
    const state = async () => {
      const response = await fetch(
        `${alertmanager.url}/api/v2/alerts?${new URLSearchParams({ filter: `job=${JSON.stringify(job)}` })}`,
      );
      const answer = (await response.json()) as {
        labels: Record<string, string>;
        status: { state: string };
      }[];
      return alerts.map(({ labels }) => {
        const same = answer.find(
          (one) =>
            JSON.stringify(Object.entries(one.labels).toSorted()) ===
            JSON.stringify(Object.entries(labels).toSorted()),
        );
        return same?.status.state;
      });
    };
    const expected = ['active', ...muted.map(() => 'suppressed'), ...open.map(() => 'active')];
    await eventually('each alert to be active or suppressed', async () =>
      (await state()).every((one) => one === 'active' || one === 'suppressed'),
    );
    expect(await state()).toEqual(expected);
  });
});

describe('the end of an alert', () => {
  let inbox: Inbox;
  let alertmanager: RunningServer;

  beforeAll(async () => {
    inbox = await startInbox();
    alertmanager = await startAlertmanager({ config: alertmanagerConfig(inbox.url, 1) });
  });

  afterAll(async () => {
    await alertmanager?.stop();
    await inbox?.stop();
  });

  const post = async (labels: Record<string, string>, ended = false) => {
    const alert = { labels, ...(ended ? { endsAt: new Date().toISOString() } : {}) };
    const { status } = await fetch(`${alertmanager.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([alert]),
    });
    expect(status).toBe(200);
  };
  const notified = (service: Service, text: string, resolved: boolean) =>
    eventually(`${service} to be notified of ${resolved ? 'the end of ' : ''}${text}`, async () =>
      inbox.of(service, text).find((message) => message.resolved === resolved),
    );
  const keysOf = (action: string) =>
    inbox
      .of('pagerduty', `"event_action":"${action}"`)
      .map(({ body }) => (body as { dedup_key: string }).dedup_key);

  it('is notified for a target while the alert of its pool is still firing', async () => {
    const member = {
      ...target,
      instance: 'member:9464',
      alertname: 'GodriftDriftMajor',
      severity: 'error',
      facet: 'env',
    };
    await post(member);
    for (const service of ['slack', 'pagerduty'] as const) await notified(service, 'member:9464', false);
    await post({ ...pool, alertname: 'GodriftPoolDrift', severity: 'error' });
    await notified('pagerduty', 'GodriftPoolDrift', false);
    await post(member, true);
    for (const service of ['slack', 'pagerduty'] as const) await notified(service, 'member:9464', true);
  });

  it('closes the incident of a drift that ended while the exporter was down', async () => {
    const instance = 'down:9464';
    const drift = { ...target, instance, alertname: 'GodriftDriftMajor', severity: 'error', facet: 'env' };
    const down = { job: 'godrift', instance, alertname: 'GodriftExporterDown', severity: 'error' };
    await post(drift);
    await notified('pagerduty', instance, false);
    await post(down);
    await notified('pagerduty', 'GodriftExporterDown', false);
    await post(drift, true);
    await eventually('the ended drift to disappear', async () => {
      const filter = new URLSearchParams({ filter: `instance="${instance}"` });
      const answer = await fetch(`${alertmanager.url}/api/v2/alerts?${filter}`);
      return ((await answer.json()) as unknown[]).length === 1;
    });
    await post(down, true);
    await notified('pagerduty', instance, true);
    await eventually('each incident to be closed', async () => {
      const closed = new Set(keysOf('resolve'));
      const open = inbox
        .of('pagerduty', instance)
        .map(({ body }) => (body as { dedup_key: string }).dedup_key)
        .filter((key) => !closed.has(key));
      return open.length === 0;
    });
  });
});
