/**
 * The shipped configurations adapted to the demo: local addresses and short waits, no address elsewhere, all
 * else unchanged.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { adaptAlertmanager, adaptPrometheus } from '../../../src/demo/shipped.ts';

const shipped = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../../prometheus', name), 'utf8');
const here = {
  exporter: '127.0.0.1:1',
  alertmanager: '127.0.0.1:2',
  sink: 'http://127.0.0.1:3',
  base: '/shipped/',
  seconds: 1,
};

/** Returns every string in a tree. */
function strings(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}

/** Returns a route and all routes below it. */
// biome-ignore lint/suspicious/noExplicitAny: parsed YAML.
const routesOf = (route: any): any[] => [route, ...(route.routes ?? []).flatMap(routesOf)];

describe('adaptPrometheus', () => {
  const before = parse(shipped('prometheus.yml'));
  const after = parse(adaptPrometheus(shipped('prometheus.yml'), here));

  it('keeps every rule file and every job, scraped from the exporter once a second', () => {
    expect(after.rule_files).toEqual(before.rule_files.map((file: string) => `/shipped/${file}`));
    expect(after.scrape_configs.map((job: { job_name: string }) => job.job_name)).toEqual(
      before.scrape_configs.map((job: { job_name: string }) => job.job_name),
    );
    expect(after.scrape_configs[0].static_configs).toEqual([{ targets: ['127.0.0.1:1'] }]);
    expect(after.alerting.alertmanagers).toEqual([{ static_configs: [{ targets: ['127.0.0.1:2'] }] }]);
    expect(after.global).toMatchObject({ scrape_interval: '1s', evaluation_interval: '1s' });
  });
});

describe('adaptAlertmanager', () => {
  const before = parse(shipped('alertmanager.yml'));
  const after = parse(adaptAlertmanager(shipped('alertmanager.yml'), here));

  it('keeps routes, inhibitions and message templates; only waits are shorter', () => {
    const withoutWaits = (route: Record<string, unknown>) => ({
      ...route,
      group_wait: '',
      group_interval: '',
      routes: [],
    });
    expect(routesOf(after.route).map(withoutWaits)).toEqual(routesOf(before.route).map(withoutWaits));
    expect(after.inhibit_rules).toEqual(before.inhibit_rules);
    expect(after.receivers.map(({ name }: { name: string }) => name)).toEqual(
      before.receivers.map(({ name }: { name: string }) => name),
    );
    for (const route of routesOf(after.route)) expect(['0s', '1s', undefined]).toContain(route.group_wait);
    const texts = new Set(strings(after.receivers));
    for (const text of strings(before.receivers).filter((one) => one.includes('{{')))
      expect(texts).toContain(text);
  });

  it('sends every receiver to the sink, and reads no secret', () => {
    for (const receiver of after.receivers) {
      const kinds = Object.keys(receiver).filter((key) => key.endsWith('_configs'));
      expect(kinds, receiver.name).not.toEqual([]);
      for (const kind of kinds)
        for (const config of receiver[kind])
          expect(config.url ?? config.api_url).toMatch(`http://127.0.0.1:3/${receiver.name}/`);
    }
    const addresses = strings([after.global, after.receivers]).filter((one) => /^https?:/.test(one));
    for (const address of addresses) expect(address).toMatch(/^http:\/\/127\.0\.0\.1:3\//);
    expect(JSON.stringify(after)).not.toMatch(/_file"/);
  });

  it('drops receiver kinds that it does not know, and global addresses', () => {
    const text = `
global: {slack_api_url_file: /secret, pagerduty_url: 'https://elsewhere.example', smtp_from: me}
route: {receiver: team}
receivers: [{name: team, telegram_configs: [{bot_token: x}], webhook_configs: [{url: 'https://elsewhere.example'}]}]
`;
    const adapted = parse(adaptAlertmanager(text, here));
    expect(adapted.receivers).toEqual([
      { name: 'team', webhook_configs: [{ url: 'http://127.0.0.1:3/team/webhook' }] },
    ]);
    expect(JSON.stringify(adapted)).not.toContain('elsewhere');
    expect(adapted.route).toEqual({ receiver: 'team', group_wait: '1s', group_interval: '1s' });
  });
});
