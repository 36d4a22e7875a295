/** Parses PromQL expressions, and fills in dashboard variables as Grafana does. */
import { parser } from '@prometheus-io/lezer-promql';

/** One selector of an expression: the metric and the labels that it matches on. */
export interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
}

/**
 * Returns the selectors of an expression and the labels in `on`, `by` and `group_left`. Throws if it cannot
 * be parsed.
 */
export function readExpression(expr: string): {
  readonly selectors: readonly Selector[];
  readonly grouping: readonly string[];
} {
  const selectors: { metric: string; labels: string[] }[] = [];
  const grouping: string[] = [];
  let selectorEnd = 0;
  parser.parse(expr).iterate({
    enter(node) {
      const source = expr.slice(node.from, node.to);
      if (node.type.isError) throw new Error(`cannot parse ${expr} at ${node.from}`);
      if (node.name === 'VectorSelector') {
        selectors.push({ metric: '', labels: [] });
        selectorEnd = node.to;
      }
      const current = selectors.at(-1);
      if (current !== undefined && node.to <= selectorEnd) {
        if (node.name === 'Identifier') current.metric = source;
        if (node.name === 'LabelName') current.labels.push(source);
      } else if (node.name === 'LabelName') grouping.push(source);
    },
  });
  return { selectors, grouping };
}

/** Values of variables by name: one, several, or a regular expression that stands for all. */
export type Values = Readonly<Record<string, string | readonly string[]>>;

const escaped = (value: string) => value.replaceAll(/[\\^$*+?.()|[\]{}]/g, '\\\\$&');

/**
 * Fills the variables of an expression in. Several values become an alternation of escaped texts, a single
 * value stays as it is (interpolateQueryExpr in the Prometheus data source of grafana/grafana). Throws for an
 * unknown variable.
 */
export function fillIn(expr: string, values: Values): string {
  return expr.replaceAll(
    /\$(?:\{([a-z_]\w*)(?::\w+)?\}|([a-z_]\w*))/gi,
    (_, braced?: string, bare?: string) => {
      const name = braced ?? bare ?? '';
      const value = values[name];
      if (value === undefined) throw new Error(`${expr} names the variable ${name}, which is not there`);
      return typeof value === 'string' ? value : `(${value.map(escaped).join('|')})`;
    },
  );
}

/** The variables that Grafana itself defines, for an hour that is scraped every second. */
export const builtIn: Values = { __range: '3600s', __rate_interval: '60s', __interval: '15s' };
