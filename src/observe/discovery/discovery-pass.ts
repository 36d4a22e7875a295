/** What one look through the trees says: which targets there are, what is left out, and how that is told. Pure. */
import type { TargetSettings } from '../target.ts';
import {
  chooseTargets,
  type Expansion,
  type Holders,
  hiddenTargetsIn,
  type Incomplete,
  type IncompleteReason,
  nothingFound,
  type Skipped,
  type TargetEntry,
} from './entries.ts';

/** A look: all that it says is taken at once, or nothing of it. */
export interface DiscoveryPass {
  readonly targets: readonly TargetSettings[];
  readonly skipped: readonly Skipped[];
  readonly incomplete: readonly Incomplete[];
  /** Patterns that find nothing, though all below them was looked at. */
  readonly empty: readonly string[];
  /** Whether it cannot tell if a workspace is there, or which targets it has. */
  readonly isHidden: (workspace: string) => boolean;
  /** Who owns the workspaces that it found. */
  readonly owners: ReadonlyMap<string, number | undefined>;
  /** When everything was looked through, ms since the epoch; undefined where it was not. */
  readonly ended?: number;
}

/** What is known before anything was looked at: the targets that the configuration names. */
export function noPass(named: readonly TargetSettings[]): DiscoveryPass {
  return { targets: named, skipped: [], incomplete: [], empty: [], isHidden: () => true, owners: new Map() };
}

/** What is looked for. */
export interface Wanted {
  readonly named: readonly TargetSettings[];
  readonly entries: readonly TargetEntry[];
  readonly limit: number;
}

/** What could not be looked through, each directory once a reason: several parts of a pattern, or several patterns, come to the same one. */
function eachOnce(expansions: readonly Expansion[]): readonly Incomplete[] {
  const all = expansions.flatMap(({ incomplete }) => incomplete);
  return [...new Map(all.map((one) => [`${one.reason} ${one.directory}`, one])).values()];
}

/** The patterns of an entry that find nothing. */
function emptyOf(
  { workspace, go = [] }: TargetEntry,
  { workspaces, gos, incomplete }: Expansion,
): readonly string[] {
  if (incomplete.length > 0) return [];
  const missing = [...(workspaces.length === 0 ? [workspace] : []), ...(gos.length === 0 ? go : [])];
  return missing.flatMap((one) => (typeof one === 'string' ? [] : [one.text]));
}

/** What a finder's answer for those entries says. */
export function passOf(
  { named, entries, limit }: Wanted,
  expansions: readonly Expansion[],
  holders: Holders,
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

/** What is named in one line of the log. */
const mostNamed = 5;

/** A line of the log for each reason for which something is left out; `failed` says why the last look gave no answer. */
export function leftOut(
  { skipped, incomplete, empty }: DiscoveryPass,
  failed: string | undefined,
  limit: number,
): readonly { readonly message: string; readonly what: string }[] {
  const named = (reason: Skipped['reason']) =>
    skipped.filter((one) => one.reason === reason).map(({ name, workspace }) => `${name} (${workspace})`);
  const directories = (reason: IncompleteReason) =>
    incomplete.filter((one) => one.reason === reason).map(({ directory }) => directory);
  const lines = [
    [`there are more than target_limit ${limit}`, named('limit')],
    ['their name is taken', named('name')],
    ['a pattern finds nothing, and follows no link', empty],
    ['a directory cannot be read', directories('unreadable')],
    ['a directory has more names than are looked at', directories('names')],
    ['looking for them failed', failed === undefined ? [] : [failed]],
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
