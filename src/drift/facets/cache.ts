/** The facet `cache`: the state of GOCACHE, as facts, as entries and as numbers. */

/** Kinds of cache entries that are counted; a closed set. */
export const cacheEntryKinds = [
  /** Valid action entries that refer to an output of the recorded size. */
  'action',
  /** Action entries whose output is missing or has another size: go builds again. Left behind by trimming. */
  'dangling',
  /** Files named like action entries that go cannot parse: a silent cache miss. */
  'malformed',
  /** Outputs that an action refers to, by content. */
  'archive',
  'index',
  'executable',
  'testlog',
  'other',
  /** Outputs that no action refers to. */
  'orphan',
  /** Files of fuzz tests (`fuzz/`), which are data and not build outputs. */
  'fuzz',
  /** Anything else: symlinks, FIFOs, files with other names. */
  'stranger',
] as const;
export type CacheEntryKind = (typeof cacheEntryKinds)[number];

/** Why a cache lost entries. */
export const cacheLossCauses = ['trim', 'clean', 'swap', 'removed'] as const;
export type CacheLossCause = (typeof cacheLossCauses)[number];

/** Facts about an output, from its own content. */
export interface OutputFacts {
  /** 64 hex digits. */
  readonly output: string;
  readonly kind: string;
  readonly size: number;
  /** Import path of the package in an archive. */
  readonly package?: string;
  /** Toolchain that wrote an archive: `go1.27.4 linux/amd64`. */
  readonly producer?: string;
  /**
   * For an archive written by two releases: header of the second one (`go object linux amd64 go1.26.0 …`).
   */
  readonly mixedWith?: string;
}

/** An output whose content does not match its name, which is a hash. */
export interface CorruptOutput extends OutputFacts {
  /** Actions that refer to it, at most a few. */
  readonly actions: readonly string[];
}

/** A cache entry, entry directory or executable that is not a regular file (or directory). */
export interface IrregularCacheEntry {
  /** Relative to GOCACHE. */
  readonly file: string;
  readonly what: 'link' | 'directory' | 'special' | 'file';
}

/** An action that refers to the output of another action. */
export interface ReboundAction extends OutputFacts {
  readonly action: string;
  /**
   * `build-id`: the output names another action as its origin. `rewritten`: the entry was changed in place
   * since it was recorded. `release`: the output contains objects of a Go release other than the action's.
   */
  readonly proof: 'build-id' | 'rewritten' | 'release';
  /** The output that was recorded for it, if known. */
  readonly recorded?: string;
}

/** The result of an audit. Counts are complete, lists contain the first few. Times are ms since the epoch. */
export interface CacheContent {
  /** End of the audit's last round. */
  readonly auditedAt: number;
  readonly bytes: number;
  readonly entries: Readonly<Record<CacheEntryKind, number>>;
  /** Number of outputs with wrong content, plus all irregular entries. */
  readonly corruptCount: number;
  readonly corrupt: readonly CorruptOutput[];
  readonly irregular: readonly IrregularCacheEntry[];
  readonly reboundCount: number;
  readonly rebound: readonly ReboundAction[];
  readonly foreignCount: number;
  /** Owners of the foreign entries, and the path of one of them. */
  readonly foreignUids: readonly number[];
  readonly foreignExample?: string;
  /** Outputs that could not be read, and outputs larger than any that Go writes. */
  readonly unreadable: number;
  readonly oversized: number;
  /**
   * Outputs that an action refers to, and how many of them were verified: read and found correct, or known to
   * be bad.
   */
  readonly outputs: number;
  readonly verified: number;
  /** Every output has been read since then. */
  readonly fullySince?: number;
  /** When entries were last lost, by cause. */
  readonly losses: Readonly<Partial<Record<CacheLossCause, number>>>;
  /** Time in `trim.txt`. */
  readonly trimmedAt?: number;
}

/** Whether go can use the directory. */
export type CachePlace =
  | { readonly state: 'usable' | 'absent' }
  /** GOCACHEPROG is set: that program holds the outputs, and the directory contains fuzz data only. */
  | { readonly state: 'external'; readonly program: string }
  | {
      readonly state: 'off' | 'dangling' | 'not-directory' | 'denied' | 'read-only' | 'full';
      readonly why: string;
      /**
       * What denies access, if not the directory's owner: its mode, a directory above it, or (`absent`) the
       * parent in which it would be created.
       */
      readonly barred?: 'mode' | 'above' | 'absent';
      /** Owner of the directory, if that is what denies access. */
      readonly owner?: number;
    };

/** A source file for which go would use a stale module index. */
export interface StaleIndex {
  readonly folder: string;
  readonly file: string;
  /** What only the index has, and what only the file has: imports, or the package name. */
  readonly indexed: string;
  readonly actual: string;
}

/** The last known state of a build cache. */
export interface CacheFacts {
  /** GOCACHE as go sees it. */
  readonly path: string;
  readonly place: CachePlace;
  /** Uid that builds here; entries of other users are foreign. */
  readonly builderUid: number;
  /** Undefined until an audit is complete. */
  readonly content?: CacheContent;
  /** Progress of an audit's first round, 0 to 1. */
  readonly progress?: number;
  readonly staleIndexes: readonly StaleIndex[];
}

/** Numbers for metrics. */
export interface CacheState {
  readonly path: string;
  readonly content?: CacheContent;
  readonly progress?: number;
}

/**
 * Returns the state of a directory in which builds fail, as a word for the entry; undefined if they do not.
 */
export function unwritableReason({ place }: CacheFacts): string | undefined {
  return 'why' in place ? place.state : undefined;
}

/**
 * Returns the entries `cache.<fact>`, only for facts that do not change by themselves; counts of entries are
 * metrics.
 */
export function cacheEntries(facts: CacheFacts): [string, string][] {
  const { content } = facts;
  const reason = unwritableReason(facts);
  const entries: [string, string][] = [];
  if (content !== undefined && content.corruptCount > 0)
    entries.push(['cache.corrupt', String(content.corruptCount)]);
  if (content !== undefined && content.reboundCount > 0)
    entries.push(['cache.rebound', String(content.reboundCount)]);
  if (content !== undefined && content.foreignCount > 0)
    entries.push(['cache.foreign_owner', content.foreignUids.map((uid) => `uid ${uid}`).join(' ')]);
  if (reason !== undefined) entries.push(['cache.unwritable', reason]);
  return entries;
}

/** Returns the numbers of a target's cache. */
export function cacheState({ path, content, progress }: CacheFacts): CacheState {
  return {
    path,
    ...(content === undefined ? {} : { content }),
    ...(progress === undefined ? {} : { progress }),
  };
}
