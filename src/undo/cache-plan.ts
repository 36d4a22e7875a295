/**
 * Plans the repair of a build cache, as data. When an action entry is missing, go rebuilds and writes the
 * output anew; a missing output cannot be linked into anything. Sound entries stay, so a repaired cache is as
 * warm as before.
 */
import type { CacheContent } from '../drift/facets/cache.ts';
import type { CacheStep } from './step.ts';

/**
 * Returns the steps that repair the GOCACHE at real path `cache`, given the complete list of findings of an
 * audit. Action entries are dropped before outputs, so that a build that starts meanwhile is never led to a
 * bad output. For a rebound action (one that leads to the output of another action) only the entry is
 * dropped: the output itself matches its name.
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

/**
 * Returns the path of an action entry (`a`) or output (`d`) relative to GOCACHE, as DiskCache.fileName builds
 * it.
 */
function entryFile(id: string, end: 'a' | 'd'): string {
  return `${id.slice(0, 2)}/${id}-${end}`;
}

/**
 * Returns the path, relative to GOCACHE, of the file that a step removes. It is derived from the ids in the
 * step, never from the path that the step displays.
 */
export function stepFile(step: CacheStep): string {
  if (step.kind === 'drop-irregular') return step.file;
  return step.kind === 'drop-action' ? entryFile(step.action, 'a') : entryFile(step.output, 'd');
}
