/** The facet `cache`: where GOCACHE leads, what an audit knows of it, and whether go would read old indexes from it. */
import type { CacheFacts } from '../../../drift/facets/cache.ts';
import type { Outcome } from '../../../drift/model.ts';
import { pathOf } from '../../../host/files.ts';
import type { Sources } from '../../environment/sources.ts';
import type { AskCache } from './auditors.ts';
import { findCache } from './location.ts';
import { staleIndexes } from './stale-index.ts';

/** Folders of a cache; when none of them could be listed, nothing was seen. */
const folders = 256;

/** Collects the facet; `ask` says what is known of the content. */
export async function collectCache(sources: Sources, ask?: AskCache): Promise<Outcome<CacheFacts>> {
  const found = findCache(sources);
  // That nobody says where it is makes no damage in it good.
  if (found === undefined) return { status: 'not_evaluated', why: 'no go says where its cache is' };
  const { place, directory, builder } = found;
  const facts: CacheFacts = { path: found.path, place, builderUid: builder.uid, staleIndexes: [] };
  if (place.state === 'absent') return { status: 'absent', why: `${found.path} is not there yet` };
  if (directory === undefined) return { status: 'ok', facts };
  if (ask === undefined) return { status: 'not_evaluated', why: 'nobody audits this cache', facts };
  const key = pathOf({ root: sources.root, path: found.path });
  const { content, progress, why } = await ask({ place: key, directory, builder });
  if (content === undefined) {
    return {
      status: 'not_evaluated',
      why: why ?? 'nobody audits this cache',
      facts: { ...facts, ...(progress === undefined ? {} : { progress }) },
    };
  }
  // What go may not enter either has a rule of its own (cache-unwritable).
  if (content.unreadable >= folders && content.outputs === 0 && place.state === 'denied')
    return { status: 'ok', facts };
  if (content.unreadable >= folders && content.outputs === 0)
    return { status: 'failed', why: `${directory.path} cannot be read` };
  return {
    status: 'ok',
    facts: { ...facts, content, staleIndexes: staleIndexes(sources, directory.path) },
  };
}
