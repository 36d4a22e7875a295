/**
 * The state of one target after a pass: plain, immutable data. Metrics, spans, the status page, `check` and
 * the journal are all computed from it.
 */

import type { Facet, Level } from '../catalog/facets.ts';
import type { Cause, DropReason, FailureReason } from '../catalog/metrics.ts';
import type { alertSources } from './alert-events.ts';
import type { CacheState } from './facets/cache.ts';
import type { ContextState } from './facets/context.ts';
import type { ModulesState } from './facets/modules.ts';
import type { ToolsState } from './facets/tools.ts';
import type { Finding, Origin } from './model.ts';
import type { Entries } from './snapshot.ts';

/** One changed entry with its weight. */
export interface EntryChange {
  readonly facet: Facet;
  readonly key: string;
  readonly expected?: string;
  readonly actual?: string;
  readonly weight: number;
  readonly level: Level;
  readonly origin?: Origin;
}

/** The drift of one facet from the baseline; `level` is `none` if they agree. */
export interface FacetDrift {
  readonly level: Level;
  readonly changeRatio: number;
  readonly semanticDistance: number;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** Heaviest first. */
  readonly changes: readonly EntryChange[];
  readonly cause?: Cause;
  /** Onset, ms since the epoch; only while drifted. */
  readonly since?: number;
  readonly traceId?: string;
}

/** One facet of the newest snapshot. */
export interface FacetState {
  readonly facet: Facet;
  readonly entries: number;
  /** `sha256:` and 64 hex digits. */
  readonly fingerprint: string;
  /** Undefined while there is no baseline. */
  readonly drift?: FacetDrift;
  /** Keys that this observation left open; a final `*` stands for every key with that prefix. */
  readonly unsettled?: readonly string[];
}

/** A pin of the project, evaluated. */
export interface PinState {
  readonly source: string;
  readonly rule: string;
  readonly kind: 'exact' | 'floor';
  readonly version: string;
  readonly path: string;
  readonly line: number;
  readonly level: Level;
  readonly deviation: readonly { readonly part: 'major' | 'minor' | 'patch'; readonly value: number }[];
}

/** Counts of changes over the life of a target; persisted, so that they survive restarts. */
export interface Counters {
  /** facet → level → number of changes. */
  readonly changes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** facet → ms since the epoch. */
  readonly lastChange: Readonly<Record<string, number>>;
}

/** Result of a collector's last run, and the time of its last success. */
export interface CollectorState {
  readonly collector: string;
  readonly success: boolean;
  readonly durationSeconds: number;
  /** ms since the epoch; absent until the first success. */
  readonly lastSuccess?: number;
  /** Everything was read, but not all rules could be evaluated: see `why`. */
  readonly unjudged?: true;
  readonly why?: string;
}

/** Exemptions of a target, for the metrics. Times in ms since the epoch. */
export interface ExemptionState {
  readonly whitelisted: boolean;
  readonly deployment?: { readonly time: number; readonly graceSeconds: number };
  /** Facet → until when all of its findings are waived. */
  readonly waivedUntil: Readonly<Partial<Record<Facet, number>>>;
}

/** Rollbacks of one target, for the metrics. Times in ms since the epoch. */
export interface RollbackState {
  /** Every facet that a rollback can restore. */
  readonly facets: Readonly<
    Record<
      string,
      {
        readonly results: Readonly<Record<string, number>>;
        /** Start of the last rollback that was begun, and end of the last one. */
        readonly lastStart?: number;
        readonly last?: number;
        readonly quarantined: boolean;
        readonly confirmBy?: number;
      }
    >
  >;
  /** Number of plans that wait for approval. */
  readonly waiting: number;
}

