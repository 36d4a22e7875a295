/** Decides which entries of two snapshots can be compared, facet by facet, and compares them. */
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

/** Splits entries by facet. Every facet in `all` gets a map, even an empty one. */
export function splitByFacet(entries: Entries, all: readonly Facet[]): ReadonlyMap<Facet, Entries> {
  const split = new Map<Facet, Map<string, string>>(all.map((facet) => [facet, new Map()]));
  for (const [key, value] of entries) {
    const facet = facetOf(key);
    if (facet !== undefined) split.get(facet)?.set(key, value);
  }
  return split;
}

/** Returns the differences by facet, for the facets that both sides have. */
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

/** Returns every key that differs: a change in one facet may follow from a change in another. */
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

/**
 * Returns the fingerprint of the portable facets, without host-only entries and secrets. `digest` returns hex
 * SHA-256.
 */
export function portableFingerprint(entries: Entries, digest: (text: string) => string): string {
  return fingerprint(
    formatBody(new Map([...withoutHostEntries(entries)].filter(([key]) => portable(key)))),
    digest,
  );
}

/**
 * Returns the facets that this observation settled. A facet with nothing to read is settled, too, and has no
 * entries.
 */
export function observedFacets(observation: Observation): readonly Facet[] {
  return facets.filter((facet) => ['ok', 'absent'].includes(observation[facet].status));
}

/**
 * Returns a function that reports whether this observation left a key open, so that its absence proves
 * nothing.
 */
export function isUnsettled(observation: Observation): (key: string) => boolean {
  return matcher(
    facets.flatMap((facet) => {
      const outcome = observation[facet];
      return outcome.status === 'ok' ? (outcome.unsettled ?? []) : [];
    }),
  );
}

/**
 * Keys that the project's own files give. `modules.*` does not cover them, because they are known even if the
 * build list is incomplete. An observation that lacks one lists it by name.
 */
const projectKeys = new Set(['go_mod', 'go_work', 'main_module', 'vendor'].map((name) => `modules.${name}`));

/** Returns a function that reports whether a key is in `open`, or below a key there that ends in `*`. */
function matcher(open: readonly string[]): (key: string) => boolean {
  if (open.length === 0) return () => false;
  const keys = new Set(open);
  const prefixes = open.filter((key) => key.endsWith('*')).map((key) => key.slice(0, -1));
  return (key) =>
    keys.has(key) || (!projectKeys.has(key) && prefixes.some((prefix) => key.startsWith(prefix)));
}

/**
 * The comparable part of two snapshots, by facet. A key that one side left open and does not have is on
 * neither side.
 */
export interface Comparable {
  readonly before: ReadonlyMap<Facet, Entries>;
  readonly after: ReadonlyMap<Facet, Entries>;
}

/** Returns the entries of an earlier snapshot and of this observation that can be compared. */
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

/** Returns environment entries as they are compared: without differences of spelling, defaults or hashes. */
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

/**
 * Returns the key of the toolchain digest if only one side has it: the digest is not always computed, so its
 * absence proves nothing.
 */
function loneDigest(old: Entries, now: Entries): string | undefined {
  return old.has(digestKey) === now.has(digestKey) ? undefined : digestKey;
}

/**
 * Returns a function that reports whether an observation compared a key with the baseline. If it was not
 * compared, its not differing proves nothing.
 */
export function isComparedIn({ facets: seen, entries }: TargetState): (key: string) => boolean {
  const open = new Map(Object.values(seen).map((one) => [one.facet, matcher(one.unsettled ?? [])]));
  return (key) => {
    const facet = facetOf(key);
    if (facet === undefined || seen[facet]?.drift === undefined) return false;
    return entries.has(key) || (key !== digestKey && open.get(facet)?.(key) === false);
  };
}
