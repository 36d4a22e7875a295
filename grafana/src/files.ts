/** Every file that `npm run dashboards` makes, by its path in the repository. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { grafanaGroups, type PrometheusGroup } from './alerting.ts';
import { dashboards } from './dashboards.ts';
import { dashboardsPage } from './docs.ts';

export const root = path.join(import.meta.dirname, '../..');

/** The groups of all rule files, in the order of their names. */
export function prometheusGroups(): readonly PrometheusGroup[] {
  const folder = path.join(root, 'prometheus/rules');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yml'))
    .sort()
    .flatMap((name) => {
      const file = parse(readFileSync(path.join(folder, name), 'utf8')) as { groups: PrometheusGroup[] };
      return file.groups;
    });
}

const rulesHead = `# Made by \`npm run dashboards\` from prometheus/rules. Change those, not this file.
# The queries read series that the recording rules of those files make: Prometheus loads them too.
`;

/** Path → content. */
export function files(): Readonly<Record<string, string>> {
  const rules = { apiVersion: 1, groups: grafanaGroups(prometheusGroups(), dashboards) };
  return {
    ...Object.fromEntries(
      [...dashboards].map(([name, dashboard]) => [
        `grafana/dashboards/${name}`,
        `${JSON.stringify(dashboard, null, 2)}\n`,
      ]),
    ),
    'grafana/provisioning/alerting/rules.yml': `${rulesHead}${stringify(rules, { lineWidth: 120, aliasDuplicateObjects: false })}`,
    'docs/dashboards.md': dashboardsPage(dashboards),
  };
}
