/** What is promised of a rule: a row of the lists of rules. */
import type { Facet, Level } from './facets.ts';

/** A rule: its id, the facet of the entries that it is about, its level, and what holds where it is found. `varies` marks one whose level depends on the case. */
export interface RuleRow {
  readonly rule: string;
  readonly facet: Facet;
  readonly level: Level;
  readonly varies?: true;
  readonly holds: string;
}
