/** The facet `cache`: which directory is the build cache here, and the verdict that somebody gives on it. */
import type { CacheFacts } from '../drift/facets/cache.ts';
import type { Outcome } from '../drift/model.ts';
import type { Sources } from './sources.ts';

/** Who builds with which cache. */
export interface CachePlace {
  /** Absolute path. */
  readonly cache: string;
  readonly uid: number;
}

/** Gives the present verdict on a cache; undefined when there is none yet. */
export type CacheVerdicts = (place: CachePlace) => Promise<CacheFacts | undefined>;

const nothing: Omit<CacheFacts, 'path' | 'state'> = {
  bytes: 0,
  entries: { action: 0, archive: 0, index: 0, other: 0, orphan: 0, missing: 0, damaged: 0 },
  corrupt: [],
  rebound: [],
  corruptCount: 0,
  reboundCount: 0,
  foreign: 0,
  damaged: [],
  verifiedRatio: 1,
  removed: { trim: 0, clean: 0, swap: 0, unknown: 0 },
};

/** Collects the facet from the sources of this pass. */
export async function collectCache(
  sources: Sources,
  verdicts: CacheVerdicts | undefined,
): Promise<Outcome<CacheFacts>> {
  const cache = sources.variables.get('GOCACHE')?.value ?? '';
  const program = sources.variables.get('GOCACHEPROG')?.value ?? '';
  if (sources.local === undefined) return { status: 'not_evaluated', why: 'no go answers' };
  // With a program in its place the directory holds fuzzing only (cmd/go/internal/cache/default.go).
  if (program !== '') return { status: 'ok', facts: { ...nothing, path: cache, state: 'external' } };
  // `off` and relative paths stop every build: goenv-invalid says so, and there is nothing to audit.
  if (!cache.startsWith('/'))
    return { status: 'ok', facts: { ...nothing, path: cache, state: 'unusable', why: 'no-absolute-path' } };
  if (sources.root !== '/') return { status: 'not_evaluated', why: 'the cache lies in another root' };
  const facts = await verdicts?.({ cache, uid: sources.machine.uid });
  if (facts === undefined) return { status: 'not_evaluated', why: 'nobody has audited this cache yet' };
  return { status: 'ok', facts };
}
