/** What of two snapshots can be compared, facet by facet, and how they differ. */
import { type Facet, facets, portableFacets } from '../catalog/facets.ts';
import { type Diff, diffEntries } from './diff.ts';
import { withEffectiveValues } from './effective.ts';
import { unsettledKey } from './entries.ts';
import { withoutRewording } from './equivalence.ts';
import { fingerprint } from './fingerprint.ts';
import { factsOf, type Observation } from './model.ts';
import { withoutHostEntries, withSecretsCompared } from './secret-entries.ts';
import { withShippedCompared } from './shipped-entries.ts';
import { type Entries, facetOf, formatBody } from './snapshot.ts';
import type { TargetState } from './state.ts';

/** Splits entries by facet; every facet in `all` gets a map, empty or not. */
export function splitByFacet(entries: Entries, all: readonly Facet[]): ReadonlyMap<Facet, Entries> {
  const split = new Map<Facet, Map<string, string>>(all.map((facet) => [facet, new Map()]));
  for (const [key, value] of entries) {
    const facet = facetOf(key);
    if (facet !== undefined) split.get(facet)?.set(key, value);
  }
  return split;
}

/** Differences by facet, for the facets that both sides know. */
export function diffFacets(
  before: ReadonlyMap<Facet, Entries>,
  after: ReadonlyMap<Facet, Entries>,
): ReadonlyMap<Facet, Diff> {
  const diffs = new Map<Facet, Diff>();
  for (const [facet, entries] of after) {
    const old = before.get(facet);
    if (old !== undefined) diffs.set(facet, diffEntries(old, entries));
  }
  return diffs;
}

/** Every key that differs: a change in one facet may follow from one in another. */
export function keysOf(diffs: ReadonlyMap<Facet, Diff>): ReadonlySet<string> {
  return new Set(
    [...diffs.values()].flatMap((diff) =>
      [...diff.added, ...diff.removed, ...diff.changed].map((change) => change.key),
    ),
  );
}

function portable(key: string): boolean {
  const facet = facetOf(key);
  return facet !== undefined && (portableFacets as readonly Facet[]).includes(facet);
}

/** The fingerprint of what does not depend on the host, without secrets; `digest` is hex SHA-256. */
export function portableFingerprint(entries: Entries, digest: (text: string) => string): string {
  return fingerprint(
    formatBody(new Map([...withoutHostEntries(entries)].filter(([key]) => portable(key)))),
    digest,
  );
}

/** Facets that this observation settles; one with nothing to read is settled too, and has no entries. */
export function observedFacets(observation: Observation): readonly Facet[] {
  return facets.filter((facet) => ['ok', 'absent'].includes(observation[facet].status));
}

/** Whether a key was left open by this observation: its absence says nothing. */
export function isUnsettled(observation: Observation): (key: string) => boolean {
  return matcher(
    facets.flatMap((facet) => {
      const outcome = observation[facet];
      return outcome.status === 'ok' ? (outcome.unsettled ?? []) : [];
    }),
  );
}

/** What the project's own files say: known, whatever the build list lacks that `modules.*` leaves open. A look that lacks one of them names it. */
const projectKeys = new Set(['go_mod', 'go_work', 'main_module', 'vendor'].map((name) => `modules.${name}`));

/** Whether a key is one of these, or below one that ends in `*`. */
function matcher(open: readonly string[]): (key: string) => boolean {
  if (open.length === 0) return () => false;
  const keys = new Set(open);
  const prefixes = open.filter((key) => key.endsWith('*')).map((key) => key.slice(0, -1));
  return (key) =>
    keys.has(key) || (!projectKeys.has(key) && prefixes.some((prefix) => key.startsWith(prefix)));
}

/** What both of two snapshots settled, by facet: a key that one of them left open, and does not have, is compared with nothing. */
export interface Comparable {
  readonly before: ReadonlyMap<Facet, Entries>;
  readonly after: ReadonlyMap<Facet, Entries>;
}

/** The entries of an earlier snapshot and of this observation that can be compared. */
export function comparable(
  before: ReadonlyMap<Facet, Entries>,
  after: ReadonlyMap<Facet, Entries>,
  observation: Observation,
): Comparable {
  const openNow = isUnsettled(observation);
  const open = facets.some((facet) => {
    const outcome = observation[facet];
    return outcome.status === 'ok' && outcome.unsettled !== undefined;
  });
  const both = { before: new Map<Facet, Entries>(), after: new Map<Facet, Entries>() };
  for (const [facet, seen] of after) {
    const known = before.get(facet);
    if (known === undefined) continue;
    const { old, now } =
      facet === 'env' ? comparedEnvironments(known, seen, observation) : { old: known, now: seen };
    const marked = old.get(unsettledKey(facet));
    const lone = loneDigest(old, now);
    if (marked === undefined && !open && lone === undefined) {
      both.before.set(facet, old);
      both.after.set(facet, now);
      continue;
    }
    const openThen = matcher((marked ?? '').split(' ').filter(Boolean));
    const settled = ([key]: readonly [string, string]) =>
      key !== unsettledKey(facet) &&
      key !== lone &&
      (old.has(key) || !openThen(key)) &&
      (now.has(key) || !openNow(key));
    both.before.set(facet, new Map([...old].filter(settled)));
    both.after.set(facet, new Map([...now].filter(settled)));
  }
  return both;
}

/** Entries of the environment as they are compared: what differs in words only is the same. */
function comparedEnvironments(
  known: Entries,
  seen: Entries,
  observation: Observation,
): { readonly old: Entries; readonly now: Entries } {
  const lines = withShippedCompared(known, withoutRewording(known, seen));
  const { old, now } = withSecretsCompared(lines.old, lines.now);
  return withEffectiveValues(old, now, factsOf(observation, 'env')?.variables);
}

const digestKey = 'toolchain.digest';

/** The digest of the toolchain where one side only knows it: it proves nothing, and was not made to be compared then. */
function loneDigest(old: Entries, now: Entries): string | undefined {
  return old.has(digestKey) === now.has(digestKey) ? undefined : digestKey;
}

/** Asks whether a look compared a key with the baseline: that it does not differ says nothing where it was not. */
export function isComparedIn({ facets: seen, entries }: TargetState): (key: string) => boolean {
  const open = new Map(Object.values(seen).map((one) => [one.facet, matcher(one.unsettled ?? [])]));
  return (key) => {
    const facet = facetOf(key);
    if (facet === undefined || seen[facet]?.drift === undefined) return false;
    return entries.has(key) || (key !== digestKey && open.get(facet)?.(key) === false);
  };
}
