/**
 * Notifications: findings that fire and findings that ended, as text for people and as labels for machines.
 * Pure.
 */
import { counted } from '../../catalog/counted.ts';
import { facets } from '../../catalog/facets.ts';
import type { Finding } from '../../drift/model.ts';
import { type Severity, severityOf } from '../../drift/severity.ts';
import type { TargetState } from '../../drift/state.ts';
import { counts, identities, originText, type Report } from '../reports/report.ts';

/** A finding as notified: it fires, or fired at the last notification. All fields may be shown and stored. */
export interface NotifiedFinding {
  /** Identity and level of the finding: another level is another alert. */
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  /** Time of the first notification, ms since the epoch. */
  readonly since: number;
}

/** A finding that fires now, with all its details. */
export interface Firing extends NotifiedFinding {
  readonly finding: Finding;
}

export interface Notification {
  readonly state: TargetState;
  readonly version: string;
  readonly host: string;
  /** ms since the epoch. */
  readonly now: number;
  /** Least time between two notifications of the same finding, in ms. */
  readonly windowMs: number;
  readonly firing: readonly Firing[];
  readonly ended: readonly NotifiedFinding[];
}

/** Longest label or annotation, in UTF-16 units. */
const longest = 500;
const cut = (text: string) =>
  text.length > longest ? `${text.slice(0, longest - 1).toWellFormed()}…` : text;

/** Returns the id of a finding at its level. */
const idOf = (identity: string, { level }: Finding) => `${identity.slice(0, 32)}-${level}`;

/**
 * Returns the findings that decide the exit code, with labels that are the same in every check, so that equal
 * alerts merge. `told` maps ids to earlier notifications.
 */
export function firingOf(
  report: Report,
  host: string,
  now: number,
  told: ReadonlyMap<string, NotifiedFinding>,
): readonly Firing[] {
  const ids = identities(report);
  return report.state.findings.flatMap((finding, index) => {
    if (!counts(finding, report.failOn)) return [];
    const id = idOf(ids[index] as string, finding);
    const { kind, rule, facet, key, level } = finding;
    const labels = {
      alertname: 'GodriftFinding',
      instance: host,
      target: report.state.target,
      workspace: report.state.workspace,
      facet,
      kind,
      rule,
      key,
      level,
      severity: severityOf(finding),
    };
    const filled = Object.entries(labels).filter(([, value]) => value !== '');
    return [
      {
        id,
        labels: Object.fromEntries(filled.map(([name, value]) => [name, cut(value)])),
        summary: cut(finding.summary),
        since: told.get(id)?.since ?? now,
        finding,
      },
    ];
  });
}

/**
 * Returns the notified findings that ended. A finding has not ended if its facet was not read, was not
 * searched completely, or (for a drift) was compared with no baseline, because the baseline is damaged or
 * gone. Nor has it ended if it is still there and merely does not decide the exit code this time
 * (`--fail-on`).
 */
export function endedOf(report: Report, told: Iterable<NotifiedFinding>): readonly NotifiedFinding[] {
  const { findings, facetStatus, facets: seen, collectors } = report.state;
  const ids = identities(report);
  const present = new Set(
    findings.flatMap((finding, index) =>
      finding.waived === undefined ? [idOf(ids[index] as string, finding)] : [],
    ),
  );
  const looked = ({ labels }: NotifiedFinding) => {
    const facet = facets.find((one) => one === labels['facet']);
    if (facet === undefined || !['ok', 'absent'].includes(facetStatus[facet])) return false;
    if (collectors.some((one) => one.collector === facet && one.unjudged === true)) return false;
    return labels['kind'] !== 'drift' || seen[facet]?.drift !== undefined;
  };
  return [...told].filter((one) => !present.has(one.id) && looked(one));
}

/** Returns facts about a finding for machines, each of bounded length. */
export function annotationsOf({ finding, summary }: Firing): Readonly<Record<string, string>> {
  const { expected, actual, origin, repair } = finding;
  const all = { summary, expected, actual, origin: originText(origin) || undefined, repair };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, cut(value)]])),
  );
}

const order: readonly Severity[] = ['critical', 'error', 'warning', 'info'];

/** Returns the highest severity of the firing findings; `info` if there are none. */
export function gravest(firing: readonly Firing[]): Severity {
  return order.find((severity) => firing.some((one) => one.labels['severity'] === severity)) ?? 'info';
}

/** Returns a one-line subject: how many findings, and where. */
export function headline({ firing, ended, state, host }: Notification): string {
  const count = firing.length === 0 ? `${ended.length} resolved` : counted(firing.length, 'finding');
  return `godrift: ${count} in ${state.target} on ${host}${state.workspace === '' ? '' : ` (${state.workspace})`}`;
}
