/**
 * Makes promtool's unit tests from the rows of the table in alerts.ts: the behaviour that all alerts must
 * have. Format: prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules. Time starts at 0, with
 * a sample every 15 s.
 */

/** The value of a sample; `absent` if the series does not exist, `missed` if the whole scrape failed. */
type Value = number | 'absent' | 'missed';

/**
 * A series of the row's target, with its values while healthy, just below the
 * threshold, and while the alert should fire.
 */
export interface Phases {
  readonly metric: string;
  /** Labels besides job, instance and target. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly healthy: number | 'absent';
  /** The value just below the threshold; by default as when healthy. */
  readonly below?: number | 'absent';
  readonly bad: number | 'absent';
  /** The value while the scrape fails; none, except for series that Prometheus itself makes. */
  readonly missed?: number;
}

/** The exemptions that can mute an alert. */
export const exemptions = ['grace', 'whitelist', 'waiver'] as const;
export type Exemption = (typeof exemptions)[number];

/** One alert at one severity. */
export interface Row {
  readonly alert: string;
  readonly severity: 'info' | 'warning' | 'error' | 'critical';
  /** The subject of the alert: a target, a pool (`ci`, to which the target belongs) or an exporter. */
  readonly of: 'target' | 'pool' | 'exporter';
  /** The facet whose waiver mutes it. */
  readonly facet?: string;
  /** Labels of the alert besides severity and those of its subject. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Seconds from the onset to firing (`for`). */
  readonly delay?: number;
  /**
   * Seconds for which it goes on firing after the end (`keep_firing_for`, or the range of its expression).
   */
  readonly lag?: number;
  readonly series: readonly Phases[];
  /** The alert compares with earlier values: it fires only if its series were healthy before. */
  readonly remembers?: true;
  /** Other members of the pool by name, with constant values. */
  readonly others?: Readonly<
    Record<string, readonly { metric: string; labels?: Record<string, string>; value: number }[]>
  >;
  readonly summary: string;
  readonly description: string;
  /** The annotation trace_id. */
  readonly trace_id?: string;
  /** The exemptions that do not mute it, with reasons. */
  readonly notMutedBy?: Readonly<Partial<Record<Exemption, string>>>;
}

/**
 * Seconds between samples and between evaluations, as shipped. Tests that last long use {@link coarseStep}.
 */
const step = 15;
const coarseStep = 60;
const runbooks = 'https://github.com/godrift/godrift/blob/main/docs/runbooks';

/** Returns the exemptions that must mute the alert of a row. */
export const mutedBy = (row: Row): readonly Exemption[] =>
  row.of === 'exporter' ? [] : exemptions.filter((one) => row.notMutedBy?.[one] === undefined);

/**
 * Writes values that each last for a number of samples in promtool's notation:
 * `[[1, 3], ['absent', 2]] → '1x2 stale _x1'`.
 */
function notation(parts: readonly (readonly [value: Value, samples: number])[]): string {
  let present = false;
  return parts
    .filter(([, samples]) => samples > 0)
    .map(([value, samples]) => {
      const ends = present && typeof value !== 'number';
      present = typeof value === 'number';
      if (typeof value === 'number') return `${value}x${samples - 1}`;
      return [
        ...(ends ? ['stale'] : []),
        ...(samples > (ends ? 1 : 0) ? [`_x${samples - (ends ? 1 : 0)}`] : []),
      ].join(' ');
    })
    .join(' ');
}

const labelText = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',');

const home = { job: 'godrift', instance: 'ci-1:9464' };
const poolOf = (target: string) => (target === 'api' ? 'ci' : `pool-of-${target}`);

interface Series {
  readonly series: string;
  readonly values: string;
}

const series = (
  metric: string,
  labels: Readonly<Record<string, string>>,
  parts: Parameters<typeof notation>[0],
): Series => ({ series: `${metric}{${labelText(labels)}}`, values: notation(parts) });

type Moment = 'healthy' | 'below' | 'bad' | 'missed';

/**
 * Returns all series of a row's target that passes through these moments,
 * and of the other members of its pool.
 */
