/**
 * Configuration entries whose targets are yet to be found, and the choice of targets from what was found.
 * Pure.
 */
import { isDeepStrictEqual } from 'node:util';
import type { TargetSettings } from '../target.ts';
import { nameOfParts, partsOfGo } from './names.ts';
import { isPattern, type PathPattern } from './pattern.ts';

/** A configuration entry for any number of targets. */
export interface TargetEntry {
  /** Prefix of the names of its targets; `''` for an entry without a name. */
  readonly label: string;
  /** A pattern over directories, or one directory; `''` for the target `host`. */
  readonly workspace: PathPattern | string;
  /**
   * Several `go` commands, as paths or patterns: each is combined with each workspace. Undefined if
   * `settings` has a single one, or none.
   */
  readonly go?: readonly (PathPattern | string)[];
  readonly settings: Omit<TargetSettings, 'name' | 'workspace'>;
}

/** A directory, or a `go`, that was found. */
export interface FoundPath {
  readonly path: string;
  /** Its real path; nothing below the fixed part was a symlink. */
  readonly real: string;
  /** The components below the fixed part, as text. */
  readonly below: readonly string[];
  /** Uid of its owner, if it was determined. */
  readonly owner?: number;
  /** It was observed before and cannot be examined now, so its earlier properties are kept. */
  readonly kept?: true;
}

/**
 * Why part of a tree was not searched: it is unreadable, it has too many names (for the limit or the time),
 * or the search failed.
 */
export const incompleteReasons = ['unreadable', 'names', 'failed'] as const;
export type IncompleteReason = (typeof incompleteReasons)[number];

/** A directory that was not searched. */
export interface Incomplete {
  readonly directory: string;
  readonly reason: IncompleteReason;
}

/** What was found for one entry. */
export interface Expansion {
  readonly workspaces: readonly FoundPath[];
  readonly gos: readonly FoundPath[];
  /** Directories below which something may be missing, and why. */
  readonly incomplete: readonly Incomplete[];
  /**
   * Workspaces that were observed and are targets no more. Each was examined itself, whatever is missing
   * around it.
   */
  readonly gone?: readonly string[];
  /** A `go` of the entry may exist that could not be examined, so each workspace may have more targets. */
  readonly isGoHidden?: true;
}

export const nothingFound: Expansion = { workspaces: [], gos: [], incomplete: [] };

/** A target that was found but is not observed. */
export interface Skipped {
  readonly name: string;
  readonly workspace: string;
  readonly reason: 'limit' | 'name';
}

export interface Choice {
  readonly targets: readonly TargetSettings[];
  readonly skipped: readonly Skipped[];
}

type Digest = (text: string) => string;

const lastPart = (file: string) => file.split('/').filter(Boolean).at(-1) ?? 'root';

/**
 * Returns the `go` commands of an entry with the name parts that distinguish them; if two would share a short
 * name, the first keeps it.
 */
function namedGos(gos: readonly FoundPath[], digest: Digest) {
  const used = new Set<string>();
  return gos.map((go) => {
    const parts = partsOfGo(go.below);
    const short = nameOfParts(parts, digest);
    const taken = used.has(short);
    used.add(short);
    return { path: go.path, parts: taken ? [...parts, go.path] : parts };
  });
}

/** Returns the names of the targets of a workspace: one for each `go` if the entry has several. */
export function namesFor(
  { label, workspace }: Pick<TargetEntry, 'label' | 'workspace'>,
  found: FoundPath,
  gos: readonly FoundPath[] | undefined,
  digest: Digest,
): readonly { readonly name: string; readonly go?: string }[] {
  const own = label === '' ? [] : [label];
  const isFound = typeof workspace !== 'string';
  const alone = isFound && found.below.length === 0 && label === '' ? [lastPart(found.path)] : [];
  const start = [...own, ...alone, ...(isFound ? found.below : [])];
  if (gos === undefined) return [{ name: nameOfParts(start, digest) }];
  return namedGos(gos, digest).map(({ path, parts }) => ({
    name: nameOfParts([...start, ...parts], digest),
    go: path,
  }));
}

function targetsOf(
  entry: TargetEntry,
  { workspaces, gos }: Expansion,
  digest: Digest,
): readonly TargetSettings[] {
  return workspaces.flatMap((found) =>
    namesFor(entry, found, entry.go === undefined ? undefined : gos, digest).map(({ name, go }) => ({
      ...entry.settings,
      name,
      workspace: found.path,
      ...(typeof entry.workspace === 'string' ? {} : { found: found.real }),
      ...(go === undefined ? {} : { go }),
    })),
  );
}

/**
 * Returns a predicate that reports whether the targets of a workspace are unknown: the workspace is hidden
 * ({@link hiddenIn}), or a `go` that would add a target to it may be hidden. For a stored target only the
 * workspace is known, not its `go`.
 */
export function hiddenTargetsIn(expansions: readonly Expansion[]): (workspace: string) => boolean {
  const isHidden = hiddenIn(expansions);
  const halfKnown = expansions.filter((one) => one.isGoHidden).flatMap((one) => one.workspaces);
  const open = new Set(halfKnown.map((one) => one.path));
  return (workspace) => isHidden(workspace) || open.has(workspace);
}

/**
 * Returns a predicate that reports whether a path may exist unseen: it is, or lies below, a directory that
 * was not searched, and was not examined itself. Each check looks up the path and its parents, since there
 * may be thousands of directories.
 */
function hiddenIn(expansions: readonly Expansion[]): (file: string) => boolean {
  const directories = new Set(expansions.flatMap(({ incomplete }) => incomplete).map((one) => one.directory));
  const gone = new Set(expansions.flatMap((one) => one.gone ?? []));
  return (workspace) => {
    if (gone.has(workspace)) return false;
    for (let here = workspace; here !== ''; here = here.slice(0, here.lastIndexOf('/')))
      if (directories.has(here)) return true;
    return directories.has('/') && workspace.startsWith('/');
  };
}

