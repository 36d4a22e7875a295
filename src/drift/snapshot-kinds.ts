/** Compares whole with portable snapshots, and detects truncated ones. */
import { type Facet, portableFacets } from '../catalog/facets.ts';
import { unsettledKey } from './entries.ts';
import { withoutHostEntries } from './secret-entries.ts';
import { compareKeys, type Entries, facetOf } from './snapshot.ts';

/** The last entry of a portable snapshot: tools that are not in it are not compared. */
export const portableMark = { key: unsettledKey('tools'), value: 'tools.*' } as const;

/**
 * Reports whether entries are those of a portable snapshot, which always marks the other tools as unsettled.
 * A whole snapshot never does.
 */
export function isPortable(entries: Entries): boolean {
  return entries.get(portableMark.key)?.split(' ').includes(portableMark.value) === true;
}

/**
 * Returns the part of a whole snapshot that can be compared with a portable one: its portable facets, and of
 * the tools only those that the portable snapshot has.
 */
export function comparedWithPortable(whole: Entries, portable: Entries): Entries {
  const facets: readonly (Facet | undefined)[] = portableFacets;
  return new Map(
    [...withoutHostEntries(whole)].filter(([key]) => {
      const facet = facetOf(key);
      return facets.includes(facet) && (facet !== 'tools' || portable.has(key));
    }),
  );
}

/** Returns the entries without the mark of a portable snapshot, which a whole one does not have. */
export function withoutPortableMark(entries: Entries): Entries {
  return new Map([...entries].filter(([key]) => key !== portableMark.key));
}

/**
 * Reports whether a snapshot is truncated: it is a proper prefix of `other` and lacks the entries that end
 * every snapshot. The format has neither a count nor an end line, so a single snapshot does not show it. A
 * portable snapshot ends with its mark; a whole one has a toolchain, or lists unsettled keys.
 */
export function isCutOff(entries: Entries, other: Entries): boolean {
  const keys = [...entries.keys()];
  const last = keys.at(-1) ?? '';
  const isBeginning =
    entries.size < other.size &&
    [...other].every(([key, value]) =>
      entries.has(key) ? entries.get(key) === value : compareKeys(key, last) > 0,
    ) &&
    keys.every((key) => other.has(key));
  if (!isBeginning) return false;
  const hasEnd = keys.some((key) => facetOf(key) === 'toolchain' || key.endsWith('.unsettled'));
  return isPortable(other) || !hasEnd;
}
