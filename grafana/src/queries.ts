/** PromQL of the dashboards: what the variables select, and queries in the three shapes that panels take. */
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';

/** The data source that the reader chose. */
export const datasource = { type: 'prometheus', uid: '${datasource}' };

/** Label matchers of what the variables select; target names repeat between exporters, so the scrape labels belong to each. */
export const scraped = 'job=~"$job",instance=~"$instance"';
export const selected = `${scraped},target=~"$target"`;
export const selectedFacet = `${selected},facet=~"$facet"`;

/** What identifies a target, and a facet of it. */
export const perTarget = 'job, instance, target';
export const perFacet = `${perTarget}, facet`;

/** Those of an expression whose target is in a chosen pool. */
export const inPool = (expr: string): string =>
  `(${expr}) and on (${perTarget}) godrift_target_info{${selected},pool=~"$pool"}`;

/** An expression with the pool of each target as a label; topk, for a workspace that was just renamed has two info series. */
export const withPool = (expr: string): string =>
  `(${expr}) * on (${perTarget}) group_left (pool) topk by (${perTarget}) (1, godrift_target_info{${selected},pool=~"$pool"})`;

/** The worst level of each target. */
export const worstLevel = `max by (${perTarget}) (godrift_drift_level{${selectedFacet}})`;

interface Told {
  /** Name of a series in the legend; labels in double braces. */
  readonly legend?: string;
}

function base(expr: string, { legend }: Told): prometheus.DataqueryBuilder {
  const query = new prometheus.DataqueryBuilder()
    .datasource(datasource)
    .editorMode(prometheus.QueryEditorMode.Code)
    .expr(expr);
  return legend === undefined ? query : query.legendFormat(legend);
}

/** Over the range of the dashboard. */
export const range = (expr: string, told: Told = {}): prometheus.DataqueryBuilder => base(expr, told).range();

/** At the end of the range. */
export const instant = (expr: string, told: Told = {}): prometheus.DataqueryBuilder =>
  base(expr, told).instant();

/** At the end of the range, a row a series, a column a label. */
export const rows = (expr: string): prometheus.DataqueryBuilder =>
  base(expr, {}).instant().format(prometheus.PromQueryFormat.Table);
