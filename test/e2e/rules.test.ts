// The shipped Prometheus rules as product: accepted by promtool, each alert tested and with a runbook, every metric and label
// in them promised by the catalogue, and the whole set at work in a real Prometheus. Formats: prometheus.io/docs, sections
// configuration/recording_rules, configuration/alerting_rules and configuration/unit_testing_rules.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parser } from '@prometheus-io/lezer-promql';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { metricName, metrics } from '../../src/catalog/metrics.ts';
import { conflictRules } from '../../src/catalog/rules.ts';
import { ensureServer, startPrometheus } from '../lab/servers.ts';

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const text = (relative: string) => readFileSync(path(relative), 'utf8');

const ruleFiles = ['prometheus/rules/godrift-recording.yml', 'prometheus/rules/godrift-alerts.yml'] as const;
/** Tests of one alert each are named after it; this one tests the recording rules. */
const recordingTest = 'recording.test.yml';
const testFiles = readdirSync(path('test/rules'));
const runbookFiles = readdirSync(path('docs/runbooks'));

/** Metrics that rules already read and a later version exports; a row moves to the catalogue and leaves this list. */
const laterMetrics: Readonly<Record<string, readonly string[]>> = {
  godrift_deployment_timestamp_seconds: [],
  godrift_deployment_grace_seconds: [],
  godrift_waiver_expiry_timestamp_seconds: ['facet'],
};
/** What Prometheus itself adds. */
const foreignMetrics = ['up'];
const scrapeLabels = ['job', 'instance'];

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const groups = ruleFiles.flatMap(
  (file) => (parse(text(file)) as { groups: { name: string; interval?: string; rules: Rule[] }[] }).groups,
);
const rules = groups.flatMap((group) => group.rules);
const alerts = rules.filter((rule) => rule.alert !== undefined);
const alertNames = [...new Set(alerts.map((rule) => rule.alert ?? ''))];
const recorded = new Set(rules.flatMap((rule) => rule.record ?? []));

/** One selector of an expression: the metric and the labels that it matches on. */
interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
}

/** Selectors of a PromQL expression; Error when it cannot be parsed. */
function selectors(expr: string): Selector[] {
  const found: { metric: string; labels: string[] }[] = [];
  let selectorEnd = 0;
  parser.parse(expr).iterate({
    enter(node) {
      const source = expr.slice(node.from, node.to);
      if (node.type.isError) throw new Error(`cannot parse ${expr} at ${node.from}`);
      if (node.name === 'VectorSelector') {
        found.push({ metric: '', labels: [] });
        selectorEnd = node.to;
      }
      const current = found.at(-1);
      if (current === undefined || node.to > selectorEnd) return;
      if (node.name === 'Identifier') current.metric = source;
      if (node.name === 'LabelName') current.labels.push(source);
    },
  });
  return found;
}

/** Queries inside annotation templates, with something in place of each verb. */
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

  it('passes the tests of every rule', async () => {
    const run = await promtool('test', 'rules', ...testFiles.map((file) => path(`test/rules/${file}`)));
    expect(run.exitCode, run.all).toBe(0);
    expect(run.all?.match(/SUCCESS/g)).toHaveLength(testFiles.length);
  });
});

