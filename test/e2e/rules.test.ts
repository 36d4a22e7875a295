// The shipped Prometheus rules: promtool accepts them, each alert has tests and a runbook, all metrics and
// labels in them are in the catalogue, and a real Prometheus runs the whole set. Formats:
// prometheus.io/docs, sections configuration/recording_rules, configuration/alerting_rules and
// configuration/unit_testing_rules.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { metricName, metrics } from '../../src/catalog/metrics.ts';
import { conflictRules } from '../../src/catalog/rules.ts';
import { eventually } from '../lab/eventually.ts';
import { readExpression } from '../lab/promql.ts';
import { ensureServer, startPrometheus } from '../lab/servers.ts';
import { scratch } from '../lab/toolchains.ts';
import { rows } from '../rules/alerts.ts';
import { type Exemption, exemptions, mutedBy, testFiles } from '../rules/scenarios.ts';

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const text = (relative: string) => readFileSync(path(relative), 'utf8');

const ruleFiles = readdirSync(path('prometheus/rules')).map((name) => `prometheus/rules/${name}`);
/** Test files of single rules, beyond the tests that scenarios.ts makes for every alert. */
const detailTests = readdirSync(path('test/rules')).filter((file) => file.endsWith('.test.yml'));
const runbookFiles = readdirSync(path('docs/runbooks'));

/** Metrics that Prometheus itself adds. */
const foreignMetrics = ['up', 'ALERTS'];
const scrapeLabels = ['job', 'instance'];

