/** What a configuration says of rollbacks that somebody asks for who is no person. Off unless somebody switches it on (design §9). */
import type { Facet } from '../catalog/facets.ts';
import type { TimeWindow } from './windows.ts';

/** `off` observes only; `dry-run` records what would be done; `approve` waits for a person; `auto` does it. */
export const policyModes = ['off', 'dry-run', 'approve', 'auto'] as const;
export type PolicyMode = (typeof policyModes)[number];

/** What the real go is asked before a plan is carried out that decides which Go builds: `off` nothing, else whether it can vet or build the project. */
export const preflightModes = ['off', 'vet', 'build'] as const;

/** No trial may take longer, ms. */
export const longestTrialMs = 30 * 60_000;

/** A command of go that has to pass, and how long it may take, ms. */
export interface Trial {
  readonly command: Exclude<(typeof preflightModes)[number], 'off'>;
  readonly limitMs: number;
}

/** A target by its name, or targets by a regular expression over names, and what may be put back there. */
export interface Allowed {
  readonly target?: string;
  readonly pattern?: string;
  readonly facets: readonly Facet[];
}

/** Durations in ms. */
export interface RollbackPolicy {
  readonly mode: PolicyMode;
  /** Undefined where no list is given: then nothing is excluded, and `auto` cannot be had. */
  readonly allow?: readonly Allowed[];
  /** After a rollback of a facet the next one has to wait so long. */
  readonly cooldownMs: number;
  /** So many of a facet within a time. */
  readonly attempts: { readonly max: number; readonly withinMs: number };
  /** Where any are allowed, one of them must hold; none that is denied may. */
  readonly windows: { readonly allow: readonly TimeWindow[]; readonly deny: readonly TimeWindow[] };
  /** No older Go than this is brought back. */
  readonly minimumGo?: string;
  /** Undefined where nothing is tried. */
  readonly trial?: Trial;
  /** The real go may fetch a release that a plan needs and nobody here has. */
  readonly download?: true;
  /** Where more than this share of the targets drift, and at least so many, the baseline is what is wrong. */
  readonly breaker: { readonly share: number; readonly atLeast: number };
  /** A facet that was rolled back is left alone until it was without drift for so long, or somebody releases it. */
  readonly quarantineMs: number;
  readonly approvalExpiryMs: number;
}

/** What a configuration adds to each request of an exporter; what it does not allow has no key there. */
export const additionsOf = ({
  trial,
  download,
}: Pick<RollbackPolicy, 'trial' | 'download'>): Pick<RollbackPolicy, 'trial' | 'download'> => ({
  ...(trial === undefined ? {} : { trial }),
  ...(download === undefined ? {} : { download }),
});

/** Without configuration. */
export const noPolicy: RollbackPolicy = {
  mode: 'off',
  cooldownMs: 15 * 60_000,
  attempts: { max: 3, withinMs: 24 * 3_600_000 },
  windows: { allow: [], deny: [] },
  breaker: { share: 0.3, atLeast: 2 },
  quarantineMs: 24 * 3_600_000,
  approvalExpiryMs: 3_600_000,
};
