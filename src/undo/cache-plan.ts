/**
 * What a repair of a build cache would do, as data. Without an action entry go builds again and writes the output anew; an output that is
 * gone can be linked into nothing. What is sound stays: a cache that is repaired is as warm as before.
 */
import type { CacheContent } from '../drift/facets/cache.ts';

/** One step; its precondition is that what it says of the cache still holds. */
export type CacheStep =
  /** The action entry goes, while it leads to that output. */
  | { readonly kind: 'drop-action'; readonly action: string; readonly output: string }
  /** The output goes, while its size is still that and its content not what its name promises. */
  | { readonly kind: 'drop-output'; readonly output: string; readonly size: number }
  /** What stands in place of a file or folder goes, itself and never what it leads to, while it is no such. `file` is its path below GOCACHE. */
  | { readonly kind: 'drop-irregular'; readonly file: string };

/**
 * The steps for what an audit found, which must have told all of it: first the entries, so that no build that starts meanwhile is led to an
 * output, then the outputs. An action that leads to the output of another one goes alone, for the output is what its name promises.
 */
export function planCacheRepair({ corrupt, irregular, rebound }: CacheContent): readonly CacheStep[] {
  const actions = new Map<string, CacheStep>();
  for (const { action, output } of rebound) actions.set(action, { kind: 'drop-action', action, output });
  for (const one of corrupt)
    for (const action of one.actions)
      actions.set(action, { kind: 'drop-action', action, output: one.output });
  return [
    ...actions.values(),
    ...irregular.map(({ file }): CacheStep => ({ kind: 'drop-irregular', file })),
    ...corrupt.map(({ output, size }): CacheStep => ({ kind: 'drop-output', output, size })),
  ];
}

/** The path of what a step removes, below GOCACHE (DiskCache.fileName). */
export function stepFile(step: CacheStep): string {
  if (step.kind === 'drop-irregular') return step.file;
  const [id, end] = step.kind === 'drop-action' ? [step.action, 'a'] : [step.output, 'd'];
  return `${id.slice(0, 2)}/${id}-${end}`;
}
