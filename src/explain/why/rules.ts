/** Conflict rules as an answer names them. */
import type { RuleRow } from '../../catalog/rule-row.ts';
import { conflictRules } from '../../catalog/rules.ts';
import type { WhyRule } from './model.ts';

/** The rules that pass a test, in the order of the catalogue. */
export function rulesWhere(isMeant: (row: RuleRow) => boolean): readonly WhyRule[] {
  return conflictRules.filter(isMeant).map(({ rule, level, holds }) => ({ rule, level, holds }));
}

/** The rules of these names. */
export function rulesNamed(...names: readonly string[]): readonly WhyRule[] {
  return rulesWhere(({ rule }) => names.includes(rule));
}
