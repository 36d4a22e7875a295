/** Links of panels and dashboards: to a target, to a trace, to a runbook. */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';

export const documentation = 'https://github.com/godrift/godrift/blob/main/docs';

/** uids are part of addresses that people keep: they do not change. */
export const uids = {
  fleet: 'godrift-fleet',
  target: 'godrift-target',
  cache: 'godrift-cache',
  exporter: 'godrift-exporter',
  rollback: 'godrift-rollback',
} as const;

export const link = (title: string, url: string): dashboard.DashboardLinkBuilder =>
  new dashboard.DashboardLinkBuilder(title).url(url);

/** From a row of a table to the target in it. */
export const toTarget = link(
  'Target ${__data.fields.target}',
  `/d/${uids.target}?\${datasource:queryparam}&var-job=\${__data.fields.job}&var-instance=\${__data.fields.instance}&var-target=\${__data.fields.target}&\${__url_time_range}`,
);

/** The address of Explore with a trace of the chosen Jaeger data source; the id is the value of the cell. */
function explore(): string {
  // Placeholders first: the braces of variables must not be encoded, those of the JSON must.
  const panes = {
    trace: {
      datasource: 'JAEGER',
      queries: [{ refId: 'A', datasource: { type: 'jaeger', uid: 'JAEGER' }, query: 'TRACE' }],
      range: { from: 'now-1h', to: 'now' },
    },
  };
  const encoded = encodeURIComponent(JSON.stringify(panes));
  return `/explore?schemaVersion=1&orgId=1&panes=${encoded.replaceAll('JAEGER', '${jaeger}').replaceAll('TRACE', '${__value.raw}')}`;
}

/**
 * From a trace id to the trace, in Grafana and in Jaeger's own pages. Both, for links to a Jaeger data source have been
 * broken in releases of Grafana (grafana/grafana#111448).
 */
export const toTrace = [
  link('Trace in Grafana', explore()),
  link('Trace in Jaeger', '${jaeger_ui}/trace/${__value.raw}'),
];

export const toRule = link('What the rule means', `${documentation}/conflicts.md`);
export const toRunbook = link('Runbook', `${documentation}/runbooks/\${__value.raw}.md`);
