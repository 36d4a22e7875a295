/** Configuration of rollbacks that are requested by programs. Off by default (design §9). */
import type { Facet } from '../catalog/facets.ts';
import type { TimeWindow } from './windows.ts';

/** `off` only observes, `dry-run` records what would be done, `approve` waits for a person, `auto` acts. */
export const policyModes = ['off', 'dry-run', 'approve', 'auto'] as const;
export type PolicyMode = (typeof policyModes)[number];

/**
 * Checks by the real go before a plan that decides which Go builds is executed: `off` none, otherwise whether
 * `go vet` or `go build` of the project passes.
 */
export const preflightModes = ['off', 'vet', 'build'] as const;

/** Upper bound for the limit of a trial, in ms. */
export const longestTrialMs = 30 * 60_000;

/** A go command that must pass, and its time limit in ms. */
export interface Trial {
  readonly command: Exclude<(typeof preflightModes)[number], 'off'>;
  readonly limitMs: number;
}

/**
 * An entry of the allow list: a target by name, or targets by a regular expression, and the facets that may
 * be rolled back.
 */
export interface Allowed {
  readonly target?: string;
  readonly pattern?: string;
  readonly facets: readonly Facet[];
}

/** Durations in ms. */
export interface RollbackPolicy {
  readonly mode: PolicyMode;
  /** Undefined without a configured list: nothing is excluded then, but mode `auto` is not available. */
  readonly allow?: readonly Allowed[];
  /** Least time between two rollbacks of a facet. */
  readonly cooldownMs: number;
  /** Most rollbacks of a facet within a time. */
  readonly attempts: { readonly max: number; readonly withinMs: number };
  /**
   * If `allow` is not empty, now must be within one of its windows; it must never be within a window of
   * `deny`.
   */
  readonly windows: { readonly allow: readonly TimeWindow[]; readonly deny: readonly TimeWindow[] };
  /** Oldest Go version that a rollback may restore. */
  readonly minimumGo?: string;
  /** Undefined where no trial is configured. */
  readonly trial?: Trial;
  /** Allows the real go to download a release that a plan needs and this host lacks. */
  readonly download?: true;
  /**
   * If more than this share of the targets drift, and at least this many, the baseline is assumed to be
   * wrong.
   */
  readonly breaker: { readonly share: number; readonly atLeast: number };
  /**
   * After a rollback a facet is left alone until it was without drift for this long, or until a person
   * releases it.
   */
  readonly quarantineMs: number;
  readonly approvalExpiryMs: number;
}

/**
 * Returns the options that the configuration adds to each request of the exporter, without keys for options
 * that are off.
 */
export const additionsOf = ({
  trial,
  download,
}: Pick<RollbackPolicy, 'trial' | 'download'>): Pick<RollbackPolicy, 'trial' | 'download'> => ({
  ...(trial === undefined ? {} : { trial }),
  ...(download === undefined ? {} : { download }),
});

/** The policy without configuration. */
export const noPolicy: RollbackPolicy = {
  mode: 'off',
  cooldownMs: 15 * 60_000,
  attempts: { max: 3, withinMs: 24 * 3_600_000 },
  windows: { allow: [], deny: [] },
  breaker: { share: 0.3, atLeast: 2 },
  quarantineMs: 24 * 3_600_000,
  approvalExpiryMs: 3_600_000,
};
