/**
 * The dashboards and the provisioning of Grafana: current, complete, and using only metrics of the catalogue.
 * The applicable rules of grafana/dashboard-linter are checked here; checks that need a server are in
 * test/e2e/dashboards.test.ts.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type GrafanaRule, type PrometheusRule, prometheusUid } from '../../../grafana/src/alerting.ts';
import { files, prometheusGroups, root } from '../../../grafana/src/files.ts';
import { grafanaTemplate } from '../../../grafana/src/template.ts';
import type { MetricRow } from '../../../src/catalog/metric-row.ts';
import { metricName, metrics as metricRows } from '../../../src/catalog/metrics.ts';
import {
  type DashboardFile,
  labelValues,
  type Panel,
  queriesOf,
  readDashboards,
} from '../../lab/dashboards.ts';
import { builtIn, fillIn, readExpression } from '../../lab/promql.ts';

const dashboards = readDashboards();
const all = [...dashboards.values()];
const metrics: readonly MetricRow[] = metricRows;
const text = (file: string) => readFileSync(join(root, file), 'utf8');

/** Metrics and labels of Prometheus itself. */
const foreignMetrics: Readonly<Record<string, readonly string[]>> = {
  ALERTS: ['alertname', 'alertstate', 'severity', 'target', 'facet'],
  scrape_duration_seconds: [],
  scrape_samples_scraped: [],
  up: [],
};
const known = new Map<string, readonly string[]>([
  ...metrics.flatMap((row) => {
    const labels = [...row.labels, ...(row.target ? ['target'] : [])];
    const bucket = [`${metricName(row)}_bucket`, [...labels, 'le']] as const;
    return [[metricName(row), labels] as const, ...(row.type === 'histogram' ? [bucket] : [])];
  }),
  ...Object.entries(foreignMetrics),
]);
const allLabels = new Set([...known.values()].flat());
const recorded = new Set(
  prometheusGroups().flatMap(({ rules }) => rules.flatMap((rule) => rule.record ?? [])),
);

const panelsOf = (dashboard: DashboardFile) => dashboard.panels.filter((panel) => panel.type !== 'row');
const withData = (dashboard: DashboardFile) => panelsOf(dashboard).filter((panel) => panel.type !== 'text');

/** Returns an expression of the dashboard with a value for each of its variables. */
function filled(dashboard: DashboardFile, expr: string): string {
  const values = Object.fromEntries(dashboard.templating.list.map(({ name }) => [name, 'x']));
  return fillIn(expr, { ...values, ...builtIn });
}

describe('generated files', () => {
  it.each(Object.entries(files()))('%s is what npm run dashboards writes', (file, made) => {
    expect(text(file)).toBe(made);
  });

  it('are the only files in grafana/dashboards', () => {
    const made = Object.keys(files()).filter((file) => file.startsWith('grafana/dashboards/'));
    expect(
      readdirSync(join(root, 'grafana/dashboards'))
        .map((name) => `grafana/dashboards/${name}`)
        .toSorted(),
    ).toEqual(made.toSorted());
  });
});

/** The panel types of Grafana 12 that replace no deprecated type (graph, singlestat, table-old, …). */
const panelTypes = [
  'bargauge',
  'row',
  'stat',
  'state-timeline',
  'status-history',
  'table',
  'text',
  'timeseries',
];

