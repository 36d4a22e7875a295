/** Conflict rules in the form used by answers. */
import type { RuleRow } from '../../catalog/rule-row.ts';
import { conflictRules } from '../../catalog/rules.ts';
import type { WhyRule } from './model.ts';

/** Returns the rules that satisfy a predicate, in catalogue order. */
export function rulesWhere(isMeant: (row: RuleRow) => boolean): readonly WhyRule[] {
  return conflictRules.filter(isMeant).map(({ rule, level, holds }) => ({ rule, level, holds }));
}

/** Returns the rules with these names, in catalogue order. */
export function rulesNamed(...names: readonly string[]): readonly WhyRule[] {
  return rulesWhere(({ rule }) => names.includes(rule));
}
