/** Renders a log in SARIF 2.1.0 (OASIS standard), which GitHub code scanning and others read. */
import { pathToFileURL } from 'node:url';
import { comparisonRules } from '../../catalog/comparison-rules.ts';
import type { Level } from '../../catalog/facets.ts';
import { type RulePage, rulePages } from '../../catalog/rule-pages.ts';
import type { RuleRow } from '../../catalog/rule-row.ts';
import { conflictRules } from '../../catalog/rules.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import type { Finding } from '../../drift/model.ts';
import { identities, positionOrGoMod, type Report, sentence } from './report.ts';

const levels: Readonly<Record<Level, 'none' | 'note' | 'warning' | 'error'>> = {
  none: 'none',
  patch: 'note',
  minor: 'warning',
  major: 'error',
};

type AnyRule = Omit<RuleRow, 'facet'> & Partial<Pick<RuleRow, 'facet'>>;

const rules: readonly AnyRule[] = [...comparisonRules, ...conflictRules];
const pages: Readonly<Record<string, RulePage>> = rulePages;

/** Returns a reportingDescriptor (§3.49). */
function descriptor({ rule, facet, level, holds }: AnyRule): object {
  const told = pages[rule];
  const text = [
    `Holds when ${holds}.`,
    ...(told === undefined ? [] : [`What go does: ${told.go}`, `What heals it: ${told.repair}`]),
  ];
  return {
    id: rule,
    shortDescription: { text: holds },
    fullDescription: { text: text.join(' ') },
    help: { text: text.join('\n'), markdown: text.join('\n\n') },
    defaultConfiguration: { level: levels[level] },
    properties: { tags: ['go', ...(facet === undefined ? [] : [facet])] },
  };
}

/** Returns a relative reference, with each part of the path percent-encoded (§3.4.3). */
const uri = (file: string) => file.toWellFormed().split('/').map(encodeURIComponent).join('/');

function result(report: Report, finding: Finding, identity: string): object {
  const { file, line } = positionOrGoMod(report, finding);
  const { rule, kind, facet, level, key, expected, actual, waived } = finding;
  const ruleIndex = rules.findIndex((row) => row.rule === rule);
  return {
    ruleId: rule,
    ...(ruleIndex < 0 ? {} : { ruleIndex }),
    level: levels[level],
    message: { text: sentence(finding, '; ') },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uri(file), uriBaseId: '%SRCROOT%' },
          region: { startLine: line },
        },
      },
    ],
    partialFingerprints: { 'godriftFinding/v1': identity },
    ...(waived === undefined
      ? {}
      : {
          suppressions: [
            {
              kind: 'external',
              status: 'accepted',
              justification: `${waived.reason} (${waived.who}, until ${waived.expires})`,
            },
          ],
        }),
    properties: {
      kind,
      facet,
      key,
      ...(expected === undefined ? {} : { expected }),
      ...(actual === undefined ? {} : { actual }),
    },
  };
}

/** Returns notifications for the unreadable facets (§3.58). */
function unread({ state }: Report): readonly object[] {
  return Object.entries(state.facetStatus).flatMap(([facet, status]) => {
    if (status !== 'unreadable') return [];
    const why = state.collectors.find((one) => one.collector === facet)?.why ?? 'unknown';
    return [{ level: 'error', message: { text: visible(`the facet ${facet} could not be read: ${why}`) } }];
  });
}

/** Renders the log as JSON. Rules and their texts come from the catalogue; fingerprints are stable. */
export function sarifReport(report: Report): string {
  const ids = identities(report);
  const { findings, time, target } = report.state;
  const notifications = unread(report);
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'godrift',
            version: report.version,
            rules: rules.map(descriptor),
          },
        },
        automationDetails: { id: `godrift/${target}/` },
        originalUriBaseIds: { '%SRCROOT%': { uri: `${pathToFileURL(report.root).href}/` } },
        invocations: [
          {
            executionSuccessful: notifications.length === 0,
            endTimeUtc: new Date(time).toISOString(),
            toolExecutionNotifications: notifications,
          },
        ],
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding, index) => result(report, finding, ids[index] as string)),
      },
    ],
  };
  return `${visibleJson(log)}\n`;
}
