/** What a rollback is asked for, and what a look found of it. */
import type { Facet } from '../../catalog/facets.ts';
import type { Finding } from '../../drift/model.ts';
import type { Origin } from '../../drift/origin.ts';
import type { TargetSettings } from '../../observe/target.ts';
import type { Trial } from '../../undo/policy.ts';

/** What is asked for. */
export interface RollbackRequest {
  readonly target: TargetSettings;
  readonly stateDirectory: string;
  readonly facet: Facet;
  /** Of the settings only these variables; all of the facet where undefined. */
  readonly names?: readonly string[];
  /** Which record: the beginning of its digest, or a time at which it was in force; the newest where undefined. */
  readonly to?: string;
  /** The real go is asked whether it builds after a plan that decides which Go that is; undefined where the configuration does not want it. */
  readonly trial?: Trial;
  /** A release whose zip is not in the module cache may be fetched; no plan does that unless the configuration allows it. */
  readonly download?: true;
  /** Leaves toolchains of the module cache alone: their zips take seconds to read. */
  readonly quick?: true;
  /** The names of the record go back byte for byte and nothing else does, whatever it means: it is what a person had before trying something. */
  readonly exact?: true;
}

/** An entry that is another one than was approved. */
export interface Difference {
  readonly key: string;
  readonly expected?: string;
  readonly actual?: string;
  /** Where the value of a variable comes from now. */
  readonly origin?: Origin;
}

/** What a look found, as far as a rollback asks. */
export interface Found {
  /** What differs from the approved record in the facet that is asked for. */
  readonly differences: readonly Difference[];
  readonly unreadable: readonly string[];
  readonly findings: readonly Pick<Finding, 'kind' | 'rule' | 'level' | 'summary'>[];
  /** Variables for which go answered otherwise than the files said; undefined where it was not asked. */
  readonly disagreements?: number;
}
