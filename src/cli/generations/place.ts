/** Locates the generations of a build cache, and checks that this user may work on them. */
import path from 'node:path';
import process from 'node:process';
import { lstatOf } from '../../host/atomic.ts';
import { realPathOf } from '../../host/files.ts';
import { placeState } from '../../host/generations.ts';
import { whoElseWrites } from '../../host/other-writers.ts';
import { type GenerationStore, generationStore, isGenerationName } from '../../store/generations.ts';

/** Most links that are followed to a cache; more are a loop. */
const mostLinks = 10;

/**
 * Returns the store for the cache path that go uses. A link made by hand is followed; a link to a generation
 * is the cache's own path.
 */
export function storeOf(cache: string): GenerationStore {
  let here = cache;
  for (let links = 0; links < mostLinks; links++) {
    const directory = realPathOf({ root: '/', path: path.dirname(here) }) ?? path.dirname(here);
    const place = path.join(directory, path.basename(here));
    const state = placeState(place);
    if (state.kind !== 'link') return generationStore(place);
    const to = path.resolve(directory, state.to);
    const store = generationStore(place);
    if (isGenerationName(path.basename(to)) && path.dirname(to) === store.directory) return store;
    here = to;
  }
  return generationStore(cache);
}

/**
 * Returns why this user must not change these generations, in one line; undefined if the user may.
 * Directories are renamed there, so nobody else may be able to write.
 */
export async function whyNotOurs({ place, directory }: GenerationStore): Promise<string | undefined> {
  for (const file of [place, directory]) {
    const who = whoElseWrites({ root: '/', path: file }, []);
    if (who !== undefined) return `${file} ${who}`;
    const stat = await lstatOf(file);
    if (stat !== undefined && stat.uid !== (process.geteuid?.() ?? stat.uid))
      return `${file} belongs to uid ${stat.uid}`;
  }
  return undefined;
}
