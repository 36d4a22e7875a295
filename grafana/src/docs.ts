/** Renders docs/dashboards.md from the dashboards: the question that each panel answers. */
import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

const introduction = `<!-- Made by \`npm run dashboards\` from grafana/src. Change that, not this page. -->

# Dashboards

Five dashboards for Grafana 12 and newer are in \`grafana/dashboards\`; what Grafana needs to find them is in \`grafana/provisioning\`. They use no library panels and no
external plugins, and their colours suit both themes.

- **As files**: mount \`grafana/provisioning\` as Grafana's provisioning folder and \`grafana/dashboards\` at \`/etc/grafana/dashboards\`. The data sources expect the
  names \`prometheus:9090\`, \`alertmanager:9093\` and \`jaeger:16686\`; change them in \`provisioning/datasources/godrift.yml\`.
- **By hand**: import a JSON file. It has no inputs to fill in; the data source is a variable of the dashboard.

Each trace id in a table has two links: one opens the trace through the Jaeger data source, the other in Jaeger itself, at the address in the variable *Jaeger pages*. Annotations mark deployments, the onset
of drifts, and the start and end of rollbacks. With many targets, tables show the worst hundred and graphs the worst twenty of the selected time range.

## Alerts in Grafana

The alerts of \`prometheus/rules\` also exist as Grafana-managed rules (\`provisioning/alerting/rules.yml\`). They read series of the recording rules, so Prometheus must load the same rule files.
Let only one of the two notify: Prometheus, with \`alerting:\` in its configuration, or Grafana. Grafana's templates cannot run queries, so the old and the new value are not in the message but one click away, in the
panel that each alert links to. Contact points and notification policies are in \`contact-points.yml\` and \`policies.yml\`; the
policies replace Grafana's whole tree.`;

/** Renders the page. */
export function dashboardsPage(dashboards: ReadonlyMap<string, Dashboard>): string {
  const sections = [...dashboards].map(([file, dashboard]) => {
    let row = '';
    const rows: string[][] = [];
    for (const panel of (dashboard.panels ?? []) as readonly (Panel | RowPanel)[]) {
      if (panel.type === 'row') row = panel.title ?? '';
      else rows.push([row, panel.title ?? '', (panel as Panel).description ?? '']);
    }
    return `## ${dashboard.title}\n\n${dashboard.description} [\`${file}\`](../grafana/dashboards/${file})\n\n${table(['row', 'panel', 'answers'], rows)}`;
  });
  return `${[introduction, ...sections].join('\n\n')}\n`;
}
