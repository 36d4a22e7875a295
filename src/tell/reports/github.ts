/**
 * Renders findings as annotations of GitHub Actions, one workflow command each. The escapes are those that
 * the runner decodes (actions/toolkit, packages/core src/command.ts).
 */

import { visible } from '../../catalog/visible.ts';
import type { Finding } from '../../drift/model.ts';
import { positionOf, type Report, sentence } from './report.ts';

const data = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

function command({ level, waived }: Finding): string {
  if (waived !== undefined || level === 'patch') return 'notice';
  return level === 'major' ? 'error' : 'warning';
}

/**
 * Renders one command per line; empty without findings. An unreadable facet is an error: silence would look
 * like health.
 */
export function githubReport(report: Report): string {
  const { collectors, facetStatus } = report.state;
  const blind = Object.entries(facetStatus).filter(([, status]) => status === 'unreadable');
  const unread = blind.map(([facet]) => {
    const why = collectors.find((one) => one.collector === facet)?.why ?? 'unknown';
    return `::error title=godrift ${facet}::${data(visible(`the facet ${facet} could not be read: ${why}`))}\n`;
  });
  const found = report.state.findings.map((finding) => {
    const place = positionOf(report, finding);
    const at = place === undefined ? '' : `file=${property(visible(place.file))},line=${place.line},`;
    const title = property(`godrift ${finding.rule} ${finding.key}`);
    return `::${command(finding)} ${at}title=${title}::${data(sentence(finding, '\n'))}\n`;
  });
  return [...unread, ...found].join('');
}
