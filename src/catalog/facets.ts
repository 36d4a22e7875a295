/** The sides of a target that are compared (design words: facet, level), in the order in which people read them. */

export const facets = ['toolchain', 'env', 'modules', 'cache', 'tools', 'context'] as const;
export type Facet = (typeof facets)[number];

/** Whether a name is that of a facet. */
export const isFacet = (name: string): name is Facet => facets.some((facet) => facet === name);

/** Facets that mean the same on every machine: the committed baseline and the fleet fingerprint hold these only. */
export const portableFacets = ['toolchain', 'env', 'modules', 'tools'] as const satisfies readonly Facet[];

/** Facets that a rollback can put back. A cache needs no approved record: what its entries must be is in their names. */
export const facetsWithRollback: readonly Facet[] = ['toolchain', 'env', 'modules', 'cache'];

/** How far apart two values are; the numbers are those of `godrift_drift_level`. */
export const levels = ['none', 'patch', 'minor', 'major'] as const;
export type Level = (typeof levels)[number];

/** `none` 0, `patch` 1, `minor` 2, `major` 3. */
export function levelNumber(level: Level): number {
  return levels.indexOf(level);
}

/** The higher of two levels. */
export function maxLevel(a: Level, b: Level): Level {
  return levelNumber(a) >= levelNumber(b) ? a : b;
}
