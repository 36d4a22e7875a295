/**
 * The facet `cache`: the location of GOCACHE, the result of its audit, and stale package indexes that `go`
 * would read from it.
 */
import type { CacheFacts } from '../../../drift/facets/cache.ts';
import type { Outcome } from '../../../drift/model.ts';
import { pathOf } from '../../../host/files.ts';
import type { Sources } from '../../environment/sources.ts';
import type { AskCache } from './auditors.ts';
import { findCache } from './location.ts';
import { staleIndexes } from './stale-index.ts';

/** Number of subdirectories of a cache; if all are unlisted, nothing was seen. */
const folders = 256;

/** Collects the facet; `ask` returns what is known of the content. */
export async function collectCache(sources: Sources, ask?: AskCache): Promise<Outcome<CacheFacts>> {
  const found = findCache(sources);
  // Damage found earlier is not resolved merely because the location is unknown.
  if (found === undefined)
    return { status: 'not_evaluated', why: 'without a go command, the location of the cache is unknown' };
  const { place, directory, builder } = found;
  const facts: CacheFacts = { path: found.path, place, builderUid: builder.uid, staleIndexes: [] };
  if (place.state === 'absent') return { status: 'absent', why: `${found.path} does not exist yet` };
  if (directory === undefined) return { status: 'ok', facts };
  if (ask === undefined) return { status: 'not_evaluated', why: 'this cache is not audited', facts };
  const key = pathOf({ root: sources.root, path: found.path });
  const { content, progress, why } = await ask({ place: key, directory, builder });
  if (content === undefined) {
    return {
      status: 'not_evaluated',
      why: why ?? 'this cache is not audited',
      facts: { ...facts, ...(progress === undefined ? {} : { progress }) },
    };
  }
  // A cache that `go` may not enter either is reported by its own rule (cache-unwritable).
  if (content.unreadable >= folders && content.outputs === 0 && place.state === 'denied')
    return { status: 'ok', facts };
  if (content.unreadable >= folders && content.outputs === 0)
    return { status: 'failed', why: `${directory.path} cannot be read` };
  return {
    status: 'ok',
    facts: { ...facts, content, staleIndexes: staleIndexes(sources, directory.path) },
  };
}
