/** The facet `cache`: the verdict on GOCACHE, as facts, as entries and as numbers. */

/** An output whose content is not what its name promises, and what a build would take it for. */
export interface CorruptOutput {
  /** 64 hex digits: the SHA-256 that its content should have. */
  readonly id: string;
  readonly size: number;
  /** Ids of the actions that lead to it, 64 hex digits; at most 20. */
  readonly actions: readonly string[];
  readonly class: string;
  /** Import path, Go version and platform, where the archive still tells them. */
  readonly package?: string;
  readonly goVersion?: string;
  readonly platform?: string;
}

/** An action entry that leads to an output which another action made, or which is of another kind than before. */
export interface ReboundAction {
  readonly id: string;
  readonly output: string;
  readonly package?: string;
}

/** Why entries went away between two looks. */
export const removalCauses = ['trim', 'clean', 'swap', 'unknown'] as const;
export type RemovalCause = (typeof removalCauses)[number];

/** Kinds of what lies in a cache; `missing` are actions that lead nowhere, `orphan` outputs that no action leads to. */
export const cacheKinds = ['action', 'archive', 'index', 'other', 'orphan', 'missing', 'damaged'] as const;
export type CacheKind = (typeof cacheKinds)[number];

/** A build cache that this target would use, after an audit. */
export interface CacheFacts {
  /** Absolute path of GOCACHE, as go would use it. */
  readonly path: string;
  /** `external`: GOCACHEPROG answers and the directory is used for fuzzing only. */
  readonly state: 'audited' | 'external' | 'unusable';
  /** Why it is unusable. */
  readonly why?: string;
  /** Whether the building user can write it, and why not; undefined where nobody could ask. */
  readonly unwritable?: 'permissions' | 'full-disk';
  readonly bytes: number;
  readonly entries: Readonly<Record<CacheKind, number>>;
  readonly corrupt: readonly CorruptOutput[];
  readonly rebound: readonly ReboundAction[];
  /** Counted in full; the lists hold the first of them. */
  readonly corruptCount: number;
  readonly reboundCount: number;
  /** Entries that the building user cannot replace, and whose they are. */
  readonly foreign: number;
  readonly foreignUid?: number;
  /** What go would pass over and make again: the first of them, with why. */
  readonly damaged: readonly { readonly path: string; readonly why: string }[];
  /** Part of the outputs whose present content was hashed, 0…1. */
  readonly verifiedRatio: number;
  /** Since when every output has been hashed at least once, ms since the epoch; absent until then. */
  readonly fullyVerified?: number;
  /** Entries that went away since the audit began to watch. */
  readonly removed: Readonly<Record<RemovalCause, number>>;
}

/** Numbers for metrics. */
export type CacheState = Pick<
  CacheFacts,
  | 'path'
  | 'state'
  | 'bytes'
  | 'entries'
  | 'corruptCount'
  | 'reboundCount'
  | 'foreign'
  | 'verifiedRatio'
  | 'fullyVerified'
  | 'removed'
>;

/** Entries `cache.<fact>`: only what does not move by itself; how much lies in a cache is for metrics. */
export function cacheEntries(facts: CacheFacts): [string, string][] {
  const entries: [string, string][] = [];
  if (facts.state !== 'audited') entries.push(['cache.state', facts.why ?? facts.state]);
  if (facts.unwritable !== undefined) entries.push(['cache.unwritable', facts.unwritable]);
  if (facts.corruptCount > 0) entries.push(['cache.corrupt', listed(facts.corrupt, facts.corruptCount)]);
  if (facts.reboundCount > 0) entries.push(['cache.rebound', listed(facts.rebound, facts.reboundCount)]);
  if (facts.foreign > 0) entries.push(['cache.foreign_owner', `uid ${facts.foreignUid ?? '?'}`]);
  return entries;
}

function listed(items: readonly { readonly id: string }[], count: number): string {
  const shown = items.slice(0, 5).map(({ id }) => id.slice(0, 16));
  return `${shown.join(' ')}${count > shown.length ? ` and ${count - shown.length} more` : ''}`;
}

/** The numbers of a target's cache. */
export function cacheState(facts: CacheFacts): CacheState {
  return facts;
}
