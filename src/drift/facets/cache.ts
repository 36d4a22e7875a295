/** The facet `cache`: the verdict on GOCACHE, as facts, as entries and as numbers. */

/** The last verdict on a build cache. */
export interface CacheFacts {
  /** Absolute path of GOCACHE. */
  readonly path: string;
}

/** Numbers for metrics. */
export interface CacheState {
  readonly path: string;
}

/** Entries `cache.<fact>`: only what does not move by itself; counts of entries are metrics. */
export function cacheEntries(_facts: CacheFacts): [string, string][] {
  return [];
}

/** The numbers of a target's cache. */
export function cacheState(facts: CacheFacts): CacheState {
  return { path: facts.path };
}