function story(row: Row, target: string, moments: readonly (readonly [Moment, number])[]): Series[] {
  const own = row.of === 'exporter' ? home : { ...home, target };
  const known = moments.map(([moment, samples]) => [moment === 'missed' ? moment : 1, samples] as const);
  const info = { workspace: `/src/${target}`, pool: poolOf(target), environment_source: 'self' };
  const subject = row.series.map((one) =>
    series(
      one.metric,
      { ...own, ...one.labels },
      moments.map(([moment, samples]) => [
        moment === 'below'
          ? (one.below ?? one.healthy)
          : moment === 'missed'
            ? (one.missed ?? moment)
            : one[moment],
        samples,
      ]),
    ),
  );
  const others = Object.entries(row.others ?? {}).flatMap(([name, list]) => {
    const other = { job: 'godrift', instance: `${name}:9464`, target };
    const all = [...list, { metric: 'godrift_target_info', labels: info, value: 1 }];
    return all.map(({ metric, labels, value }) =>
      series(
        metric,
        { ...other, ...labels },
        known.map(([here, samples]) => [here === 'missed' ? here : value, samples]),
      ),
    );
  });
  return row.of === 'exporter'
    ? subject
    : [...subject, series('godrift_target_info', { ...own, ...info }, known), ...others];
}

/** Returns the labels of the alert for a target. */
const alertLabels = (row: Row, target: string): Record<string, string> => ({
  severity: row.severity,
  ...(row.of === 'pool' ? { job: home.job, pool: poolOf(target) } : home),
  ...(row.of === 'target' ? { target, pool: poolOf(target) } : {}),
  ...row.labels,
});

/** Returns a check that at a given time the alert fires for exactly these targets. */
function firing(row: Row, at: number, targets: readonly string[]) {
  const by = row.of === 'pool' ? 'pool' : row.of === 'target' ? 'target' : 'instance';
  const value = (target: string) =>
    row.of === 'pool' ? poolOf(target) : row.of === 'target' ? target : home.instance;
  return {
    expr: `count by (${by}) (ALERTS{alertname="${row.alert}",severity="${row.severity}",alertstate="firing"})`,
    eval_time: `${at}s`,
    exp_samples: targets.map((target) => ({ labels: `{${by}="${value(target)}"}`, value: 1 })),
  };
}

const test = (
  row: Row,
  what: string,
  input: readonly Series[],
  checks: { promql_expr_test?: object[]; alert_rule_test?: object[] },
  interval = step,
) => ({
  name: `${row.alert} ${row.severity} ${what}`,
  interval: `${interval}s`,
  input_series: input,
  ...checks,
});

function fires(row: Row, step: number) {
  const { delay = 0, lag = 0 } = row;
  const onset = 3 * step;
  const bad = delay / step + 4;
  const end = (3 + bad) * step;
  const expected = [
    {
      exp_labels: alertLabels(row, 'api'),
      exp_annotations: {
        summary: row.summary,
        description: row.description,
        ...(row.trace_id === undefined ? {} : { trace_id: row.trace_id }),
        runbook_url: `${runbooks}/${row.alert}.md`,
      },
    },
  ];
  const moments = [
    ['healthy', 3],
    ['bad', bad],
    ['healthy', lag / step + 3],
  ] as const;
  const checks = {
    alert_rule_test: [{ eval_time: `${onset + delay}s`, alertname: row.alert, exp_alerts: expected }],
    promql_expr_test: [
      firing(row, onset - step + delay, []),
      firing(row, onset + delay, ['api']),
      firing(row, end - step, ['api']),
      firing(row, end + lag, []),
    ],
  };
  return test(row, 'fires with its text, and resolves', story(row, 'api', moments), checks, step);
}

function below(row: Row, step: number) {
  const { delay = 0 } = row;
  const samples = Math.max(delay / step, 4) + 4;
  // Bad for as long as the alert tolerates, then healthy again.
  const brief =
    delay === 0
      ? []
      : ([
          ['bad', delay / step],
          ['healthy', 8],
        ] as const);
  const moments = [['healthy', 2], ['below', samples], ...brief] as const;
  const end = (2 + samples + (delay === 0 ? 0 : delay / step + 8) - 1) * step;
  const own = `alertname="${row.alert}",severity="${row.severity}",alertstate="firing"`;
  const silent = { expr: `count_over_time(ALERTS{${own}}[2h])`, eval_time: `${end}s`, exp_samples: [] };
  return test(
    row,
    'does not fire just below its threshold, nor before its delay is over',
    story(row, 'api', moments),
    { promql_expr_test: [silent] },
    step,
  );
}

function survives(row: Row) {
  const before = row.remembers === true ? 1 : 0;
  const end = `${(17 + before) * step}s`;
  const moments = [
    ['healthy', before],
    ['bad', 5],
    ['missed', 1],
    ['bad', 5],
    ['missed', 3],
    ['bad', 4],
  ] as const;
  const own = `alertname="${row.alert}",severity="${row.severity}"`;
  return test(row, 'survives one missed scrape and a restart', story(row, 'api', moments), {
    promql_expr_test: [
      // Active at all 17 evaluations, without a restart of its delay.
      {
        expr: `count_over_time(count(ALERTS{${own}})[255s:15s])`,
        eval_time: end,
        exp_samples: [{ labels: '{}', value: 17 }],
      },
      {
        expr: `max(ALERTS_FOR_STATE{alertname="${row.alert}"} and on (alertname) ALERTS{${own}})`,
        eval_time: end,
        exp_samples: [{ labels: '{}', value: before * step }],
      },
    ],
  });
}

