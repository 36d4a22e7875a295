/** Severity words (contract §4), the same for events, alerts, notifications and reports of other systems. */
import type { Finding } from './model.ts';

export type Severity = 'info' | 'warning' | 'error' | 'critical';

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
  return level === 'major' ? 'error' : level === 'minor' ? 'warning' : 'info';
}