/** Returns the targets that were found before but not examined this time: they may still exist. */
function possiblyHidden(
  now: readonly TargetSettings[],
  entries: readonly (readonly [TargetEntry, Expansion])[],
): readonly TargetSettings[] {
  const expansions = entries.map(([, expansion]) => expansion);
  const isHidden = hiddenIn(expansions);
  const gone = new Set(expansions.flatMap((one) => one.gone ?? []));
  // A hidden `go` hides the targets that it makes with existing workspaces.
  const isUnseen = ({ workspace, go }: TargetSettings) =>
    isHidden(workspace) || (go !== undefined && !gone.has(workspace) && isHidden(go));
  return now.filter((one) => one.found !== undefined && isUnseen(one));
}

/** Returns the targets; those that could not be examined keep the real path seen earlier. */
function withEarlierRealPaths(
  seen: readonly TargetSettings[],
  entries: readonly (readonly [TargetEntry, Expansion])[],
  now: readonly TargetSettings[],
): readonly TargetSettings[] {
  const all = entries.flatMap(([, { workspaces }]) => workspaces);
  const kept = new Set(all.filter((one) => one.kept).map((one) => one.path));
  if (kept.size === 0) return seen;
  const before = new Map(now.map((one) => [keyOf(one), one.found]));
  return seen.map((one) => {
    const found = kept.has(one.workspace) ? before.get(keyOf(one)) : undefined;
    return found === undefined ? one : { ...one, found };
  });
}

/** Precedence among targets, if there is room or a name for fewer than were found. */
export interface TargetPrecedence {
  /** The targets that are observed. */
  readonly now: readonly TargetSettings[];
  /**
   * Rank of a target that is not observed, by what is stored of it: larger ranks come first, 0 if nothing is
   * stored. Called only if the rank matters.
   */
  readonly stored: (target: TargetSettings) => number;
}

/** The same name in another workspace is another target. */
const keyOf = ({ name, workspace }: TargetSettings) => `${name}\0${workspace}`;

/**
 * Chooses the targets to observe. Targets named in the configuration are not found again and keep their
 * names; of the others at most `limit` are chosen. Observed targets come first, then those with stored data,
 * then new ones, each group in the order in which they were found. So a newcomer never displaces a target,
 * neither by an earlier entry nor after a restart.
 */
export function chooseTargets(
  named: readonly TargetSettings[],
  entries: readonly (readonly [TargetEntry, Expansion])[],
  limit: number,
  { now, stored }: TargetPrecedence,
  digest: Digest,
): Choice {
  const names = new Set(named.map(({ name }) => name));
  const configured = new Set(named.map(({ workspace }) => workspace));
  const observed = new Set(now.map(keyOf));
  const place = (one: TargetSettings) => (observed.has(keyOf(one)) ? Number.POSITIVE_INFINITY : stored(one));
  const skipped: Skipped[] = [];
  const skip = ({ name, workspace }: TargetSettings, reason: Skipped['reason']) =>
    skipped.push({ name, workspace, reason });
  const expanded = entries.flatMap(([entry, expansion]) => targetsOf(entry, expansion, digest));
  const seen = withEarlierRealPaths(expanded, entries, now);
  const known = new Set(seen.map(keyOf));
  const holders = new Map<string, TargetSettings>();
  for (const target of [...seen, ...possiblyHidden(now, entries).filter((one) => !known.has(keyOf(one)))]) {
    const { name, workspace, found } = target;
    if (found !== undefined && configured.has(workspace)) continue;
    const holder = holders.get(name);
    if (names.has(name)) skip(target, 'name');
    else if (holder === undefined) holders.set(name, target);
    else if (keyOf(holder) !== keyOf(target) && place(target) > place(holder)) {
      skip(holder, 'name');
      holders.set(name, target);
    } else skip(target, 'name');
  }
  const found = [...holders.values()];
  const kept = found.length <= limit ? found : firstOf(found, limit, place);
  const keeps = new Set(kept);
  for (const one of found) if (!keeps.has(one)) skip(one, 'limit');
  return { targets: [...named, ...found.filter((one) => keeps.has(one))], skipped };
}

/** Returns the `count` elements of highest rank; elements of equal rank keep their order. */
function firstOf<T>(list: readonly T[], count: number, place: (one: T) => number): readonly T[] {
  const places = new Map(list.map((one) => [one, place(one)] as const));
  // Compared instead of subtracted, since the difference of two infinities is NaN.
  const isBefore = (a: T, b: T) => Number((places.get(a) ?? 0) > (places.get(b) ?? 0));
  return list.toSorted((a, b) => isBefore(b, a) - isBefore(a, b)).slice(0, count);
}

/** Returns the targets added and removed between two lists; a target with changed settings is both. */
export function compareTargets(
  before: readonly TargetSettings[],
  after: readonly TargetSettings[],
): { readonly came: readonly TargetSettings[]; readonly went: readonly TargetSettings[] } {
  const old = new Map(before.map((one) => [keyOf(one), one]));
  const next = new Map(after.map((one) => [keyOf(one), one]));
  return {
    came: after.filter((one) => !isDeepStrictEqual(old.get(keyOf(one)), one)),
    went: before.filter((one) => !isDeepStrictEqual(next.get(keyOf(one)), one)),
  };
}

/** Reports whether an entry with these paths is one whose targets are yet to be found. */
export function findsTargets(workspace: string, go: string | readonly string[] | undefined): boolean {
  return isPattern(workspace) || Array.isArray(go) || (typeof go === 'string' && isPattern(go));
}