/** Returns the seconds from the onset to firing with evaluations every {@link coarseStep} seconds. */
const coarseDelay = ({ delay = 0 }: Row) => Math.ceil(delay / coarseStep) * coarseStep;
const always = (seconds: number) => [['bad', seconds / coarseStep + 2]] as const;
/** Returns a series of a target with a constant value. */
const fact = (metric: string, labels: Readonly<Record<string, string>>, value: number, seconds: number) =>
  series(metric, { ...home, ...labels }, [[value, seconds / coarseStep + 2]]);

function mutedByGrace(row: Row) {
  const delay = coarseDelay(row);
  const end = 960 + delay;
  const input = [
    ...story(row, 'api', always(end)),
    fact('godrift_deployment_timestamp_seconds', { target: 'api' }, 0, end),
    ...story(row, 'web', always(end)),
    fact('godrift_deployment_timestamp_seconds', { target: 'web' }, 0, end),
    fact('godrift_deployment_grace_seconds', { target: 'web' }, 300, end),
  ];
  const checks = [
    firing(row, 240 + delay, []),
    firing(row, 360 + delay, ['web']),
    firing(row, 840 + delay, ['web']),
    firing(row, 960 + delay, ['api', 'web']),
  ];
  return test(
    row,
    'is muted by grace, and fires when the grace is over',
    input,
    { promql_expr_test: checks },
    coarseStep,
  );
}

function mutedByWhitelist(row: Row) {
  const end = coarseDelay(row) + coarseStep;
  const input = [
    ...['ci-api-test', 'ci-api-test-2', 'lab', 'prod'].flatMap((target) => story(row, target, always(end))),
    fact('godrift_target_whitelisted', { target: 'lab' }, 1, end),
    fact('godrift_target_whitelisted', { target: 'prod' }, 0, end),
  ];
  const checks = [firing(row, end, ['ci-api-test-2', 'prod'])];
  return test(
    row,
    'is muted by the whitelist, by the whole target name or by configuration',
    input,
    { promql_expr_test: checks },
    coarseStep,
  );
}

function mutedByWaiver(row: Row) {
  const delay = coarseDelay(row);
  const end = 360 + delay;
  const waiver = (target: string, facet: string) =>
    fact('godrift_waiver_expiry_timestamp_seconds', { target, facet }, 300, end);
  const input = [
    ...story(row, 'api', always(end)),
    waiver('api', row.facet ?? ''),
    ...story(row, 'web', always(end)),
    waiver('web', row.facet === 'context' ? 'tools' : 'context'),
  ];
  const checks = [firing(row, 240 + delay, ['web']), firing(row, 360 + delay, ['api', 'web'])];
  return test(
    row,
    'is muted by a waiver of its facet until it expires',
    input,
    { promql_expr_test: checks },
    coarseStep,
  );
}

const muted = { grace: mutedByGrace, whitelist: mutedByWhitelist, waiver: mutedByWaiver };

/** The order in which groups are evaluated: groups whose series are read by others come first. */
const order = ['godrift-drift', 'godrift-pools-compared', 'godrift-exporter', 'godrift-upkeep'];

/** Returns the test files of one alert, for rule files (absolute paths) with these groups. */
export function testFiles(rows: readonly Row[], ruleFiles: readonly string[], groups: readonly string[]) {
  const file = (seconds: number, tests: readonly object[]) => ({
    rule_files: ruleFiles,
    evaluation_interval: `${seconds}s`,
    group_eval_order: order.filter((name) => groups.includes(name)),
    tests,
  });
  const isLong = ({ delay = 0 }: Row) => delay >= 300;
  const main = (row: Row, seconds: number) => [fires(row, seconds), below(row, seconds)];
  const fine = rows.flatMap((row) => [...(isLong(row) ? [] : main(row, step)), survives(row)]);
  const coarse = rows.flatMap((row) => [
    ...(isLong(row) ? main(row, coarseStep) : []),
    ...mutedBy(row).map((exemption) => muted[exemption](row)),
  ]);
  return [file(step, fine), ...(coarse.length === 0 ? [] : [file(coarseStep, coarse)])];
}
