/** Findings as they may be shown. */
import { visible } from '../catalog/visible.ts';
import type { Finding } from './model.ts';

/** A finding whose words may be shown; the fix stays what it is, for whoever prints it quotes it. */
export function visibleFinding(finding: Finding): Finding {
  const { key, summary, expected, actual, repair, origin } = finding;
  return {
    ...finding,
    key: visible(key),
    summary: visible(summary),
    ...(expected === undefined ? {} : { expected: visible(expected) }),
    ...(actual === undefined ? {} : { actual: visible(actual) }),
    ...(repair === undefined ? {} : { repair: visible(repair) }),
    ...(origin?.path === undefined ? {} : { origin: { ...origin, path: visible(origin.path) } }),
  };
}