describe.each([...dashboards])('%s', (file, dashboard) => {
  it('is a classic dashboard that can be changed only through its file', () => {
    expect(dashboard.schemaVersion).toBe(42);
    expect(dashboard.editable).toBe(false);
    expect(`${dashboard.uid}.json`).toBe(file);
  });

  it('has panels of current types, with unique ids and no overlap', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const titles = panelsOf(dashboard).map(({ title }) => title);
    expect(titles.length).toBeGreaterThan(10);
    const taken = new Set<string>();
    for (const { title, type, gridPos } of dashboard.panels) {
      expect(panelTypes, title).toContain(type);
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken, `${title} overlaps`).not.toContain(`${x}/${y}`);
          taken.add(`${x}/${y}`);
        }
      }
    }
  });

  it('has a title, a question, a unit and a text for “no value” on every panel', () => {
    for (const { title, description } of panelsOf(dashboard)) {
      expect(title).toMatch(/^[A-Z]/);
      expect(description, title).toMatch(/[.?]$/);
    }
    for (const { title, description, datasource, fieldConfig, targets } of withData(dashboard)) {
      expect(description, title).toContain('?');
      expect(fieldConfig?.defaults.unit, title).toMatch(/^\w+$/);
      expect(fieldConfig?.defaults.noValue, title).toMatch(/^[a-z]/);
      expect(datasource, title).toEqual({ type: 'prometheus', uid: '${datasource}' });
      expect(targets?.length, title).toBeGreaterThan(0);
      for (const target of targets ?? []) expect(target.datasource, title).toEqual(datasource);
    }
  });

  it('highlights the current value next to the baseline in orange, not in red or green', () => {
    for (const { title, type, transformations, fieldConfig } of withData(dashboard)) {
      const renamed = transformations?.find(({ id }) => id === 'organize')?.options['renameByName'];
      if (type !== 'table' || !Object.values(renamed ?? {}).includes('now')) continue;
      const of = (name: string) => {
        const set = fieldConfig?.overrides.find(({ matcher }) => matcher.options === name)?.properties ?? [];
        return Object.fromEntries(set.map(({ id, value }) => [id, value]));
      };
      expect(of('now'), title).toMatchObject({
        'custom.cellOptions': { type: 'color-text' },
        thresholds: { steps: [{ color: 'orange' }] },
      });
      expect(of('baseline'), title).toEqual({});
    }
  });

  it('includes only columns in its tables that their queries return', () => {
    for (const panel of withData(dashboard).filter(({ type }) => type === 'table')) {
      const { include } = (panel.transformations?.find(({ id }) => id === 'filterFieldsByName')?.options ??
        {}) as {
        include: { names: readonly string[] };
      };
      const refs = (panel.targets ?? []).map(({ refId }) => refId);
      const values = refs.length === 1 ? ['Value'] : refs.map((ref) => `Value #${ref}`);
      for (const name of include.names)
        expect([...values, ...allLabels, 'job', 'instance', 'meaning'], panel.title).toContain(name);
      for (const target of panel.targets ?? [])
        expect([target.format, target.instant], panel.title).toEqual(['table', true]);
    }
  });

  it('selects by job and instance in every query', () => {
    for (const { where, expr } of queriesOf(dashboard)) {
      const matched = readExpression(filled(dashboard, expr)).selectors.flatMap(({ labels }) => labels);
      expect(matched, where).toContain('job');
      if (!expr.includes('ALERTS')) expect(matched, where).toContain('instance');
    }
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['datasource', 'job', 'instance']),
    );
  });

  it('counts over $__rate_interval, and ranks top lists at a fixed time', () => {
    for (const { where, expr } of queriesOf(dashboard)) {
      for (const [call] of expr.matchAll(/\b(rate|irate|increase|delta)\([^[]*\[[^\]]*\]/g))
        expect(call, where).toContain('[$__rate_interval]');
      if (/\b(top|bottom)k\(20/.test(expr) && !expr.includes('rate('))
        expect(expr, where).toContain('@ end()');
    }
  });

  it('reads only metrics and labels of the catalogue', () => {
    const variables = dashboard.templating.list.flatMap((variable) => labelValues(variable) ?? []);
    for (const { expr, label } of variables) {
      const { selectors } = readExpression(filled(dashboard, expr));
      expect(selectors).toHaveLength(1);
      expect(['job', 'instance', ...(known.get(selectors[0]?.metric ?? '') ?? [])], expr).toContain(label);
    }
    for (const { where, expr } of [
      ...queriesOf(dashboard),
      ...variables.map(({ expr }) => ({ where: 'variable', expr })),
    ]) {
      const { selectors, grouping } = readExpression(filled(dashboard, expr));
      expect(selectors.length, where).toBeGreaterThan(0);
      for (const { metric, labels } of selectors) {
        const promised = known.get(metric);
        expect(promised, `${where}: ${metric} is no metric of the catalogue`).toBeDefined();
        for (const label of labels)
          expect(['job', 'instance', ...(promised ?? [])], `${where}: ${metric}`).toContain(label);
      }
      for (const label of grouping) expect(['job', 'instance', ...allLabels], where).toContain(label);
    }
  });

  it('links only to dashboards, pages and variables that exist', () => {
    const json = text(`grafana/dashboards/${file}`);
    for (const [, uid] of json.matchAll(/"\/d\/([\w-]+)\?/g))
      expect(all.map((one) => one.uid)).toContain(uid);
    for (const [, page = ''] of json.matchAll(/blob\/main\/(docs\/[\w./-]*[\w-])/g))
      expect(existsSync(join(root, page)), page).toBe(true);
    for (const [, name = ''] of json.matchAll(/\$\{(\w+)[:}]/g)) {
      const own = ['__value', '__data', '__url_time_range', '__field'];
      expect([...dashboard.templating.list.map((one) => one.name), ...own]).toContain(name);
    }
  });
});

describe('all dashboards', () => {
  it('have unique uids', () => {
    expect(new Set(all.map(({ uid }) => uid)).size).toBe(all.length);
  });

  it('show every metric of the catalogue', () => {
    const json = all.map((dashboard) => JSON.stringify(dashboard)).join('\n');
    const unread = metrics.map(metricName).filter((name) => !json.includes(name));
    expect(unread).toEqual([]);
  });

  it('link a trace id to Grafana Explore and to Jaeger', () => {
    for (const title of ['Who drifts, since when', 'What changed']) {
      const panel = all.flatMap(panelsOf).findLast((one) => one.title === title) as Panel;
      const links = panel.fieldConfig?.overrides
        .find(({ matcher }) => matcher.options === 'trace')
        ?.properties.find(({ id }) => id === 'links')?.value as readonly { url: string }[];
      const [explore = '', jaeger] = links.map(({ url }) => url);
      expect(jaeger).toBe('${jaeger_ui}/trace/${__value.raw}');
      const panes = JSON.parse(
        decodeURIComponent(new URL(explore, 'http://grafana').searchParams.get('panes') ?? ''),
      );
      expect(panes.trace.queries).toEqual([
        { refId: 'A', datasource: { type: 'jaeger', uid: '${jaeger}' }, query: '${__value.raw}' },
      ]);
    }
  });
});

interface Provisioned {
  readonly datasources: readonly {
    uid: string;
    jsonData: { tracesToMetrics?: { queries: { query: string }[] } };
  }[];
  readonly groups: readonly { name: string; folder: string; rules: readonly GrafanaRule[] }[];
  readonly contactPoints: readonly { name: string; receivers: readonly { uid: string }[] }[];
  readonly policies: readonly { receiver: string; routes: readonly { receiver: string }[] }[];
  readonly providers: readonly { folder: string; options: { path: string } }[];
}
const provisioned = (file: string) => parse(text(`grafana/provisioning/${file}`)) as Provisioned;

describe('provisioning', () => {
  const { datasources } = provisioned('datasources/godrift.yml');
  const { groups } = provisioned('alerting/rules.yml');
  const rules = groups.flatMap((group) => group.rules);
  const alerts = prometheusGroups()
    .flatMap((group) => group.rules)
    .filter((rule): rule is PrometheusRule & { alert: string } => rule.alert !== undefined);

  it('has every Prometheus alert with the same expression, durations and labels', () => {
    expect(rules).toHaveLength(alerts.length);
    rules.forEach((rule, index) => {
      const alert = alerts[index];
      expect(rule.title.split(' ')[0]).toBe(alert?.alert);
      expect(rule.data[0]?.model['expr']).toBe(alert?.expr);
      expect(rule.for).toBe(alert?.for ?? '0s');
      expect(rule.keepFiringFor).toBe(alert?.keep_firing_for);
      expect(rule.labels).toEqual(alert?.labels);
      expect(Object.keys(rule.annotations)).toEqual(Object.keys(alert?.annotations ?? {}));
    });
  });

  it('has rules with unique ids and titles, valid references and existing panels', () => {
    expect(new Set(rules.map(({ uid }) => uid)).size).toBe(rules.length);
    expect(new Set(rules.map(({ title }) => title)).size).toBe(rules.length);
    for (const rule of rules) {
      expect(rule.uid).toMatch(/^[a-z0-9-]{1,40}$/);
      const refs = rule.data.map(({ refId }) => refId);
      expect(refs.at(-1)).toBe(rule.condition);
      expect([prometheusUid, '__expr__']).toEqual(
        expect.arrayContaining(rule.data.map((one) => one.datasourceUid)),
      );
      const panels = all.find(({ uid }) => uid === rule.dashboardUid)?.panels.map(({ id }) => id);
      expect(panels, rule.title).toContain(rule.panelId);
      for (const annotation of Object.values(rule.annotations)) {
        expect(annotation, rule.title).not.toMatch(/\bquery [(`]|\$value\b| {2}/);
        // Variables of the file itself, which provisioning would replace with nothing.
        expect(annotation, rule.title).not.toContain('${');
      }
    }
  });

  it('queries only metrics of the catalogue or of recording rules', () => {
    const queries = [
      ...rules.map((rule) => String(rule.data[0]?.model['expr'])),
      ...datasources.flatMap(({ jsonData }) =>
        (jsonData.tracesToMetrics?.queries ?? []).map(({ query }) =>
          query.replace('$$__tags', 'target="api"'),
        ),
      ),
    ];
    expect(queries.length).toBeGreaterThan(alerts.length);
    for (const query of queries) {
      for (const { metric } of readExpression(query).selectors) {
        if (!recorded.has(metric)) expect([...known.keys()], query).toContain(metric);
      }
    }
  });

  it('refers only to data sources, contact points and folders that it provisions', () => {
    const uids = datasources.map(({ uid }) => uid);
    expect(uids).toContain(prometheusUid);
    for (const [, uid] of text('grafana/provisioning/datasources/godrift.yml').matchAll(
      /datasourceUid: (\S+)/g,
    ))
      expect(uids).toContain(uid);
    const points = provisioned('alerting/contact-points.yml').contactPoints.map(({ name }) => name);
    for (const { receiver, routes } of provisioned('alerting/policies.yml').policies)
      for (const name of [receiver, ...routes.map((route) => route.receiver)]) expect(points).toContain(name);
    const [provider] = provisioned('dashboards/godrift.yml').providers;
    for (const { folder } of groups) expect(folder).toBe(provider?.folder);
  });
});

describe('templates of alerts', () => {
  it.each([
    [
      '{{ $labels.target }}: {{ $value | humanizePercentage }}',
      '{{ $labels.target }}: {{ $values.query.Value | humanizePercentage }}',
    ],
    ['a {{- with query (printf `x{y=%q}` $labels.y) }} {{ (first .).Labels.z }}{{ end }}.', 'a.'],
    ['a {{- with query `x` }} b{{ else }} c{{ end }}', 'a c'],
    ['a{{ range $i, $e := query `x` }}{{ if $i }}; {{ end }}{{ .Value }}{{ end }} b', 'a b'],
    [
      '{{ with $labels.instance }}at {{ . }}{{ else }}nowhere{{ end }}',
      '{{ with $labels.instance }}at {{ . }}{{ else }}nowhere{{ end }}',
    ],
    [
      '{{ if lt $value 0.0 }}a{{ else if eq $value 1.0 }}b{{ end }}',
      '{{ if lt $values.query.Value 0.0 }}a{{ else if eq $values.query.Value 1.0 }}b{{ end }}',
    ],
    ['a\n{{- if $labels.x }}\n b {{- end }}\n c', 'a{{ if $labels.x }}\nb{{ end }}\nc'],
  ])('%s', (prometheus, grafana) => {
    expect(grafanaTemplate(prometheus)).toBe(grafana);
  });

  it('are refused if they cannot be parsed', () => {
    for (const broken of ['{{ if $x }}a', '{{ end }}', '{{ else }}', '{{ query `x` | first }}'])
      expect(() => grafanaTemplate(broken)).toThrow(TypeError);
  });
});
