/**
 * The result of one search for targets: which targets there are, what is missing, and the log lines about
 * that. Pure.
 */
import type { TargetSettings } from '../target.ts';
import {
  chooseTargets,
  type Expansion,
  hiddenTargetsIn,
  type Incomplete,
  type IncompleteReason,
  nothingFound,
  type Skipped,
  type TargetEntry,
  type TargetPrecedence,
} from './entries.ts';

/** The result of one search. It comes into force as a whole or not at all. */
export interface DiscoveryPass {
  readonly targets: readonly TargetSettings[];
  readonly skipped: readonly Skipped[];
  readonly incomplete: readonly Incomplete[];
  /** Patterns that match nothing although everything below their fixed directory was searched. */
  readonly empty: readonly string[];
  /** Reports whether the search cannot tell if a workspace exists, or which targets it has. */
  readonly isHidden: (workspace: string) => boolean;
  /** Uid of the owner of each workspace found. */
  readonly owners: ReadonlyMap<string, number | undefined>;
  /** When the search ended, ms since the epoch; undefined if it was not completed. */
  readonly ended?: number;
}

/** Returns the result before any search: the targets that the configuration names. */
export function namedTargetsOnly(named: readonly TargetSettings[]): DiscoveryPass {
  return { targets: named, skipped: [], incomplete: [], empty: [], isHidden: () => true, owners: new Map() };
}

/** What to search for. */
export interface SearchRequest {
  readonly named: readonly TargetSettings[];
  readonly entries: readonly TargetEntry[];
  readonly limit: number;
}

/**
 * Returns the directories that could not be searched, once per reason: several patterns, or parts of one, may
 * reach the same directory.
 */
function eachOnce(expansions: readonly Expansion[]): readonly Incomplete[] {
  const all = expansions.flatMap(({ incomplete }) => incomplete);
  return [...new Map(all.map((one) => [`${one.reason} ${one.directory}`, one])).values()];
}

/** Returns the patterns of an entry that match nothing. */
function emptyOf(
  { workspace, go = [] }: TargetEntry,
  { workspaces, gos, incomplete }: Expansion,
): readonly string[] {
  if (incomplete.length > 0) return [];
  const missing = [...(workspaces.length === 0 ? [workspace] : []), ...(gos.length === 0 ? go : [])];
  return missing.flatMap((one) => (typeof one === 'string' ? [] : [one.text]));
}

/** Makes the result of a search from the finder's answer for the given entries. */
export function passOf(
  { named, entries, limit }: SearchRequest,
  expansions: readonly Expansion[],
  holders: TargetPrecedence,
  digest: (text: string) => string,
): DiscoveryPass {
  const each = entries.map((entry, index) => [entry, expansions[index] ?? nothingFound] as const);
  const found = expansions.flatMap(({ workspaces }) => workspaces);
  return {
    ...chooseTargets(named, each, limit, holders, digest),
    incomplete: eachOnce(expansions),
    empty: [...new Set(each.flatMap(([entry, expansion]) => emptyOf(entry, expansion)))],
    isHidden: hiddenTargetsIn(expansions),
    owners: new Map(found.map(({ path, owner }) => [path, owner])),
  };
}

/** Most names in one line of the log. */
const mostNamed = 5;

/**
 * Returns one log line for each reason why targets may be missing; `failed` is why the last search failed.
 */
export function missingTargetLines(
  { skipped, incomplete, empty }: DiscoveryPass,
  failed: string | undefined,
  limit: number,
): readonly { readonly message: string; readonly what: string }[] {
  const named = (reason: Skipped['reason']) =>
    skipped.filter((one) => one.reason === reason).map(({ name, workspace }) => `${name} (${workspace})`);
  const directories = (reason: IncompleteReason) =>
    incomplete.filter((one) => one.reason === reason).map(({ directory }) => directory);
  const lines = [
    [`found more than target_limit ${limit}`, named('limit')],
    ['another target has the same name', named('name')],
    ['a pattern matches nothing (symlinks are not followed)', empty],
    ['a directory cannot be read', directories('unreadable')],
    ['a directory has too many names to search', directories('names')],
    ['the search failed', failed === undefined ? [] : [failed]],
  ] as const;
  return lines
    .filter(([, what]) => what.length > 0)
    .map(([why, what]) => ({
      message: `targets may be missing: ${why}`,
      what:
        what.slice(0, mostNamed).join(', ') +
        (what.length > mostNamed ? `, and ${what.length - mostNamed} more` : ''),
    }));
}
