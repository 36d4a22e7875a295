/**
 * What a repair of a build cache would do, as data. Without an action entry go builds again and writes the output anew; an output that is
 * gone can be linked into nothing. What is sound stays: a cache that is repaired is as warm as before.
 */
import type { CacheContent } from '../drift/facets/cache.ts';
import type { CacheStep } from './step.ts';

/**
 * The steps for what an audit found in the cache at that real path, which must have told all of it: first the entries, so that no build that starts
 * meanwhile is led to an output, then the outputs. An action that leads to the output of another one goes alone, for the output is what its name promises.
 */
export function planCacheRepair(
  cache: string,
  { corrupt, irregular, rebound }: Pick<CacheContent, 'corrupt' | 'irregular' | 'rebound'>,
): readonly CacheStep[] {
  const actions = new Map<string, CacheStep>();
  const drop = (action: string, output: string) =>
    actions.set(action, {
      kind: 'drop-action',
      cache,
      path: `${cache}/${entryFile(action, 'a')}`,
      action,
      output,
    });
  for (const { action, output } of rebound) drop(action, output);
  for (const one of corrupt) for (const action of one.actions) drop(action, one.output);
  return [
    ...actions.values(),
    ...irregular.map(
      ({ file }) => ({ kind: 'drop-irregular', cache, path: `${cache}/${file}`, file }) as const,
    ),
    ...corrupt.map(
      ({ output, size }) =>
        ({ kind: 'drop-output', cache, path: `${cache}/${entryFile(output, 'd')}`, output, size }) as const,
    ),
  ];
}

/** The path of an entry or an output, below GOCACHE (DiskCache.fileName). */
function entryFile(id: string, end: 'a' | 'd'): string {
  return `${id.slice(0, 2)}/${id}-${end}`;
}

/** The path of what a step removes, below GOCACHE; made of the ids, whatever path the step shows. */
export function stepFile(step: CacheStep): string {
  if (step.kind === 'drop-irregular') return step.file;
  return step.kind === 'drop-action' ? entryFile(step.action, 'a') : entryFile(step.output, 'd');
}
