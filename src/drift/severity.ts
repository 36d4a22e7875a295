/** Severity words (contract §4), the same for events, alerts, notifications and reports of other systems. */
import type { Level } from '../catalog/facets.ts';
import type { Finding } from './model.ts';

export const severities = ['info', 'warning', 'error', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** Conflicts with which a build succeeds and is wrong. */
const wrongBuilds: ReadonlySet<string> = new Set(['cache-corrupt', 'cache-rebound', 'modcache-edited']);

/** The severity of a finding: by its level, and `critical` where a build would succeed wrongly. */
export function severityOf({
  kind,
  rule,
  key,
  level,
}: Pick<Finding, 'kind' | 'rule' | 'key' | 'level'>): Severity {
  if (kind === 'conflict' ? wrongBuilds.has(rule) : kind === 'drift' && key === 'toolchain.digest')
    return 'critical';
  return severityOfLevel(level);
}

/** Entries whose presence means that a build succeeds and is wrong. */
const wrongEntries: ReadonlySet<string> = new Set(['cache.corrupt', 'cache.rebound', 'toolchain.digest']);

/** The severity of a drift by what differs. */
export function severityOfDrift({
  level,
  changes,
}: {
  readonly level: Level;
  readonly changes: readonly { readonly key: string; readonly actual?: string }[];
}): Severity {
  const wrong = changes.some(({ key, actual }) => actual !== undefined && wrongEntries.has(key));
  return wrong ? 'critical' : severityOfLevel(level);
}

/** The severity of a level where nothing else is known. */
export function severityOfLevel(level: Level): Severity {
  return level === 'major' ? 'error' : level === 'minor' ? 'warning' : 'info';
}
