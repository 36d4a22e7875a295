/** Whole and portable snapshots beside each other: what a portable one can hold of a whole one, and which one was cut off. */
import { type Facet, portableFacets } from '../catalog/facets.ts';
import { unsettledKey } from './entries.ts';
import { withoutHostEntries } from './secret-entries.ts';
import { compareKeys, type Entries, facetOf } from './snapshot.ts';

/** The last entry of a portable snapshot: tools that are not in it are people's own. */
export const portableMark = { key: unsettledKey('tools'), value: 'tools.*' } as const;

/** Whether these are the entries of a portable snapshot, which leaves the tools of people open and says so; a whole one never does. */
export function isPortable(entries: Entries): boolean {
  return entries.get(portableMark.key)?.split(' ').includes(portableMark.value) === true;
}

/** What can be compared of a whole snapshot with a portable one: the facets that this may hold, and of tools those that it has. */
export function comparedWithPortable(whole: Entries, portable: Entries): Entries {
  const facets: readonly (Facet | undefined)[] = portableFacets;
  return new Map(
    [...withoutHostEntries(whole)].filter(([key]) => {
      const facet = facetOf(key);
      return facets.includes(facet) && (facet !== 'tools' || portable.has(key));
    }),
  );
}

/** A portable snapshot without the mark that it is one, which a whole one has not. */
export function withoutPortableMark(entries: Entries): Entries {
  return new Map([...entries].filter(([key]) => key !== portableMark.key));
}

/**
 * Whether a snapshot ends too early to be one: it is the beginning of another one, and lacks what stands at the end of each. The format has neither a
 * count nor an end line, so that alone it cannot be told. A portable one ends in its mark; a whole one has a toolchain, or says what is open without one.
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