describe('PromQL', () => {
  const known = new Map<string, readonly string[]>([
    ...metrics.map((row) => [metricName(row), [...row.labels, ...(row.target ? ['target'] : [])]] as const),
    ...Object.entries(laterMetrics).map(([name, labels]) => [name, [...labels, 'target']] as const),
  ]);
  const used = rules.flatMap((rule) => [rule.expr, ...templateQueries(rule)]).flatMap(selectors);

  it('reads metrics and labels of the catalogue only', () => {
    for (const { metric, labels } of used) {
      if (recorded.has(metric) || foreignMetrics.includes(metric)) continue;
      const promised = known.get(metric);
      expect(promised, `${metric} is no metric of the catalogue`).toBeDefined();
      for (const label of labels) expect([...scrapeLabels, ...(promised ?? [])], metric).toContain(label);
    }
  });

  it('finds what it is to check', () => {
    expect(used.length).toBeGreaterThan(40);
    expect(used).toContainEqual({ metric: 'godrift_facet_entries', labels: ['facet'] });
    expect(rules.flatMap(templateQueries).length).toBeGreaterThan(10);
    expect(() => selectors('sum(')).toThrow('cannot parse');
  });

  it('waits for no metric that has come', () => {
    const names = metrics.map(metricName);
    for (const name of Object.keys(laterMetrics)) {
      expect(names).not.toContain(name);
      expect(used.map(({ metric }) => metric)).toContain(name);
    }
  });

  it('gives every conflict the facet that the catalogue gives it', () => {
    const held = rules.find((rule) => rule.record === 'target_rule:godrift_conflict_info:held');
    const replacements = [...(held?.expr.matchAll(/"facet", "(\w+)", "rule", "([^"]+)"/g) ?? [])].map(
      ([, facet, pattern]) => ({ facet, pattern: new RegExp(`^(?:${pattern})$`) }),
    );
    expect(replacements).toHaveLength(5);
    for (const { rule, facet } of conflictRules) {
      expect(replacements.findLast(({ pattern }) => pattern.test(rule))?.facet, rule).toBe(facet);
    }
  });

  it('keeps what alerts need in their own group, before them', () => {
    for (const group of groups) {
      group.rules.forEach((rule, index) => {
        const before = group.rules.slice(0, index).flatMap((earlier) => earlier.record ?? []);
        const reads = [rule.expr, ...templateQueries(rule)].flatMap(selectors).map(({ metric }) => metric);
        expect(before, rule.alert ?? rule.record).toEqual(
          expect.arrayContaining(reads.filter((name) => recorded.has(name))),
        );
      });
      expect(group.interval, `${group.name} follows the global interval`).toBeUndefined();
    }
  });
});

interface AlertTest {
  readonly eval_time: string;
  readonly alertname: string;
  readonly exp_alerts: readonly { readonly exp_labels: Readonly<Record<string, string>> }[];
}

interface TestGroup {
  readonly name: string;
  readonly alert_rule_test?: readonly AlertTest[];
  readonly promql_expr_test?: readonly { readonly expr: string }[];
}

/** Test groups of an alert. */
const testsOf = (alert: string) =>
  (parse(text(`test/rules/${alert}.test.yml`)) as { tests: TestGroup[] }).tests;

/** Seconds of `90s`, `5m` or `1h`. */
function seconds(duration: string): number {
  const [, count = '', unit = ''] = /^(\d+)([smh])$/.exec(duration) ?? [];
  return Number(count) * ({ s: 1, m: 60, h: 3600 }[unit] ?? Number.NaN);
}

/** Silent, then firing, then silent again, within one test group. */
function firesAndResolves(alert: string, test: TestGroup): boolean {
  const checks = (test.alert_rule_test ?? [])
    .filter((check) => check.alertname === alert)
    .sort((a, b) => seconds(a.eval_time) - seconds(b.eval_time))
    .map((check) => (check.exp_alerts.length > 0 ? 'F' : 's'));
  return /sF+s/.test(checks.join(''));
}

