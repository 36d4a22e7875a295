/** Sends the queries of a dashboard to Prometheus, with variables filled in as Grafana does. */
import { type DashboardFile, labelValues } from './dashboards.ts';
import { builtIn, fillIn, type Values } from './promql.ts';

/**
 * Returns the result of a query over the last minute, or now if `instant`. Throws the error of Prometheus for
 * an invalid query.
 */
export async function askAsGrafana(url: string, expr: string, instant: boolean): Promise<readonly unknown[]> {
  const now = Date.now() / 1000;
  const path = instant ? 'query' : 'query_range';
  const parameters = instant
    ? { query: expr, time: String(now) }
    : { query: expr, start: String(now - 60), end: String(now), step: '5' };
  const response = await fetch(`${url}/api/v1/${path}`, {
    method: 'POST',
    body: new URLSearchParams(parameters),
  });
  const answer = (await response.json()) as {
    status: string;
    error?: string;
    data: { result: readonly unknown[] };
  };
  if (answer.status !== 'success') throw new Error(`${expr}: ${answer.error}`);
  return answer.data.result;
}

/** Returns the values of a label over all series of a selector, sorted as Grafana lists them. */
async function valuesOf(url: string, expr: string, label: string): Promise<readonly string[]> {
  const query = new URLSearchParams({ 'match[]': expr });
  const response = await fetch(`${url}/api/v1/label/${label}/values?${query}`);
  const { data } = (await response.json()) as { data: readonly string[] };
  return data;
}

/**
 * Returns the values of a dashboard's variables; each query has the earlier variables filled in. `every`
 * picks all values, otherwise one. Throws for a variable without a value.
 */
export async function valuesFor(url: string, dashboard: DashboardFile, every: boolean): Promise<Values> {
  let values: Values = builtIn;
  for (const variable of dashboard.templating.list) {
    const source = labelValues(variable);
    if (source === undefined) {
      values = { ...values, [variable.name]: 'x' };
      continue;
    }
    const found = await valuesOf(url, fillIn(source.expr, values), source.label);
    if (found.length === 0) throw new Error(`${dashboard.uid}: variable ${variable.name} has no value`);
    const chosen =
      variable.includeAll && every
        ? (variable.allValue ?? found)
        : variable.multi
          ? found
          : [found[0] as string];
    values = {
      ...values,
      [variable.name]: Array.isArray(chosen) && !variable.multi ? (chosen[0] as string) : chosen,
    };
  }
  return values;
}
