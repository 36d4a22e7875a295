/** docs/dashboards.md: what each panel answers, from the dashboards themselves. */
import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

const introduction = `<!-- Made by \`npm run dashboards\` from grafana/src. Change that, not this page. -->

# Dashboards

Five dashboards for Grafana 12 and newer, in \`grafana/dashboards\`, and everything that Grafana needs to find them, in \`grafana/provisioning\`. They use no library panel
and no plugin outside of Grafana itself, and colours that suit both themes.

- **As files**: mount \`grafana/provisioning\` as Grafana's provisioning folder and \`grafana/dashboards\` at \`/etc/grafana/dashboards\`. The data sources expect the
  names \`prometheus:9090\`, \`alertmanager:9093\` and \`jaeger:16686\`; change them in \`provisioning/datasources/godrift.yml\`.
- **By hand**: import a JSON file; it asks for nothing, the data source is a variable of the dashboard.

A trace id in a table leads to the trace, once through the Jaeger data source and once to Jaeger's own pages, whose address is the variable
*Jaeger pages*. Annotations mark deployments, the onset of drifts, and where rollbacks began and ended. With many targets, tables show the worst hundred and lines the worst twenty of the
chosen time.

## Alerts in Grafana

The alerts of \`prometheus/rules\` are there as Grafana-managed rules too (\`provisioning/alerting/rules.yml\`). They read series that the recording rules make, so Prometheus
loads the same rule files; decide for one of the two to notify: Prometheus with \`alerting:\` in its configuration, or Grafana. Grafana's templates cannot query: the old and the new
value are one click away, in the panel that each alert is linked to. Contact points and notification policies are in \`contact-points.yml\` and \`policies.yml\`; the
policies replace Grafana's whole tree.`;

/** The page. */
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
