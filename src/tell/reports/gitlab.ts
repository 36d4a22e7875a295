/**
 * Renders a Code Quality report of GitLab (docs.gitlab.com/ci/testing/code_quality: the subset of Code
 * Climate's format that GitLab reads).
 */
import { visibleJson } from '../../catalog/visible.ts';
import { severityOf } from '../../drift/severity.ts';
import { identities, positionOrGoMod, type Report, sentence } from './report.ts';

const severities = { info: 'info', warning: 'minor', error: 'major', critical: 'critical' } as const;

/** Renders the report as one JSON array. Waived findings are left out, because GitLab has no such state. */
export function gitlabReport(report: Report): string {
  const ids = identities(report);
  const issues = report.state.findings.flatMap((finding, index) => {
    if (finding.waived !== undefined) return [];
    const { file, line } = positionOrGoMod(report, finding);
    return [
      {
        description: sentence(finding, '; '),
        check_name: finding.rule,
        fingerprint: ids[index],
        severity: severities[severityOf(finding)],
        location: { path: file, lines: { begin: line } },
      },
    ];
  });
  return `${visibleJson(issues)}\n`;
}
