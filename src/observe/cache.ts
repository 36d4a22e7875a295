/** The facet `cache`: the last verdict on GOCACHE. */
import type { CacheFacts } from '../drift/facets/cache.ts';
import type { Outcome } from '../drift/model.ts';
import type { Sources } from './sources.ts';

/** Collects the facet. */
export async function collectCache(_sources: Sources): Promise<Outcome<CacheFacts>> {
  return { status: 'not_evaluated', why: 'nobody audits this cache' };
}
