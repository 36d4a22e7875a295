/** Facets and levels (see the words of the design). Facets are in the order in which reports show them. */

export const facets = ['toolchain', 'env', 'modules', 'cache', 'tools', 'context'] as const;
export type Facet = (typeof facets)[number];

/** Reports whether a name is that of a facet. */
export const isFacet = (name: string): name is Facet => facets.some((facet) => facet === name);

/**
 * Facets that can be compared across machines: only these are in a committed baseline and the fleet
 * fingerprint.
 */
export const portableFacets = ['toolchain', 'env', 'modules', 'tools'] as const satisfies readonly Facet[];

/**
 * Facets that can be rolled back. A cache needs no approved record, since the names of its entries tell the
 * correct content.
 */
export const facetsWithRollback: readonly Facet[] = ['toolchain', 'env', 'modules', 'cache'];

/** Levels of drift in ascending order; the index is the value of `godrift_drift_level`. */
export const levels = ['none', 'patch', 'minor', 'major'] as const;
export type Level = (typeof levels)[number];

/** Returns the number of a level: `none` 0, `patch` 1, `minor` 2, `major` 3. */
export function levelNumber(level: Level): number {
  return levels.indexOf(level);
}

/** Returns the higher of two levels. */
export function maxLevel(a: Level, b: Level): Level {
  return levelNumber(a) >= levelNumber(b) ? a : b;
}
