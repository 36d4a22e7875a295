/**
 * Runs every expression of the dashboards (panels, variables, annotations and links) and of the Grafana alert
 * rules against a real Prometheus that scraped the real exporter during a drift story. Variables are filled
 * in as by Grafana. No query may fail, and no query may be empty unless `silent` explains why.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grafanaGroups } from '../../grafana/src/alerting.ts';
import { dashboards as built } from '../../grafana/src/dashboards.ts';
import { prometheusGroups } from '../../grafana/src/files.ts';
import { queriesOf, readDashboards } from '../lab/dashboards.ts';
import type { Fleet } from '../lab/fleet.ts';
import { eventually } from '../lab/godrift.ts';
import { askAsGrafana, valuesFor } from '../lab/grafana-queries.ts';
import { freePorts } from '../lab/ports.ts';
import { fillIn } from '../lab/promql.ts';
import { type PrometheusClient, type RunningServer, startPrometheus } from '../lab/servers.ts';
import { showFew } from '../lab/showcase.ts';
import { scratch } from '../lab/toolchains.ts';

/** The queries that may be empty in this story, and why. */
const silent: Readonly<Record<string, string>> = {
  'godrift-fleet / annotation Deployments': 'nothing is deployed',
  'godrift-fleet / Deployments / A': 'nothing is deployed',
  'godrift-fleet / Targets that are whitelisted / A': 'no target is whitelisted',
  'godrift-fleet / Waivers / A': 'nothing is waived',
  'godrift-target / annotation Deployments': 'nothing is deployed',
  'godrift-target / Deployed / A': 'nothing is deployed',
  'godrift-target / Deployed / B': 'nothing is deployed',
  'godrift-target / Download pending / A': 'the toolchain is there',
  'godrift-target / Go disagrees / A': 'go list is asked only where the environment is that of godrift',
  'godrift-target / Rollbacks / C': 'nothing was rolled back',
  'godrift-target / Rollbacks / E': 'nothing has to be confirmed',
  'godrift-cache / annotation Deployments': 'nothing is deployed',
  'godrift-cache / What took entries away / A': 'nothing was taken away',
  'godrift-cache / Caches that cannot be trusted / A': 'no cache is damaged',
  'godrift-cache / Caches that cannot be trusted / B': 'no cache is damaged',
  'godrift-cache / Caches that cannot be trusted / C': 'no cache is damaged',
  'godrift-cache / Conflicts of caches / A': 'no cache is damaged',
  'godrift-exporter / Collectors that fail / A': 'every collector succeeds',
  'godrift-exporter / Disagreements with go env / A':
    'go env is asked only where the environment is that of godrift',
  'godrift-exporter / Targets that came and went / B': 'no pattern looks for targets',
  'godrift-exporter / Targets that came and went / C': 'nobody scrapes /probe',
  'godrift-exporter / Environments that cannot be read / A': 'every environment can be read',
  'godrift-fleet / annotation Rollbacks begun': 'nothing was rolled back',
  'godrift-fleet / annotation Rollbacks ended': 'nothing was rolled back',
  'godrift-target / annotation Rollbacks begun': 'nothing was rolled back',
  'godrift-target / annotation Rollbacks ended': 'nothing was rolled back',
  'godrift-rollback / annotation Rollbacks begun': 'nothing was rolled back',
  'godrift-rollback / annotation Rollbacks ended': 'nothing was rolled back',
  'godrift-rollback / annotation Deployments': 'nothing is deployed',
  'godrift-rollback / Waiting to be confirmed / A': 'nothing has to be confirmed',
  'godrift-rollback / By target and facet / E': 'nothing was rolled back',
  'godrift-rollback / By target and facet / F': 'nothing was rolled back',
  'godrift-rollback / By target and facet / H': 'nothing has to be confirmed',
  'godrift-rollback / Requests that the admin listener refused / A': 'no admin listener is configured',
};

const rulesFolder = join(import.meta.dirname, '../../prometheus/rules');
const ruleFiles = readdirSync(rulesFolder).map((name) => join(rulesFolder, name));

describe('the dashboards on a real Prometheus', () => {
  let fleet: Fleet;
  let prometheus: RunningServer & PrometheusClient;

  beforeAll(async () => {
    // Nothing listens on the port and the folder does not exist: spans and events stay pending, so that the
    // panels about them have data.
    const [closed] = await freePorts(1);
    const folder = scratch('dashboards');
    fleet = await showFew(folder, {
      GODRIFT_EVENT_LOG_FILE: join(folder, 'nowhere/events.log'),
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${closed}`,
    });
    const config = [
      'global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }',
      `scrape_configs: [{ job_name: godrift, static_configs: [{ targets: ["127.0.0.1:${fleet.exporter.port}"] }] }]`,
      '',
    ].join('\n');
    prometheus = await startPrometheus({ config, ruleFiles });
    await eventually(
      'an alert and a few scrapes',
      async () =>
        (
          await prometheus.query(
            'ALERTS{alertname=~"Godrift.*",alertstate="firing"} and on () count_over_time(up[1m]) > 5',
          )
        ).length > 0,
    );
  });

  afterAll(async () => {
    await prometheus?.stop();
    await fleet?.stop();
  });

  describe.each([...readDashboards().values()].map((dashboard) => [dashboard.uid, dashboard] as const))(
    '%s',
    (_, dashboard) => {
      it.each([
        ['all', true],
        ['each value spelled out', false],
      ] as const)(
        'runs all queries without an error or an unexpected empty result, with variables at %s',
        async (_name, every) => {
          // In this story, the target with the greatest drift comes first.
          const values = await valuesFor(prometheus.url, dashboard, every);
          const empty: string[] = [];
          for (const { where, expr, instant } of queriesOf(dashboard)) {
            const query = fillIn(expr, values);
            const answer = await askAsGrafana(prometheus.url, query, instant);
            if (answer.length === 0) empty.push(where);
          }
          expect(empty.filter((where) => !(where in silent))).toEqual([]);
        },
      );
    },
  );

  it('the alert rules for Grafana run on Prometheus and fire for the same targets as its own rules', async () => {
    const rules = grafanaGroups(prometheusGroups(), built).flatMap((group) => group.rules);
    const firing = new Set<string>();
    for (const rule of rules) {
      const answer = (await askAsGrafana(prometheus.url, String(rule.data[0]?.model['expr']), true)) as {
        metric: Record<string, string>;
      }[];
      if (rule.for === '0s')
        for (const { metric } of answer) firing.add(`${rule.title.split(' ')[0]} ${metric['target'] ?? ''}`);
    }
    expect(firing.size).toBeGreaterThan(0);
    const alerts = await prometheus.alerts();
    const immediate = new Set(
      rules.filter((rule) => rule.for === '0s').map((rule) => rule.title.split(' ')[0]),
    );
    const told = alerts
      .filter(({ state, labels }) => state === 'firing' && immediate.has(labels['alertname'] ?? ''))
      .map(({ labels }) => `${labels['alertname']} ${labels['target'] ?? ''}`);
    expect([...firing].toSorted()).toEqual([...new Set(told)].toSorted());
  });
});
