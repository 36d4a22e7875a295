/** The facet `cache`: the verdict on GOCACHE, as facts, as entries and as numbers. */

/** What is counted in a cache; a closed set. */
export const cacheEntryKinds = [
  /** Action entries that go takes, and that lead to an output of the recorded size. */
  'action',
  /** Action entries that lead to no output, or to one of another size: go builds again. Trimming leaves them. */
  'dangling',
  /** Files named like action entries that go does not take: a silent miss. */
  'malformed',
  /** Outputs that an action leads to, by content. */
  'archive',
  'index',
  'executable',
  'testlog',
  'other',
  /** Outputs that no action leads to. */
  'orphan',
  /** Files of fuzz tests (`fuzz/`), which are data and no build outputs. */
  'fuzz',
  /** What belongs to no cache: links, FIFOs, other names. */
  'stranger',
] as const;
export type CacheEntryKind = (typeof cacheEntryKinds)[number];

/** Why a cache lost entries. */
export const cacheLossCauses = ['trim', 'clean', 'swap', 'removed'] as const;
export type CacheLossCause = (typeof cacheLossCauses)[number];

/** What is known of an output, from its own content. */
export interface OutputFacts {
  /** 64 hex digits. */
  readonly output: string;
  readonly kind: string;
  readonly size: number;
  /** Import path of the package in an archive. */
  readonly package?: string;
  /** Of an archive: `go1.27.4 linux/amd64`. */
  readonly producer?: string;
  /** Of an archive that two releases made: how the second one names itself (`go object linux amd64 go1.26.0 …`). */
  readonly mixedWith?: string;
}

/** An output whose content is not what its name promises. */
export interface CorruptOutput extends OutputFacts {
  /** Actions that lead to it, at most a few. */
  readonly actions: readonly string[];
}

/** What stands at the name of an entry, a folder of entries or an executable, and is no file (or folder) of the cache's own. */
export interface IrregularCacheEntry {
  /** Below GOCACHE. */
  readonly file: string;
  readonly what: 'link' | 'directory' | 'special' | 'file';
}

/** An action that leads to another output than its own. */
export interface ReboundAction extends OutputFacts {
  readonly action: string;
  /**
   * `build-id`: the output says that another action made it; `rewritten`: the entry was changed in place since it was recorded; `release`:
   * another release than that of the action made objects in it.
   */
  readonly proof: 'build-id' | 'rewritten' | 'release';
  /** What was recorded for it, where that is known. */
  readonly recorded?: string;
}

/** What an audit found. Counts are complete, lists hold the first few. Times are ms since the epoch. */
export interface CacheContent {
  /** End of the audit's last round. */
  readonly auditedAt: number;
  readonly bytes: number;
  readonly entries: Readonly<Record<CacheEntryKind, number>>;
  /** Outputs with another content, and all irregular entries. */
  readonly corruptCount: number;
  readonly corrupt: readonly CorruptOutput[];
  readonly irregular: readonly IrregularCacheEntry[];
  readonly reboundCount: number;
  readonly rebound: readonly ReboundAction[];
  readonly foreignCount: number;
  /** Owners of those, and one of them by path. */
  readonly foreignUids: readonly number[];
  readonly foreignExample?: string;
  /** Outputs that could not be read, and those that are larger than any that Go makes. */
  readonly unreadable: number;
  readonly oversized: number;
  /** Outputs that an action leads to, and those among them that were read and are as their names promise or are known to be bad. */
  readonly outputs: number;
  readonly verified: number;
  /** Every output was read since then. */
  readonly fullySince?: number;
  /** When entries were last lost, by cause. */
  readonly losses: Readonly<Partial<Record<CacheLossCause, number>>>;
  /** `trim.txt`. */
  readonly trimmedAt?: number;
}

/** Whether go can use the directory. */
export type CachePlace =
  | { readonly state: 'usable' | 'absent' }
  /** GOCACHEPROG is set: outputs are with that program, and the directory holds fuzz data only. */
  | { readonly state: 'external'; readonly program: string }
  | {
      readonly state: 'off' | 'dangling' | 'not-directory' | 'denied' | 'read-only' | 'full';
      readonly why: string;
      /** What denies it, where it is not that the directory belongs to another user: its mode, a directory above, or that one where it would be made. */
      readonly barred?: 'mode' | 'above' | 'absent';
      /** Whose it is, where that denies it. */
      readonly owner?: number;
    };

/** A source file that go would read from an index that is not true any more. */
export interface StaleIndex {
  readonly folder: string;
  readonly file: string;
  /** What the index says that the file does not, and the other way round: imports, or the name of the package. */
  readonly indexed: string;
  readonly actual: string;
}

/** The last verdict on a build cache. */
export interface CacheFacts {
  /** GOCACHE as go has it. */
  readonly path: string;
  readonly place: CachePlace;
  /** Uid that builds here; what others own is foreign. */
  readonly builderUid: number;
  /** Undefined until an audit went through. */
  readonly content?: CacheContent;
  /** Of the first round of an audit, 0 to 1. */
  readonly progress?: number;
  readonly staleIndexes: readonly StaleIndex[];
}

/** Numbers for metrics. */
export interface CacheState {
  readonly path: string;
  readonly content?: CacheContent;
  readonly progress?: number;
}

/** States of a place in which a build fails, in a word for the entry. */
export function unwritableReason({ place }: CacheFacts): string | undefined {
  return 'why' in place ? place.state : undefined;
}

/** Entries `cache.<fact>`: only what does not move by itself; counts of entries are metrics. */
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

/** The numbers of a target's cache. */
export function cacheState({ path, content, progress }: CacheFacts): CacheState {
  return {
    path,
    ...(content === undefined ? {} : { content }),
    ...(progress === undefined ? {} : { progress }),
  };
}
