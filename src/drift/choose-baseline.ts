/**
 * Chooses the snapshot that a target is compared with (design §5): committed, else accepted, else learned.
 * Host facets are compared with this host's own past.
 */
import { type Facet, facets, portableFacets } from '../catalog/facets.ts';
import { splitByFacet } from './compare.ts';
import { fingerprint } from './fingerprint.ts';
import { type LostBaseline, lostBaseline } from './lost-baseline.ts';
import type { Finding } from './model.ts';
import { secretsOf, withoutHostEntries } from './secret-entries.ts';
import { shippedOf } from './shipped-entries.ts';
import { type Entries, formatBody } from './snapshot.ts';

/**
 * The baseline of a target. Its portable facets and host facets may come from different snapshots (design §3,
 * §5).
 */
export interface Baseline {
  readonly kind: 'pinned' | 'learned' | 'none';
  readonly source: string;
  /**
   * Set if the baseline comes from the repository, where anyone who can open a pull request can propose it.
   */
  readonly committed?: true;
  /** Which of this host's own snapshots the host facets come from; undefined if there is none. */
  readonly host?: 'accepted' | 'learned';
  readonly time?: number;
  /** Entries by facet; a facet that is missing here is not compared. */
  readonly entries: ReadonlyMap<Facet, Entries>;
  readonly fingerprint?: string;
}

/** Returns the source of the baseline of one facet. A committed snapshot covers portable facets only. */
export function sourceOf(
  { kind, source, committed, host }: Baseline,
  facet: Facet,
): Pick<Baseline, 'kind' | 'source' | 'committed'> {
  if (committed !== true) return { kind, source };
  if (portableFacets.some((one) => one === facet)) return { kind, source, committed };
  return host === undefined
    ? { kind: 'none', source: '' }
    : { kind: host === 'accepted' ? 'pinned' : 'learned', source: host };
}

/** The baseline of a target that has none. */
const noBaseline: Baseline = { kind: 'none', source: '', entries: new Map() };

/** A stored snapshot. `time` in ms since the epoch. */
export interface StoredSnapshot {
  readonly entries: Entries;
  readonly time: number;
}

/**
 * `pinned` never learns; `learned` uses learned snapshots only; `accepted` ignores the committed file and
 * never learns.
 */
export type BaselineMode = 'auto' | 'pinned' | 'learned' | 'accepted';

export interface BaselineSources {
  readonly mode: BaselineMode;
  /** `.godrift.snapshot` of the workspace. */
  readonly committed?: StoredSnapshot;
  /** The revision that it was read from, if not from the working tree. */
  readonly revision?: string;
  /** Stored by `godrift baseline accept` on this host. */
  readonly accepted?: StoredSnapshot;
  /** Learned from three agreeing observations on this host. */
  readonly learned?: StoredSnapshot;
  /** Baselines that are known to be in force and cannot be used. */
  readonly lost?: readonly LostBaseline[];
}

/** Reports whether a mode takes the committed file into account. */
export function readsCommitted(mode: BaselineMode): boolean {
  return mode === 'auto' || mode === 'pinned';
}

/**
 * Returns the lost baseline that must not be replaced by another one of this host; undefined if the mode, or
 * a baseline with precedence, makes it irrelevant.
 */
export function lostOf({ mode, accepted, learned, lost = [] }: BaselineSources): LostBaseline | undefined {
  const missing = (kind: LostBaseline['kind']) => lost.find((one) => one.kind === kind);
  if (accepted === undefined && missing('committed') !== undefined) return missing('committed');
  if (mode !== 'learned' && (accepted !== undefined || missing('accepted') !== undefined))
    return accepted === undefined ? missing('accepted') : undefined;
  return mode === 'pinned' || mode === 'accepted' || learned !== undefined ? undefined : missing('learned');
}

/**
 * Returns the finding about a lost baseline. None if it is only unreadable for this user and a committed
 * baseline applies.
 */
export function lostFindings(sources: BaselineSources): readonly Finding[] {
  const lost = lostOf(sources);
  const committed = readsCommitted(sources.mode) && sources.committed !== undefined;
  return lost === undefined || (committed && lost.unread === true) ? [] : [lostBaseline(lost)];
}

const committedSource = (revision: string | undefined) =>
  revision === undefined ? '.godrift.snapshot' : `.godrift.snapshot of ${revision}`;

/** Chooses the baseline. `digest` returns hex SHA-256. */
export function chooseBaseline(sources: BaselineSources, digest: (text: string) => string): Baseline {
  const { mode, committed, accepted, learned } = sources;
  const own = {
    ...(mode === 'learned' ? {} : { accepted }),
    ...(mode === 'pinned' || mode === 'accepted' || lostOf(sources) !== undefined ? {} : { learned }),
  };
  const host = own.accepted ?? own.learned;
  const main = (readsCommitted(mode) ? committed : undefined) ?? host;
  if (main === undefined) return noBaseline;
  const portable: readonly Facet[] = portableFacets;
  const hostFacets = facets.filter((facet) => !portable.includes(facet));
  const past =
    host === undefined || host === main
      ? []
      : [...secretsOf(main.entries, host.entries), ...shippedOf(host.entries)];
  const mainEntries = splitByFacet(new Map([...main.entries, ...past]), portable);
  const shown = new Map([...mainEntries.values()].flatMap((entries) => [...withoutHostEntries(entries)]));
  return {
    kind: main === learned ? 'learned' : 'pinned',
    ...(main === committed
      ? { source: committedSource(sources.revision), committed: true }
      : { source: main === accepted ? 'accepted' : 'learned' }),
    ...(host === undefined ? {} : { host: host === own.accepted ? 'accepted' : 'learned' }),
    time: main.time,
    entries: new Map([...mainEntries, ...(host === undefined ? [] : splitByFacet(host.entries, hostFacets))]),
    fingerprint: fingerprint(formatBody(shown), digest),
  };
}