interface Rule {
  readonly file: string;
  readonly group: string;
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Group {
  readonly name: string;
  readonly interval?: string;
  readonly rules: readonly Rule[];
}

const groups = ruleFiles.flatMap((file): Group[] =>
  (parse(text(file)) as { groups: Group[] }).groups.map((group) => ({
    ...group,
    rules: group.rules.map((rule) => ({ ...rule, file, group: group.name })),
  })),
);
const rules = groups.flatMap((group) => group.rules);
const alerts = rules.filter((rule) => rule.alert !== undefined);
const alertNames = [...new Set(alerts.map((rule) => rule.alert ?? ''))];
const recorded = new Set(rules.flatMap((rule) => rule.record ?? []));

const selectors = (expr: string) => readExpression(expr).selectors;

/** Returns the queries inside annotation templates, with a placeholder for each formatting verb. */
function templateQueries(rule: Rule): string[] {
  return Object.values(rule.annotations ?? {}).flatMap((annotation) =>
    [...annotation.matchAll(/query \(printf `([^`]*)`/g)].map(([, query = '']) =>
      query.replaceAll('%q', '"x"'),
    ),
  );
}

const promtool = async (...args: string[]) =>
  execa(await ensureServer('promtool'), args, { reject: false, all: true });

describe('promtool', () => {
  it('accepts the rules with every lint', async () => {
    const run = await promtool('check', 'rules', '--lint=all', '--lint-fatal', ...ruleFiles.map(path));
    expect(run.all).not.toContain('FAILED');
    expect(run.exitCode).toBe(0);
  });

  it('accepts the example configuration, which loads the rules', async () => {
    const run = await promtool('check', 'config', path('prometheus/prometheus.yml'));
    expect(run.exitCode, run.all).toBe(0);
    expect(run.stdout).toContain(`${ruleFiles.length} rule files found`);
  });

  it('passes the tests of single rules', async () => {
    const run = await promtool('test', 'rules', ...detailTests.map((file) => path(`test/rules/${file}`)));
    expect(run.exitCode, run.all).toBe(0);
    expect(run.all?.match(/SUCCESS/g)).toHaveLength(detailTests.length);
  });

  it('passes what every alert must do', async () => {
    const files = writeTests();
    // Two processes, one per core.
    const halves = [0, 1].map((half) => files.filter((_, index) => index % 2 === half));
    const runs = await Promise.all(halves.map((half) => promtool('test', 'rules', ...half)));
    for (const run of runs) expect(run.exitCode, run.all).toBe(0);
    const passed = runs.flatMap((run) => run.all?.match(/SUCCESS/g) ?? []);
    expect(passed).toHaveLength(files.length);
  });
});

/** Writes the tests of all rows; returns their files. */
function writeTests(): string[] {
  const folder = scratch('rule-tests');
  return alertNames.flatMap((name) => {
    const own = rules.find((rule) => rule.alert === name)?.file ?? '';
    const files = [...new Set(['prometheus/rules/godrift-alerts.yml', own])];
    const names = groups
      .filter((group) => files.includes(group.rules[0]?.file ?? ''))
      .map((group) => group.name);
    const ofAlert = rows.filter((row) => row.alert === name);
    return testFiles(ofAlert, files.map(path), names).map((content, index) => {
      const file = join(folder, `${name}-${index}.test.yml`);
      writeFileSync(file, stringify(content));
      return file;
    });
  });
}

describe('PromQL', () => {
  const known = new Map<string, readonly string[]>([
    ...metrics.map((row) => [metricName(row), [...row.labels, ...(row.target ? ['target'] : [])]] as const),
  ]);
  const used = rules.flatMap((rule) => [rule.expr, ...templateQueries(rule)]).flatMap(selectors);

  it('uses only metrics and labels of the catalogue', () => {
    for (const { metric, labels } of used) {
      if (recorded.has(metric) || foreignMetrics.includes(metric)) continue;
      const promised = known.get(metric);
      expect(promised, `${metric} is no metric of the catalogue`).toBeDefined();
      for (const label of labels) expect([...scrapeLabels, ...(promised ?? [])], metric).toContain(label);
    }
  });

  it('is found by this test in all rules and templates', () => {
    expect(used.length).toBeGreaterThan(150);
    expect(used).toContainEqual({ metric: 'godrift_facet_entries', labels: ['facet'] });
    expect(rules.flatMap(templateQueries).length).toBeGreaterThan(60);
    expect(() => selectors('sum(')).toThrow('cannot parse');
  });

  it('gives every conflict rule the same facet as the catalogue', () => {
    const held = rules.find((rule) => rule.record === 'target_rule:godrift_conflict_info:held');
    const replacements = [...(held?.expr.matchAll(/"facet", "(\w+)", "rule", "([^"]+)"/g) ?? [])].map(
      ([, facet, pattern]) => ({ facet, pattern: new RegExp(`^(?:${pattern})$`) }),
    );
    expect(replacements).toHaveLength(6);
    for (const { rule, facet } of conflictRules) {
      expect(replacements.findLast(({ pattern }) => pattern.test(rule))?.facet, rule).toBe(facet);
    }
  });

  it('reads only series recorded earlier in the same group, unless all alerts of the group have a for clause', () => {
    for (const group of groups) {
      // Groups are evaluated at different moments: a series recorded by
      // another group may be one evaluation old.
      const patient = group.rules.every((rule) => rule.alert === undefined || rule.for !== undefined);
      const elsewhere = groups.filter((other) => other !== group).flatMap(({ rules: others }) => others);
      group.rules.forEach((rule, index) => {
        // A rule may read its own result of the previous evaluation.
        const own = group.rules.slice(0, index + 1);
        const before = [...own, ...(patient ? elsewhere : [])].flatMap((earlier) => earlier.record ?? []);
        const reads = [rule.expr, ...templateQueries(rule)].flatMap(selectors).map(({ metric }) => metric);
        expect(before, rule.alert ?? rule.record).toEqual(
          expect.arrayContaining(reads.filter((name) => recorded.has(name))),
        );
      });
      // At an interval of 5 s, a rule with a range of a day would cost more than all others together.
      const readsADay = group.rules.some(({ expr }) => expr.includes('[1d]'));
      expect(group.interval, `interval of ${group.name}`).toBe(readsADay ? '1m' : undefined);
    }
  });
});

/** Returns all metrics that an expression reads, directly or through recording rules. */
function closure(expr: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (one: string) => {
    for (const { metric } of selectors(one)) {
      if (found.has(metric)) continue;
      found.add(metric);
      for (const rule of rules) if (rule.record === metric) visit(rule.expr);
    }
  };
  visit(expr);
  return found;
}

const exemptionSeries: Readonly<Record<Exemption, string>> = {
  grace: 'target:godrift_deployment_grace:max',
  whitelist: 'target:godrift_whitelisted:max',
  waiver: 'target_facet:godrift_waived:max',
};

describe('coverage', () => {
  const kind = (rule: { alert?: string; severity?: string; labels?: Rule['labels'] }) =>
    `${rule.alert} ${rule.severity ?? rule.labels?.['severity']}`;

  it('includes a row in alerts.ts for each alert at each severity, and no others', () => {
    expect([...new Set(rows.map(kind))].toSorted()).toEqual([...new Set(alerts.map(kind))].toSorted());
    expect(new Set(alerts.map(kind)).size, 'one rule for each').toBe(alerts.length);
  });

  it('includes a runbook for each alert, and no others', () => {
    expect(runbookFiles.toSorted()).toEqual(alertNames.map((name) => `${name}.md`).toSorted());
  });

  it('includes every alert with its severities in docs/alerting.md', () => {
    const listed = [
      ...text('docs/alerting.md').matchAll(/^\| \[(\w+)\]\(runbooks\/\1\.md\) \| ([a-z, ]+) \|/gm),
    ].flatMap(([, alert, severities = '']) =>
      severities.split(', ').map((severity) => kind({ alert: alert ?? '', severity })),
    );
    expect(listed.toSorted()).toEqual(alerts.map((rule) => kind(rule)).toSorted());
  });

  it.each(rows)(
    '$alert $severity of $facet subtracts exactly the exemptions that its tests expect',
    (row) => {
      const rule = alerts.find((one) => kind(one) === kind(row));
      const reads = closure(rule?.expr ?? '');
      expect(exemptions.filter((one) => reads.has(exemptionSeries[one]))).toEqual(mutedBy(row));
      if (row.of !== 'exporter' && row.notMutedBy === undefined) expect(mutedBy(row)).toEqual(exemptions);
      if (row.delay !== undefined) expect(seconds(rule?.for ?? '0s')).toBe(row.delay);
      else expect(rule?.for).toBeUndefined();
    },
  );

  /** Parses a duration: `'5m' → 300`. */
  function seconds(duration: string): number {
    const [, count = '', unit = ''] = /^(\d+)([smh])$/.exec(duration) ?? [];
    return Number(count) * ({ s: 1, m: 60, h: 3600 }[unit] ?? Number.NaN);
  }

  describe.each(alertNames)('%s', (name) => {
    const variants = alerts.filter((rule) => rule.alert === name);

    it('has a severity, a summary, a description with a godrift command, and a runbook URL', () => {
      for (const { labels, annotations } of variants) {
        expect(['info', 'warning', 'error', 'critical']).toContain(labels?.['severity']);
        expect(
          Object.values(labels ?? {}).join(),
          'a value in a label makes a new alert each time',
        ).not.toContain('$value');
        expect(Object.keys(annotations ?? {}).filter((key) => key !== 'trace_id')).toEqual([
          'summary',
          'description',
          'runbook_url',
        ]);
        expect(annotations?.['description']).toContain('with: godrift ');
        expect(annotations?.['runbook_url']).toBe(
          `https://github.com/godrift/godrift/blob/main/docs/runbooks/${name}.md`,
        );
      }
    });

    it('has a runbook with all headings and three commands', () => {
      const page = text(`docs/runbooks/${name}.md`);
      expect(page.split('\n', 1)[0]).toBe(`# ${name}`);
      const sections = new Map(
        page
          .split(/^## /m)
          .slice(1)
          .map((section) => {
            const end = section.indexOf('\n');
            return [section.slice(0, end), section.slice(end).trim()] as const;
          }),
      );
      expect([...sections.keys()]).toEqual([
        'Meaning',
        'Impact',
        'First three commands',
        'Repair',
        'False alarms',
      ]);
      for (const [heading, body] of sections) expect(body, heading).not.toBe('');
      const [, block = ''] = /```sh\n([^`]*)```/.exec(sections.get('First three commands') ?? '') ?? [];
      expect(block.trim().split('\n')).toHaveLength(3);
    });
  });
});

/** The page of the fake exporter; undefined makes the scrape fail. */
let page: string | undefined;
const cleanUp: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

/** Starts a fake exporter that serves `page` and counts its scrapes. */
async function startExporter(): Promise<{ port: number; scrapes: () => number }> {
  let scrapes = 0;
  const server = createServer((_request, response) => {
    scrapes++;
    response
      .writeHead(page === undefined ? 503 : 200, { 'content-type': 'text/plain; version=0.0.4' })
      .end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUp.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  );
  return { port: (server.address() as AddressInfo).port, scrapes: () => scrapes };
}

const healthy = [
  'godrift_target_info{target="api",workspace="/src/api",pool="ci",environment_source="self"} 1',
  'godrift_drift_level{target="api",facet="toolchain"} 0',
];
const drifted = [
  healthy[0],
  'godrift_drift_level{target="api",facet="toolchain"} 2',
  'godrift_drift_entry_info{target="api",facet="toolchain",key="toolchain.version",expected="1.26.8",actual="1.27.4"} 1',
];
const lines = (...all: (string | undefined)[]) => `${all.join('\n')}\n`;

describe('a real Prometheus at 1 s', () => {
  it('fires with its text, keeps firing during a missed scrape, resolves, and stays silent if a deployment comes with the drift', async () => {
    page = lines(...healthy);
    const exporter = await startExporter();
    const prometheus = await startPrometheus({
      config: [
        'global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }',
        `scrape_configs: [{ job_name: godrift, static_configs: [{ targets: ["127.0.0.1:${exporter.port}"] }] }]`,
        '',
      ].join('\n'),
      ruleFiles: ruleFiles.map(path),
    });
    cleanUp.push(() => prometheus.stop());
    const driftAlert = async () =>
      (await prometheus.alerts()).find(({ labels }) => labels['alertname'] === 'GodriftToolchainDriftMinor');
    const scraped = async (count: number) => {
      const goal = exporter.scrapes() + count;
      await eventually('the scrapes', async () => exporter.scrapes() >= goal);
    };
    const level = async () =>
      (await prometheus.query('target_facet:godrift_drift_level:held{facet="toolchain"}'))[0]?.value;

    await eventually('a level of 0', async () => (await level()) === 0);
    expect(await driftAlert()).toBeUndefined();

    page = lines(...drifted);
    const fired = await eventually('the alert', driftAlert);
    expect(fired).toMatchObject({
      state: 'firing',
      labels: { severity: 'warning', target: 'api', facet: 'toolchain' },
    });
    expect(fired.annotations['summary']).toBe('api: Go 1.26.8 → 1.27.4, minor drift of the toolchain');
    expect(fired.annotations['description']).toMatch(
      /baseline: toolchain\.version 1\.26\.8 → 1\.27\.4\. See/,
    );

    page = undefined;
    await scraped(3);
    await eventually('a failed scrape', async () => (await prometheus.query('up{job="godrift"} == 0'))[0]);
    await scraped(2);
    expect(await driftAlert()).toMatchObject({ state: 'firing', activeAt: fired.activeAt });

    page = lines(...healthy);
    await eventually('the alert to resolve', async () => (await driftAlert()) === undefined);

    // Both arrive in one scrape, so no evaluation sees the drift without the deployment.
    const now = Math.floor(Date.now() / 1000) - 5;
    const deployed = performance.now();
    page = lines(...drifted, `godrift_deployment_timestamp_seconds{target="api"} ${now}`);
    await eventually('a level of 2', async () => (await level()) === 2);
    await scraped(3);
    const since = Math.floor((performance.now() - deployed) / 1000);
    const fires = `count_over_time(ALERTS{alertname="GodriftToolchainDriftMinor"}[${since}s])`;
    expect(await prometheus.query(fires)).toEqual([]);
    expect(await driftAlert()).toBeUndefined();
    expect(await prometheus.query('target:godrift_exempt:max{target="api"}')).toHaveLength(1);
  });
});