describe('coverage', () => {
  it('has one test file and one runbook for each alert, and none for others', () => {
    expect(testFiles.toSorted()).toEqual(
      [...alertNames.map((name) => `${name}.test.yml`), recordingTest].toSorted(),
    );
    expect(runbookFiles.toSorted()).toEqual(alertNames.map((name) => `${name}.md`).toSorted());
  });

  describe.each(alertNames)('%s', (name) => {
    const variants = alerts.filter((rule) => rule.alert === name);
    const tests = testsOf(name);

    it('is tested: fires and resolves, is silent just below, survives a missed scrape', () => {
      expect(tests.some((test) => firesAndResolves(name, test))).toBe(true);
      const below = tests.find((test) => test.name.startsWith('does not fire just below'));
      expect(below?.alert_rule_test?.length).toBeGreaterThan(0);
      expect(below?.alert_rule_test?.flatMap((check) => check.exp_alerts)).toEqual([]);
      expect(tests.map((test) => test.name).join('\n')).toMatch(/survives .*missed scrape/);
    });

    it('is tested: every severity fires', () => {
      const fired = tests.flatMap((test) => [
        ...(test.alert_rule_test ?? []).flatMap((check) =>
          check.exp_alerts.map(({ exp_labels }) => exp_labels['severity']),
        ),
        ...(test.promql_expr_test ?? []).flatMap(({ expr }) => /severity="(\w+)"/.exec(expr)?.[1] ?? []),
      ]);
      for (const rule of variants) expect(fired).toContain(rule.labels?.['severity']);
    });

    it('is tested: muted by each exemption that it subtracts', () => {
      const names = tests.map((test) => test.name).join('\n');
      if (variants.some((rule) => rule.expr.includes('target:godrift_exempt:max'))) {
        expect(names).toContain('is muted by grace');
        expect(names).toContain('is muted by the whitelist');
      }
      if (variants.some((rule) => rule.expr.includes('target_facet:godrift_waived:max'))) {
        expect(names).toContain('is muted by a waiver');
      }
    });

    it('subtracts the exemptions if it speaks of a drift', () => {
      const drift = groups.find((group) => group.name === 'godrift-drift')?.rules ?? [];
      for (const rule of variants.filter((one) => drift.includes(one))) {
        expect(rule.expr).toContain('target_facet:godrift_waived:max');
        // A wrong build has no excuse but a waiver.
        expect(rule.expr.includes('target:godrift_exempt:max')).toBe(
          rule.labels?.['severity'] !== 'critical',
        );
      }
    });

    it('says what it is about', () => {
      for (const { labels, annotations } of variants) {
        expect(['info', 'warning', 'error', 'critical']).toContain(labels?.['severity']);
        expect(
          Object.values(labels ?? {}).join(),
          'a value in a label makes a new alert each time',
        ).not.toContain('$value');
        expect(Object.keys(annotations ?? {})).toEqual(['summary', 'description', 'runbook_url']);
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

/** What the page of the fake exporter says; undefined is a failed scrape. */
let page: string | undefined;
const cleanUp: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

/** An exporter whose page is `page`, and counts its scrapes. */
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

/** Looks until it finds something, for 30 s at most. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > deadline) throw new Error('waited 30 s in vain');
    await delay(50);
  }
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
  it('fires with the text, bears a gap, resolves, and knows a deployment that arrives with the drift', async () => {
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
      await until(async () => exporter.scrapes() >= goal || undefined);
    };
    const level = async () =>
      (await prometheus.query('target_facet:godrift_drift_level:held{facet="toolchain"}'))[0]?.value;

    await until(async () => (await level()) === 0 || undefined);
    expect(await driftAlert()).toBeUndefined();

    page = lines(...drifted);
    const fired = await until(driftAlert);
    expect(fired).toMatchObject({
      state: 'firing',
      labels: { severity: 'warning', target: 'api', facet: 'toolchain' },
    });
    expect(fired.annotations['summary']).toBe('api: minor drift of the Go toolchain, 1.26.8 → 1.27.4');
    expect(fired.annotations['description']).toMatch(
      /baseline: toolchain\.version 1\.26\.8 → 1\.27\.4\. See/,
    );

    page = undefined;
    await scraped(3);
    await until(async () => (await prometheus.query('up{job="godrift"} == 0'))[0]);
    await scraped(2);
    expect(await driftAlert()).toMatchObject({ state: 'firing', activeAt: fired.activeAt });

    page = lines(...healthy);
    await until(async () => ((await driftAlert()) === undefined ? true : undefined));

    // In the same scrape: no evaluation may see the one without the other.
    const now = Math.floor(Date.now() / 1000) - 5;
    const deployed = performance.now();
    page = lines(...drifted, `godrift_deployment_timestamp_seconds{target="api"} ${now}`);
    await until(async () => (await level()) === 2 || undefined);
    await scraped(3);
    const since = Math.floor((performance.now() - deployed) / 1000);
    const fires = `count_over_time(ALERTS{alertname="GodriftToolchainDriftMinor"}[${since}s])`;
    expect(await prometheus.query(fires)).toEqual([]);
    expect(await driftAlert()).toBeUndefined();
    expect(await prometheus.query('target:godrift_exempt:max{target="api"}')).toHaveLength(1);
  });
});
