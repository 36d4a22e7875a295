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
}

/** Why a part of a tree was not looked through: it cannot be read, it has too many names, or nothing answered at all. */
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

/** Those that were found before and were not looked for this time: nobody knows that they are gone. */
function unseen(
  now: readonly TargetSettings[],
  entries: readonly (readonly [TargetEntry, Expansion])[],
): readonly TargetSettings[] {
  const directories = entries.flatMap(([, { incomplete }]) => incomplete.map(({ directory }) => directory));
  if (directories.length === 0) return [];
  return now.filter(
    ({ found, workspace }) =>
      found !== undefined &&
      directories.some((one) => workspace === one || workspace.startsWith(one === '/' ? one : `${one}/`)),
  );
}

/**
 * Which targets are observed of all that was found. Those that the configuration names are not found again and keep their names; of the others
 * at most `limit`, those that are observed already (`now`) before new ones: who comes later turns nobody out.
 */
export function chooseTargets(
  named: readonly TargetSettings[],
  entries: readonly (readonly [TargetEntry, Expansion])[],
  limit: number,
  now: readonly TargetSettings[],
  digest: Digest,
): Choice {
  const names = new Set(named.map(({ name }) => name));
  const configured = new Set(named.map(({ workspace }) => workspace));
  const skipped: Skipped[] = [];
  const found: TargetSettings[] = [];
  const seen = entries.flatMap(([entry, expansion]) => targetsOf(entry, expansion, digest));
  const known = new Set(seen.map(({ name }) => name));
  for (const target of [...seen, ...unseen(now, entries).filter(({ name }) => !known.has(name))]) {
    const { name, workspace } = target;
    if (target.found !== undefined && configured.has(workspace)) continue;
    if (names.has(name)) skipped.push({ name, workspace, reason: 'name' });
    else found.push(target);
    names.add(name);
  }
  const observed = new Set(now.map(({ name }) => name));
  const before = found.filter(({ name }) => observed.has(name));
  const after = found.filter(({ name }) => !observed.has(name));
  const kept = new Set([...before, ...after].slice(0, limit));
  skipped.push(
    ...found
      .filter((one) => !kept.has(one))
      .map(({ name, workspace }) => ({ name, workspace, reason: 'limit' }) as const),
  );
  return { targets: [...named, ...found.filter((one) => kept.has(one))], skipped };
}

/** What came, what went and what stays between two lists of targets; one whose settings are others went and came. */
export function compareTargets(
  before: readonly TargetSettings[],
  after: readonly TargetSettings[],
): { readonly came: readonly TargetSettings[]; readonly went: readonly TargetSettings[] } {
  const key = ({ name, workspace }: TargetSettings) => `${name}\0${workspace}`;
  const old = new Map(before.map((one) => [key(one), one]));
  const next = new Map(after.map((one) => [key(one), one]));
  return {
    came: after.filter((one) => !isDeepStrictEqual(old.get(key(one)), one)),
    went: before.filter((one) => !isDeepStrictEqual(next.get(key(one)), one)),
  };
}

/** Whether an entry of these paths is one for targets that are yet to be found. */
export function findsTargets(workspace: string, go: string | readonly string[] | undefined): boolean {
  return isPattern(workspace) || Array.isArray(go) || (typeof go === 'string' && isPattern(go));
}