/** The state of one target at one moment. */
export interface TargetState {
  readonly target: string;
  readonly workspace: string;
  readonly pool: string;
  readonly environmentSource: 'self' | 'process' | 'build' | 'file' | 'none';
  readonly readable: { readonly ok: boolean; readonly reason: string };
  /** End of the pass, ms since the epoch. */
  readonly time: number;
  readonly collectors: readonly CollectorState[];
  readonly toolchain?: {
    readonly version: string;
    readonly goos: string;
    readonly goarch: string;
    readonly origin: string;
    readonly downloadPending?: string;
  };
  readonly pins: readonly PinState[];
  /** Variables that differ from Go's defaults, redacted, for `env_info`. */
  readonly environment: readonly { readonly name: string; readonly value: string; readonly origin: string }[];
  readonly required: readonly { readonly name: string; readonly missing: boolean }[];
  readonly disagreements?: number;
  readonly modules?: ModulesState;
  readonly cache?: CacheState;
  readonly tools?: ToolsState;
  readonly context?: ContextState;
  readonly facets: Readonly<Partial<Record<Facet, FacetState>>>;
  readonly facetStatus: Readonly<Record<Facet, 'ok' | 'not_evaluated' | 'unreadable' | 'absent'>>;
  readonly baseline: {
    readonly kind: 'pinned' | 'learned' | 'none';
    readonly source: string;
    readonly fingerprint?: string;
    readonly time?: number;
  };
  /** Exemptions of the target; undefined if the observation failed altogether. */
  readonly exemptions?: ExemptionState;
  readonly entries: Entries;
  readonly fingerprint: string;
  readonly findings: readonly Finding[];
  readonly level: Level;
  readonly counters: Counters;
  /** Undefined while not known. */
  readonly rollbacks?: RollbackState;
  /** The earlier counts cannot be read; counters that restart at 0 would mislead, so none are shown. */
  readonly uncounted?: true;
}

/** Number of alerts that were answered, by source and decision. */
export type AlertCounts = Readonly<
  Record<(typeof alertSources)[number], Record<'accepted' | 'duplicate' | 'ignored' | 'refused', number>>
>;

/**
 * Why the admin listener refused a request: `invalid` (400) the content makes no sense, `unauthorized` (401)
 * no valid token, `forbidden` (403) not permitted, or sent by a browser, `too_large` (413) too long,
 * `unsupported` (415) the content type is not JSON, `busy` (429) too many requests wait.
 */
export type AdminRefusal = 'invalid' | 'unauthorized' | 'forbidden' | 'too_large' | 'unsupported' | 'busy';

/** State of the exporter itself, for the metrics without `target`. */
export interface ExporterState {
  readonly version: string;
  readonly revision: string;
  readonly config: {
    readonly ok: boolean;
    readonly loadedAt: number;
    /** Fingerprint of the configuration file in force; undefined if there is none. */
    readonly fingerprint?: string;
  };
  readonly passes: number;
  readonly stateWritable: boolean;
  readonly journal: {
    /** Failed writes to the state directory. */
    readonly errors: number;
    /** Number of records that are not written yet; undefined if none. */
    readonly unwritten?: number;
    readonly head?: { readonly seq: number; readonly hash: string };
    /** Whether the hash chain is intact; undefined before the first check. */
    readonly intact?: boolean;
  };
  readonly outbox: {
    readonly pending: number;
    readonly oldest?: number;
    readonly exported: number;
    readonly dropped: Readonly<Record<DropReason, number>>;
    /** Failed requests, which were retried. */
    readonly failed: Readonly<Record<FailureReason, number>>;
  };
  /** Undefined if no event log is configured. */
  readonly eventLog?: {
    /** Number of events written, and of events not yet written. */
    readonly written: number;
    readonly pending: number;
    /** Time of the oldest event that waits after a failure, ms since the epoch. */
    readonly oldest?: number;
    /** Failed writes, which are retried. */
    readonly errors: number;
    /** Events that were given up. */
    readonly dropped: number;
  };
  readonly alerts: AlertCounts;
  /** Requests that the admin listener refused; undefined if there is no admin listener. */
  readonly adminRefusals?: Readonly<Record<AdminRefusal, number>>;
  /** Undefined while not known. */
  readonly rollbacks?: {
    readonly breakerOpen: boolean;
    readonly paused: boolean;
    /**
     * By result, a histogram of durations in seconds; counts per bucket, not cumulative, the last one above
     * all bounds.
     */
    readonly durations: Readonly<
      Record<string, { readonly counts: readonly number[]; readonly sum: number }>
    >;
    readonly bounds: readonly number[];
  };
  readonly watcher: {
    readonly watches: number;
    /** Directories that could not be watched; changes there are found by the periodic pass. */
    readonly failed: number;
    readonly events: number;
    readonly missed: number;
    /**
     * The latest notification of a change that the exporter made itself, ms since the epoch, and the mount
     * point where it makes such changes.
     */
    readonly canary?: { readonly filesystem: string; readonly seen: number };
  };
  /** Targets found by discovery patterns. Times in ms since the epoch. */
  readonly discovery: {
    readonly limit: number;
    readonly found: number;
    readonly skipped: Readonly<Record<'limit' | 'name', number>>;
    readonly incomplete: Readonly<Record<'unreadable' | 'names' | 'failed', number>>;
    readonly lastSuccess?: number;
    readonly appeared: number;
    readonly vanished: number;
  };
}
