/** What the configuration says of targets that are yet to be found, and which targets that makes of what was found. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { TargetSettings } from '../target.ts';
import { nameOfParts, partsOfGo } from './names.ts';
import { isPattern, type PathPattern } from './pattern.ts';

/** One entry of the configuration, for any number of targets. */
export interface TargetEntry {
  /** Begins the names of its targets; `''` for one without a name. */
  readonly label: string;
  /** A pattern over directories, or one directory; `''` for the host. */
  readonly workspace: PathPattern | string;
  /** Several go, each a path or a pattern: every one with every workspace. Undefined where `settings` has the one, or none. */
  readonly go?: readonly (PathPattern | string)[];
  readonly settings: Omit<TargetSettings, 'name' | 'workspace'>;
}

/** A directory, or a go, that was found. */
export interface FoundPath {
  readonly path: string;
  /** Where it truly is: nothing below the fixed part was a link. */
  readonly real: string;
  /** The components below the fixed part, in text. */
  readonly below: readonly string[];
  /** Uid of who owns it, where that was asked. */
  readonly owner?: number;
  /** It was observed, and cannot be looked at: it is taken for what it was. */
  readonly kept?: true;
}

/** Why a part of a tree was not looked through: it cannot be read, it has more names than are looked at (or than can be in time), or nothing answered at all. */
export const incompleteReasons = ['unreadable', 'names', 'failed'] as const;
export type IncompleteReason = (typeof incompleteReasons)[number];

/** A directory that was not looked through. */
export interface Incomplete {
  readonly directory: string;
  readonly reason: IncompleteReason;
}

/** What was found for one entry. */
export interface Expansion {
  readonly workspaces: readonly FoundPath[];
  readonly gos: readonly FoundPath[];
  /** Directories below which something was left out, and why. */
  readonly incomplete: readonly Incomplete[];
  /** Workspaces that were observed and are none any more: each was looked at, whatever is left out around it. */
  readonly gone?: readonly string[];
  /** Some go of the entry may be there that could not be looked at: each of its workspaces may have more targets. */
  readonly isGoHidden?: true;
}

export const nothingFound: Expansion = { workspaces: [], gos: [], incomplete: [] };

/** A target that was found and is not observed. */
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

/** The go of an entry with what tells each apart; the first keeps a short name that another one would have too. */
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

/** The names that an entry gives to the targets of a workspace: one for each go where it has several. */
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
 * Asks whether nobody knows which targets a workspace has: it is hidden ({@link hiddenIn}), or a go that would make another target of it may be. Of a
 * target that is stored its workspace alone is known, and not its go.
 */
export function hiddenTargetsIn(expansions: readonly Expansion[]): (workspace: string) => boolean {
  const isHidden = hiddenIn(expansions);
  const halfKnown = expansions.filter((one) => one.isGoHidden).flatMap((one) => one.workspaces);
  const open = new Set(halfKnown.map((one) => one.path));
  return (workspace) => isHidden(workspace) || open.has(workspace);
}

/**
 * Asks whether nobody knows if something is there: it is, or lies below, a directory that was not looked through, and was not looked at by itself.
 * There may be thousands: each is looked up once.
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

/** Those that were found before and were not looked for this time: nobody knows that they are gone. */
function unseen(
  now: readonly TargetSettings[],
  entries: readonly (readonly [TargetEntry, Expansion])[],
): readonly TargetSettings[] {
  const expansions = entries.map(([, expansion]) => expansion);
  const isHidden = hiddenIn(expansions);
  const gone = new Set(expansions.flatMap((one) => one.gone ?? []));
  // A go that cannot be looked at hides the targets that it makes of workspaces that are there.
  const isUnseen = ({ workspace, go }: TargetSettings) =>
    isHidden(workspace) || (go !== undefined && !gone.has(workspace) && isHidden(go));
  return now.filter((one) => one.found !== undefined && isUnseen(one));
}

/** Where those truly are that could not be looked at: as it was seen when they were. */
function asTheyWere(
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

/** Who comes first where there is room, or a name, for fewer than were found. */
export interface Holders {
  /** Those that are observed. */
  readonly now: readonly TargetSettings[];
  /** The place of one that is not, by what is stored of it: larger ones come first, 0 for one of which nothing is known. Asked only where it decides. */
  readonly stored: (target: TargetSettings) => number;
}

/** The same name in another workspace is another target. */
const keyOf = ({ name, workspace }: TargetSettings) => `${name}\0${workspace}`;

/**
 * Which targets are observed of all that was found. Those that the configuration names are not found again and keep their names; of the others
 * at most `limit`. Who holds a name or a place keeps it, then come those of which something is stored, then new ones, each as they were found:
 * who comes later turns nobody out, be it with an earlier entry, or after a restart.
 */
export function chooseTargets(
  named: readonly TargetSettings[],
  entries: readonly (readonly [TargetEntry, Expansion])[],
  limit: number,
  { now, stored }: Holders,
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
  const seen = asTheyWere(expanded, entries, now);
  const known = new Set(seen.map(keyOf));
  const holders = new Map<string, TargetSettings>();
  for (const target of [...seen, ...unseen(now, entries).filter((one) => !known.has(keyOf(one)))]) {
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

/** The first of a list by place, in their order among equals. */
function firstOf<T>(list: readonly T[], count: number, place: (one: T) => number): readonly T[] {
  const places = new Map(list.map((one) => [one, place(one)] as const));
  // Equal infinities have no difference.
  const isBefore = (a: T, b: T) => Number((places.get(a) ?? 0) > (places.get(b) ?? 0));
  return list.toSorted((a, b) => isBefore(b, a) - isBefore(a, b)).slice(0, count);
}

/** What came, what went and what stays between two lists of targets; one whose settings are others went and came. */
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

/** Whether an entry of these paths is one for targets that are yet to be found. */
export function findsTargets(workspace: string, go: string | readonly string[] | undefined): boolean {
  return isPattern(workspace) || Array.isArray(go) || (typeof go === 'string' && isPattern(go));
}
