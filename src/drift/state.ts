/**
 * What godrift knows of one target after a pass: plain, immutable data. Metrics, spans, the status page, `check` and the
 * journal are all functions of it.
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

/** One changed entry with what it weighs. */
export interface EntryChange {
  readonly facet: Facet;
  readonly key: string;
  readonly expected?: string;
  readonly actual?: string;
  readonly weight: number;
  readonly level: Level;
  readonly origin?: Origin;
}

/** The drift of one facet against the baseline; `level` is `none` where it agrees. */
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
  /** Keys that this look left open; one that ends in `*` stands for all that begin so. */
  readonly unsettled?: readonly string[];
}

/** A pin of the project with its verdict. */
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

/** What counts changes over the life of a target; persisted, so that a restart changes nothing. */
export interface Counters {
  /** facet → level → number of changes. */
  readonly changes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** facet → ms since the epoch. */
  readonly lastChange: Readonly<Record<string, number>>;
}

/** How a collector did, last time and last time well. */
export interface CollectorState {
  readonly collector: string;
  readonly success: boolean;
  readonly durationSeconds: number;
  /** ms since the epoch; absent until it succeeded once. */
  readonly lastSuccess?: number;
  /** What it read holds, and its rules could not all be judged: `why`. */
  readonly unjudged?: true;
  readonly why?: string;
}

/** Exemptions of a target, for the metrics. Times in ms since the epoch. */
export interface ExemptionState {
  readonly whitelisted: boolean;
  readonly deployment?: { readonly time: number; readonly graceSeconds: number };
  /** Facet → until when everything that is found in it is waived. */
  readonly waivedUntil: Readonly<Partial<Record<Facet, number>>>;
}

/** What became of rollbacks of one target, for the metrics. Times in ms since the epoch. */
export interface RollbackState {
  /** Every facet that a rollback can put back. */
  readonly facets: Readonly<
    Record<
      string,
      {
        readonly results: Readonly<Record<string, number>>;
        /** When the last one that was begun began, and when the last one ended. */
        readonly lastStart?: number;
        readonly last?: number;
        readonly quarantined: boolean;
        readonly confirmBy?: number;
      }
    >
  >;
  /** Plans that wait for a person. */
  readonly waiting: number;
}

/** The verdict on one target at one moment. */
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
  /** What is exempt here; undefined where nobody asked (an observation that failed altogether). */
  readonly exemptions?: ExemptionState;
  readonly entries: Entries;
  readonly fingerprint: string;
  readonly findings: readonly Finding[];
  readonly level: Level;
  readonly counters: Counters;
  /** Undefined while it is not known. */
  readonly rollbacks?: RollbackState;
  /** What was counted before cannot be read: to show counters that begin anew would be a lie. */
  readonly uncounted?: true;
}

/** Alerts that were answered, by where they came from and how. */
export type AlertCounts = Readonly<
  Record<(typeof alertSources)[number], Record<'accepted' | 'duplicate' | 'ignored' | 'refused', number>>
>;

/**
 * Why a request to the admin listener was not taken: what it says makes no sense (invalid, 400), it shows no valid token (unauthorized, 401), it may not ask for that
 * or comes from a browser (forbidden, 403), it is too long (too_large, 413), its body is no JSON by its type (unsupported, 415), or more waits than may (busy, 429).
 */
export type AdminRefusal = 'invalid' | 'unauthorized' | 'forbidden' | 'too_large' | 'unsupported' | 'busy';

/** State of the exporter itself, for the metrics without `target`. */
export interface ExporterState {
  readonly version: string;
  readonly revision: string;
  readonly config: {
    readonly ok: boolean;
    readonly loadedAt: number;
    /** Of the configuration file in force; undefined where none is named. */
    readonly fingerprint?: string;
  };
  readonly passes: number;
  readonly stateWritable: boolean;
  readonly journal: {
    /** Writes into the state directory that failed. */
    readonly errors: number;
    /** Records that are not written yet; undefined for none. */
    readonly unwritten?: number;
    readonly head?: { readonly seq: number; readonly hash: string };
    /** Whether its hash chain holds; undefined before it was walked. */
    readonly intact?: boolean;
  };
  readonly outbox: {
    readonly pending: number;
    readonly oldest?: number;
    readonly exported: number;
    readonly dropped: Readonly<Record<DropReason, number>>;
    /** Requests that failed and were repeated. */
    readonly failed: Readonly<Record<FailureReason, number>>;
  };
  /** Undefined where none is configured. */
  readonly eventLog?: {
    /** Events that were written, and those that are not yet. */
    readonly written: number;
    readonly pending: number;
    /** Time of the oldest that waits after a failure, ms since the epoch. */
    readonly oldest?: number;
    /** Failed writes, which are repeated. */
    readonly errors: number;
    /** Events that were given up. */
    readonly dropped: number;
  };
  readonly alerts: AlertCounts;
  /** Requests that the admin listener refused; undefined where none is configured. */
  readonly adminRefusals?: Readonly<Record<AdminRefusal, number>>;
  /** Undefined while it is not known. */
  readonly rollbacks?: {
    readonly breakerOpen: boolean;
    readonly paused: boolean;
    /** By result, a histogram of seconds: how many up to each bound, and beyond the last, each on its own. */
    readonly durations: Readonly<
      Record<string, { readonly counts: readonly number[]; readonly sum: number }>
    >;
    readonly bounds: readonly number[];
  };
  readonly watcher: {
    readonly watches: number;
    /** Directories that were to be watched and are not: what changes there is found by the periodic pass. */
    readonly failed: number;
    readonly events: number;
    readonly missed: number;
    /** When a change that the exporter makes itself was announced last, ms since the epoch, and the mount point of where it makes it. */
    readonly canary?: { readonly filesystem: string; readonly seen: number };
  };
  /** Targets that patterns find. Times in ms since the epoch. */
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
