/** The series of a check in the text format 0.0.4, for the textfile collector of node_exporter: where no exporter runs. */
import { metricName } from '../../catalog/metrics.ts';
import type { TargetState } from '../../drift/state.ts';
import { targetFamilies } from '../samples.ts';

const escapeLabel = (text: string) =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
const escapeHelp = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

/** The page; what only an exporter can know (counters over time, onsets) is not in it. */
export function textfile(state: TargetState): string {
  const lines: string[] = [];
  for (const { row, samples } of targetFamilies(state)) {
    if (row.type === 'counter') continue; // one look counts nothing: a 0 would look like a reset
    const name = metricName(row);
    lines.push(`# HELP ${name} ${escapeHelp(row.help)}`, `# TYPE ${name} ${row.type}`);
    for (const { labels, value } of samples) {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
      lines.push(`${name}{${pairs.join(',')}} ${value}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
