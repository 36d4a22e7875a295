/** Facts about a healthy build cache, and helpers that change them. */

import type { ConflictRule } from '../../../../src/catalog/rules.ts';
import { findConflicts } from '../../../../src/drift/conflicts/index.ts';
import {
  type CacheContent,
  type CacheEntryKind,
  type CacheFacts,
  cacheEntryKinds,
} from '../../../../src/drift/facets/cache.ts';
import type { Finding } from '../../../../src/drift/model.ts';
import { worldOf } from './world.ts';

export const id = (letter: string) => letter.repeat(64);

const sound: CacheContent = {
  auditedAt: 0,
  bytes: 1,
  entries: Object.fromEntries(cacheEntryKinds.map((kind) => [kind, 0])) as Record<CacheEntryKind, number>,
  corruptCount: 0,
  corrupt: [],
  irregular: [],
  reboundCount: 0,
  rebound: [],
  foreignCount: 0,
  foreignUids: [],
  unreadable: 0,
  oversized: 0,
  outputs: 1,
  verified: 1,
  losses: {},
};

/** Returns the facts of the healthy cache with the given changes. */
export function cacheOf(content: Partial<CacheContent>, facts: Partial<CacheFacts> = {}): CacheFacts {
  return {
    path: '/home/u/.cache/go-build',
    place: { state: 'usable' },
    builderUid: 1000,
    content: { ...sound, ...content },
    staleIndexes: [],
    ...facts,
  };
}

/** Returns the findings of one rule for a cache. */
export function foundIn(rule: ConflictRule, cache: CacheFacts): readonly Finding[] {
  return findConflicts({ ...worldOf(), cache }).filter((finding) => finding.rule === rule);
}
