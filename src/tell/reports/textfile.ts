/**
 * Renders series in the text format 0.0.4 for the textfile collector of node_exporter: those of a check, or
 * those of an exporter that runs beside node_exporter.
 */
import { metricName } from '../../catalog/metrics.ts';
import type { TargetState } from '../../drift/state.ts';
import { type FamilySamples, targetFamilies } from '../metrics/samples.ts';

const escapeLabel = (text: string) =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
const escapeHelp = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

/** Start of each page. */
const firstBytes = '# HELP godrift_';

/** Recognizes pages written by godrift. A file that starts otherwise is never replaced or removed. */
export const ourTextfile = {
  bytes: firstBytes.length,
  is: (text: string) => text === firstBytes,
};

/**
 * Renders the page of some targets and of the exporter's families (`own`). Without an exporter, counters are
 * left out: a single check knows no history.
 */
export function textfile(states: readonly TargetState[], own?: readonly FamilySamples[]): string {
  const families = new Map<string, FamilySamples>();
  for (const { row, samples } of [...states.flatMap(targetFamilies), ...(own ?? [])]) {
    if (row.type === 'counter' && own === undefined) continue; // one look counts nothing: a 0 would look like a reset
    const name = metricName(row);
    families.set(name, { row, samples: [...(families.get(name)?.samples ?? []), ...samples] });
  }
  const lines: string[] = [];
  for (const [name, { row, samples }] of families) {
    lines.push(`# HELP ${name} ${escapeHelp(row.help)}`, `# TYPE ${name} ${row.type}`);
    for (const { labels, value } of samples) {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
      lines.push(`${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
