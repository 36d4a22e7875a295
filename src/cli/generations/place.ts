/** Where the generations of a build cache are, and why this user must not work on them. */
import path from 'node:path';
import process from 'node:process';
import { lstatOf } from '../../host/atomic.ts';
import { realPathOf } from '../../host/files.ts';
import { placeState } from '../../host/generations.ts';
import { whoElseWrites } from '../../host/other-writers.ts';
import { type GenerationStore, generationStore, isGenerationName } from '../../store/generations.ts';

/** Links that lead to the place of a cache; more of them are a ring. */
const mostLinks = 10;

/**
 * The store of the cache that go finds at a path: a link that somebody made is followed to what it leads to, and one that leads to a generation is the place
 * itself.
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

/** Why nothing is done with these generations by this user, in a line; undefined where it may be. Names are given and taken away there. */
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
