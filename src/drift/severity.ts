/** Severity words (contract §4), shared by events, alerts, notifications and report formats. */
import type { Level } from '../catalog/facets.ts';
import type { Finding } from './model.ts';

export const severities = ['info', 'warning', 'error', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** Conflicts with which a build succeeds but produces a wrong program. */
const wrongBuilds: ReadonlySet<string> = new Set(['cache-corrupt', 'cache-rebound', 'modcache-edited']);

/**
 * Returns the severity of a finding: by its level, or `critical` if a build would succeed with a wrong
 * result.
 */
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

/** Entries whose presence means that a build succeeds with a wrong result. */
const wrongEntries: ReadonlySet<string> = new Set(['cache.corrupt', 'cache.rebound', 'toolchain.digest']);

/** Returns the severity of a drift, from its level and its changed entries. */
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

/** Returns the severity of a level if nothing else is known. */
export function severityOfLevel(level: Level): Severity {
  return level === 'major' ? 'error' : level === 'minor' ? 'warning' : 'info';
}
