/**
 * The alerts of prometheus/rules as Grafana-managed rules. The shape is that of Grafana's own import of Prometheus rules
 * (grafana/grafana, pkg/services/ngalert/prom/convert.go): any series that the query returns fires, whatever its value; no series
 * is normal; a series that goes away resolves at once. The file's keys: pkg/services/provisioning/alerting/rules_types.go.
 */
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { uids } from './links.ts';
import { grafanaTemplate } from './template.ts';

/** A rule of a Prometheus rule file. */
export interface PrometheusRule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface PrometheusGroup {
  readonly name: string;
  readonly rules: readonly PrometheusRule[];
}

/** A rule of a provisioning file. */
export interface GrafanaRule {
  readonly uid: string;
  readonly title: string;
  readonly condition: string;
  readonly data: readonly {
    readonly refId: string;
    readonly relativeTimeRange?: { readonly from: number; readonly to: number };
    readonly datasourceUid: string;
    readonly model: Readonly<Record<string, unknown>>;
  }[];
  readonly dashboardUid: string;
  readonly panelId: number;
  readonly noDataState: 'OK';
  readonly execErrState: 'Error';
  readonly for: string;
  readonly keepFiringFor?: string;
  readonly missing_series_evals_to_resolve: 1;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** The data source that grafana/provisioning/datasources names. */
export const prometheusUid = 'godrift-prometheus';
const expressionUid = '__expr__';

/** Longest uid that Grafana takes. */
const uidLimit = 40;
/** A multiple of Grafana's own tick of 10 s; the rules need no particular one. */
const interval = '30s';

function steps(expr: string): GrafanaRule['data'] {
  const expression = (refId: string, model: Readonly<Record<string, unknown>>) => ({
    refId,
    datasourceUid: expressionUid,
    model: { ...model, refId, datasource: { type: expressionUid, uid: expressionUid } },
  });
  return [
    {
      refId: 'query',
      // Instant: the range is not read, and must be there.
      relativeTimeRange: { from: 600, to: 0 },
      datasourceUid: prometheusUid,
      model: { refId: 'query', expr, instant: true, range: false, editorMode: 'code' },
    },
    expression('prometheus_math', {
      type: 'math',
      expression: 'is_number($query) || is_nan($query) || is_inf($query)',
    }),
    expression('threshold', {
      type: 'threshold',
      expression: 'prometheus_math',
      conditions: [{ type: 'query', evaluator: { type: 'gt', params: [0] } }],
    }),
  ];
}

/** The panel that shows what an alert is about: of the target, of the pools, or of the exporters. */
function panelFor(
  rule: PrometheusRule,
  dashboards: ReadonlyMap<string, Dashboard>,
): { readonly dashboardUid: string; readonly panelId: number } {
  const words = Object.values(rule.annotations ?? {}).join('\n');
  const [dashboardUid, title] = words.includes('$labels.target')
    ? [uids.target, 'What changed']
    : words.includes('$labels.pool')
      ? [uids.fleet, 'Skew inside pools']
      : [uids.exporter, 'Exporters'];
  const panels = (dashboards.get(`${dashboardUid}.json`)?.panels ?? []) as readonly Panel[];
  const panelId = panels.find((panel) => panel.title === title)?.id;
  if (panelId === undefined) throw new TypeError(`${dashboardUid} has no panel ${title}`);
  return { dashboardUid, panelId };
}

/** `GodriftToolchainDriftMajor` and its number among the rules of that name → `godrift-toolchain-drift-major-2`. */
function uidOf(alert: string, number: number): string {
  const words = alert.replaceAll(/([a-z])([A-Z])/g, '$1-$2').toLowerCase();
  const uid = `${words}-${number}`;
  if (uid.length > uidLimit) throw new TypeError(`${uid} is longer than the ${uidLimit} characters of a uid`);
  return uid;
}

/** The groups of a provisioning file; recording rules stay with Prometheus. */
export function grafanaGroups(
  groups: readonly PrometheusGroup[],
  dashboards: ReadonlyMap<string, Dashboard>,
): readonly { name: string; folder: string; interval: string; orgId: 1; rules: readonly GrafanaRule[] }[] {
  const all = groups.flatMap(({ rules }) => rules);
  const numbers = new Map<string, number>();
  /** Titles are unique in Grafana, and become the label `alertname`. */
  const titles = new Set<string>();
  const titleOf = (alert: string, severity: string) => {
    const alone = all.filter((rule) => rule.alert === alert).length === 1;
    let title = alone ? alert : `${alert} (${severity})`;
    for (let more = 2; titles.has(title); more++) title = `${alert} (${severity} ${more})`;
    titles.add(title);
    return title;
  };
  const convert = (rule: PrometheusRule & { alert: string }): GrafanaRule => {
    const number = (numbers.get(rule.alert) ?? 0) + 1;
    numbers.set(rule.alert, number);
    const annotations = Object.entries(rule.annotations ?? {}).map(
      ([name, template]) => [name, grafanaTemplate(template)] as const,
    );
    return {
      uid: uidOf(rule.alert, number),
      title: titleOf(rule.alert, rule.labels?.['severity'] ?? ''),
      condition: 'threshold',
      data: steps(rule.expr),
      ...panelFor(rule, dashboards),
      noDataState: 'OK',
      execErrState: 'Error',
      for: rule.for ?? '0s',
      ...(rule.keep_firing_for === undefined ? {} : { keepFiringFor: rule.keep_firing_for }),
      missing_series_evals_to_resolve: 1,
      annotations: Object.fromEntries(annotations),
      labels: rule.labels ?? {},
    };
  };
  return groups
    .map(({ name, rules }) => ({
      orgId: 1 as const,
      name,
      folder: 'godrift',
      interval,
      rules: rules
        .filter((rule): rule is PrometheusRule & { alert: string } => rule.alert !== undefined)
        .map(convert),
    }))
    .filter(({ rules }) => rules.length > 0);
}
