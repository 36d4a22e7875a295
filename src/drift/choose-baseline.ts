/** Which snapshot a target is compared with (design §5): committed, then accepted, then learned; host facets by this host's own past. */
import { type Facet, facets, portableFacets } from '../catalog/facets.ts';
import { type Baseline, noBaseline, splitByFacet } from './evaluate.ts';
import { fingerprint } from './fingerprint.ts';
import { secretsOf, withoutSecrets } from './secret-entries.ts';
import { type Entries, formatBody } from './snapshot.ts';

/** A stored snapshot. `time` in ms since the epoch. */
export interface StoredSnapshot {
  readonly entries: Entries;
  readonly time: number;
}

export interface BaselineSources {
  readonly mode: 'auto' | 'pinned' | 'learned';
  /** `.godrift.snapshot` of the workspace. */
  readonly committed?: StoredSnapshot;
  /** `godrift baseline accept` on this host. */
  readonly accepted?: StoredSnapshot;
  /** Three agreeing observations on this host. */
  readonly learned?: StoredSnapshot;
}

/** Chooses; `digest` is hex SHA-256. */
export function chooseBaseline(sources: BaselineSources, digest: (text: string) => string): Baseline {
  const { mode, committed, accepted, learned } = sources;
  const pinned = mode === 'learned' ? undefined : (committed ?? accepted);
  const main = pinned ?? (mode === 'pinned' ? undefined : learned);
  const host = (mode === 'learned' ? undefined : accepted) ?? (mode === 'pinned' ? undefined : learned);
  if (main === undefined) return noBaseline;
  const portable: readonly Facet[] = portableFacets;
  const hostFacets = facets.filter((facet) => !portable.includes(facet));
  const past = host === undefined || host === main ? [] : secretsOf(main.entries, host.entries);
  const mainEntries = splitByFacet(new Map([...main.entries, ...past]), portable);
  const own = new Map([...mainEntries.values()].flatMap((entries) => [...withoutSecrets(entries)]));
  return {
    kind: main === learned ? 'learned' : 'pinned',
    source: main === committed ? '.godrift.snapshot' : main === accepted ? 'accepted' : 'learned',
    time: main.time,
    entries: new Map([...mainEntries, ...(host === undefined ? [] : splitByFacet(host.entries, hostFacets))]),
    fingerprint: fingerprint(formatBody(own), digest),
  };
}
