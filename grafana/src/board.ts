/** What all dashboards share: variables, annotations, links between them, numbers of panels. */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { datasource, perFacet, perTarget, range, scraped, selected, selectedFacet } from './queries.ts';

export type AnyPanel = Builder<dashboard.Panel>;

export interface Row {
  readonly title: string;
  readonly panels: readonly AnyPanel[];
}

export interface Board {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly from: string;
  readonly variables: readonly Builder<dashboard.VariableModel>[];
  readonly annotations: readonly Builder<dashboard.AnnotationQuery>[];
  readonly rows: readonly Row[];
}

const everything = { text: 'All', value: '$__all' };

/** A choice among the values that a label has. */
function values(name: string, label: string, query: string): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query({ query, refId: `variable-${name}` })
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.NaturalAsc);
}

/** Any number of them. Without an own `allValue` a thousand names would be spelled out; `.*` also takes targets without the label. */
const many = (name: string, label: string, query: string, all: '.+' | '.*' = '.+') =>
  values(name, label, query).multi(true).includeAll(true).allValue(all).current(everything);

export const variables = {
  datasource: new dashboard.DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
  jaeger: new dashboard.DatasourceVariableBuilder('jaeger').label('Traces').type('jaeger'),
  jaegerPages: new dashboard.TextBoxVariableBuilder('jaeger_ui')
    .label('Jaeger pages')
    .description('Address of Jaeger as your browser reaches it.')
    .defaultValue('http://localhost:16686'),
  job: many('job', 'job', 'label_values(godrift_build_info, job)'),
  instance: many('instance', 'instance', 'label_values(godrift_build_info{job=~"$job"}, instance)'),
  pool: many('pool', 'Pool', `label_values(godrift_target_info{${scraped}}, pool)`, '.*'),
  targets: many('target', 'Target', `label_values(godrift_target_info{${scraped},pool=~"$pool"}, target)`),
  facet: many('facet', 'Facet', `label_values(godrift_facet_entries{${selected}}, facet)`),
  oneInstance: values('instance', 'instance', 'label_values(godrift_build_info{job=~"$job"}, instance)'),
  oneTarget: values('target', 'Target', `label_values(godrift_target_info{${scraped}}, target)`),
} as const;

function annotation(name: string, color: string, expr: string): dashboard.AnnotationQueryBuilder {
  // The value is the moment in ms; the series lasts as long as what it tells of.
  return new dashboard.AnnotationQueryBuilder()
    .name(name)
    .datasource(datasource)
    .enable(true)
    .iconColor(color)
    .target(range(expr).refId(name))
    .expr(expr)
    .step('60s')
    .useValueForTime(true)
    .tagKeys('target,facet');
}

export const annotations = {
  drifts: annotation(
    'Drifts',
    'orange',
    `(godrift_drift_since_timestamp_seconds{${selectedFacet}} * on (${perFacet}) group_left (trace_id) godrift_drift_trace_info or godrift_drift_since_timestamp_seconds{${selectedFacet}} unless on (${perFacet}) godrift_drift_trace_info) * 1000`,
  )
    .titleFormat('{{target}}: {{facet}} drifted')
    .textFormat('trace {{trace_id}}'),
  /** Of one target, where there is room for the entries. */
  changes: annotation(
    'Drifts',
    'orange',
    `godrift_drift_entry_info{${selectedFacet}} * on (${perFacet}) group_left (trace_id) (godrift_drift_trace_info * on (${perFacet}) group_left () godrift_drift_since_timestamp_seconds) * 1000`,
  )
    .titleFormat('{{key}}: {{expected}} → {{actual}}')
    .textFormat('facet {{facet}}, trace {{trace_id}}'),
  deployments: annotation(
    'Deployments',
    'blue',
    `max by (${perTarget}) (godrift_deployment_timestamp_seconds{${selected}}) * 1000`,
  )
    .titleFormat('{{target}} deployed')
    .textFormat('its drifts are excused while the grace lasts'),
  rollbacksBegun: annotation(
    'Rollbacks begun',
    'purple',
    `godrift_rollback_last_start_timestamp_seconds{${selectedFacet}} * 1000`,
  )
    .titleFormat('{{target}}: rollback of {{facet}} began')
    .textFormat('godrift events --report tells how it went'),
  rollbacksEnded: annotation(
    'Rollbacks ended',
    'green',
    `godrift_rollback_last_timestamp_seconds{${selectedFacet}} * 1000`,
  )
    .titleFormat('{{target}}: rollback of {{facet}} ended')
    .textFormat('how, is in godrift_rollbacks_total'),
} as const;

/** What a dashboard of many targets lets people choose, and marks on its graphs. */
export const ofManyTargets = {
  variables: [
    variables.datasource,
    variables.jaeger,
    variables.jaegerPages,
    variables.job,
    variables.instance,
    variables.pool,
    variables.targets,
    variables.facet,
  ],
  annotations: [
    annotations.deployments,
    annotations.drifts,
    annotations.rollbacksBegun,
    annotations.rollbacksEnded,
  ],
};

const others = new dashboard.DashboardLinkBuilder('godrift')
  .type(dashboard.DashboardLinkType.Dashboards)
  .tags(['godrift'])
  .asDropdown(false)
  .includeVars(true)
  .keepTime(true);

/** The dashboard in Grafana's classic model; every panel has a number, in the order of the page, so that links to it work. */
export function build(board: Board): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(board.title)
    .uid(board.uid)
    .description(board.description)
    .tags(['godrift', 'go'])
    .readonly()
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .time({ from: board.from, to: 'now' })
    .timezone('browser')
    .refresh('30s')
    .links([others])
    .variables([...board.variables])
    .annotations([...board.annotations]);
  for (const row of board.rows) {
    builder.withRow(new dashboard.RowBuilder(row.title));
    for (const panel of row.panels) builder.withPanel(panel);
  }
  const built = builder.build();
  built.panels?.forEach((panel, index) => {
    panel.id = index + 1;
    if (panel.type !== 'row') nameQueries(panel as dashboard.Panel);
  });
  // The SDK puts what may stand on the page into a menu.
  for (const item of [...(built.links ?? []), ...(built.annotations.list ?? [])]) delete item.placement;
  return built;
}

/** `A`, `B`, … in their order; columns of tables refer to them. */
function nameQueries(panel: dashboard.Panel): void {
  panel.targets?.forEach((target, index) => {
    (target as { refId?: string }).refId = String.fromCharCode('A'.charCodeAt(0) + index);
  });
}
