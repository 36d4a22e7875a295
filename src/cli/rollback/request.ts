/** The request for a rollback, and the part of an observation that a rollback uses. */
import type { Facet } from '../../catalog/facets.ts';
import type { Finding } from '../../drift/model.ts';
import type { Origin } from '../../drift/origin.ts';
import type { TargetSettings } from '../../observe/target.ts';
import type { Trial } from '../../undo/policy.ts';

/** A request for a rollback. */
export interface RollbackRequest {
  readonly target: TargetSettings;
  readonly stateDirectory: string;
  readonly facet: Facet;
  /** Restricts a rollback of settings to these variables; undefined: the whole facet. */
  readonly names?: readonly string[];
  /**
   * The record to restore: a prefix of its digest, or a time at which it was in force; undefined: the newest.
   */
  readonly to?: string;
  /**
   * With it, the real go tries to build before a plan that changes which Go builds is applied; undefined
   * unless the configuration asks for it.
   */
  readonly trial?: Trial;
  /**
   * Allows the download of a release whose zip is not in the module cache; set only where the configuration
   * allows it.
   */
  readonly download?: true;
  /** Skips the toolchains of the module cache, whose zips take seconds to read. */
  readonly quick?: true;
  /**
   * Restores the files of the record byte for byte and nothing else, whatever they mean: the state that a
   * user had before `godrift try`.
   */
  readonly exact?: true;
}

/** An entry that differs from the approved one. */
export interface EntryDifference {
  readonly key: string;
  readonly expected?: string;
  readonly actual?: string;
  /** Where the current value of a variable comes from. */
  readonly origin?: Origin;
}

/** The part of an observation that a rollback uses. */
export interface Found {
  /** Entries of the requested facet that differ from the approved record. */
  readonly differences: readonly EntryDifference[];
  readonly unreadable: readonly string[];
  readonly findings: readonly Pick<Finding, 'kind' | 'rule' | 'level' | 'summary'>[];
  /** Number of variables for which go disagreed with the files; undefined where go was not asked. */
  readonly disagreements?: number;
}
