/** A row of the rule catalogue. */
import type { Facet, Level } from './facets.ts';

/**
 * A rule: its id, the facet of its entries, its level, and the condition under which it holds. If `varies` is
 * set, `level` is the highest one and the actual level depends on the case.
 */
export interface RuleRow {
  readonly rule: string;
  readonly facet: Facet;
  readonly level: Level;
  readonly varies?: true;
  readonly holds: string;
}
