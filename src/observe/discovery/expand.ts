/**
 * Finds the paths that match patterns on this host. The work is bounded for any tree: walk.ts limits the
 * search, and observed workspaces are examined first (known-directories.ts). Whatever is left out is
 * reported.
 */
import path from 'node:path';
import { shownName } from '../../host/byte-names.ts';
import { type Credentials, credentialsOfUser } from '../../host/credentials.ts';
import { realPathOf } from '../../host/files.ts';
import { rightsOfPath } from '../../host/path-owner.ts';
import { everyName } from '../../host/watch.ts';
import type { Expansion, FoundPath, Incomplete, TargetEntry } from './entries.ts';
import { isAbsent, takeAllKnown, takeKnown } from './known-directories.ts';
import type { PathPattern } from './pattern.ts';
import { createSearchCache, type SearchCache, searchTree, type Visited, type Walk } from './walk.ts';

/** Most directories watched for new and removed entries; the periodic search covers the others. */
const watchLimit = 500;
/**
 * Time for searching all patterns, ms, less than the limit for the whole search. Each pattern gets its part
 * of what remains.
 */
const lookMs = 20_000;
/**
 * As `lookMs`, when only observed workspaces are examined; includes the search for the `go` commands of
 * patterns.
 */
const knownMs = 3_000;

/**
 * Returns the credentials with which a fixed directory is read: those of nobody if the path to it cannot be
 * examined.
 */
function rightsOf({ rights }: SearchCache, directory: string): Credentials {
  let who = rights.get(directory);
  if (who !== undefined) return who;
  try {
    who = rightsOfPath(directory);
  } catch {
    who = credentialsOfUser(-1);
  }
  rights.set(directory, who);
  return who;
}

interface Found {
  readonly found: readonly FoundPath[];
  readonly incomplete: readonly Incomplete[];
  readonly watch: readonly string[];
  readonly gone: readonly string[];
}

/** Returns the sorted matches of one pattern; with `isLate` undefined only `known` is examined. */
function expandPattern(
  shared: SearchCache,
  pattern: PathPattern,
  wants: Walk['wants'],
  isLate: (() => boolean) | undefined,
  known: readonly string[] = [],
  isKnown: Walk['isKnown'] = () => false,
): Found {
  const walk: Walk = {
    shared,
    isLate: isLate ?? (() => false),
    pattern,
    wants,
    isKnown,
    found: new Map(),
    incomplete: [],
    watch: [],
    gone: [],
    owners: new Map(),
  };
  // The fixed part is written by the operator, so its symlinks are followed, once.
  const real = realPathOf({ root: '/', path: pattern.fixed });
  if (real === undefined) {
    walk.watch.push(pattern.fixed);
    if (!isAbsent(pattern.fixed)) takeAllKnown(walk, known);
  } else {
    const top: Visited = {
      path: pattern.fixed,
      real,
      below: [],
      who: rightsOf(shared, real),
      level: 0,
      uid: 0,
    };
    takeKnown(walk, top, known);
    if (isLate !== undefined) searchTree(walk, top);
  }
  const { incomplete, watch, gone } = walk;
  const found = [...walk.found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return { found, incomplete, watch, gone };
}

function literal(file: string): FoundPath {
  return { path: file, real: file, below: file.split('/').filter(Boolean).map(shownName) };
}

/** What was found for each entry, in order, and the files to watch. */
export interface Expanded {
  readonly expansions: readonly Expansion[];
  readonly watch: readonly string[];
}

/**
 * Divides the time among patterns: each gets an equal part of what the patterns before it left. The result
 * starts the turn of the next pattern, and returns whether its time is used up.
 */
function timeFor(patterns: number, ms: number, clock: () => number): () => () => boolean {
  const ends = clock() + ms;
  let left = patterns;
  return () => {
    const now = clock();
    const end = now + (ends - now) / Math.max(1, left--);
    return () => clock() > end;
  };
}

/** Options of an expansion. */
export interface ExpandOptions {
  /** Directories to examine first. */
  readonly known?: readonly string[];
  /** Examine nothing else, except for the patterns of `go` commands. */
  readonly knownOnly?: boolean;
  /** Returns a time in ms. */
  readonly clock?: () => number;
}

/**
 * Expands entries. `isKnown` reports whether a directory that lost its go.mod has a baseline under a name of
 * the entry: such a directory remains a target, and is compared with its baseline (decision 0052).
 */
export function expandEntries(
  entries: readonly TargetEntry[],
  isKnown: (entry: TargetEntry, found: FoundPath, gos: readonly FoundPath[]) => boolean,
  { known = [], knownOnly = false, clock = () => performance.now() }: ExpandOptions = {},
): Expanded {
  const shared = createSearchCache();
  const watch: string[] = [];
  const patterns = entries
    .flatMap(({ workspace, go = [] }) => [workspace, ...go])
    .filter((one) => typeof one !== 'string');
  const turn = timeFor(patterns.length, knownOnly ? knownMs : lookMs, clock);
  const expansions = entries.map((entry): Expansion => {
    const incomplete: Incomplete[] = [];
    const gone: string[] = [];
    const keep = (one: Found) => {
      watch.push(...one.watch);
      incomplete.push(...one.incomplete);
      gone.push(...one.gone);
      return one.found;
    };
    const gos = (entry.go ?? []).flatMap((go) =>
      typeof go === 'string' ? [literal(go)] : keep(expandPattern(shared, go, 'go', turn())),
    );
    const isGoHidden = incomplete.length > 0;
    const each = [...new Map(gos.map((go) => [go.path, go])).values()];
    const hasBaseline = (found: FoundPath) => isKnown(entry, found, each);
    const workspaces =
      typeof entry.workspace === 'string'
        ? [{ ...literal(entry.workspace), below: [] }]
        : keep(
            expandPattern(
              shared,
              entry.workspace,
              'workspace',
              knownOnly ? undefined : turn(),
              known,
              hasBaseline,
            ),
          );
    return { workspaces, gos: each, incomplete, gone, ...(isGoHidden ? { isGoHidden } : {}) };
  });
  return { expansions, watch: watchable(watch) };
}

/**
 * Selects the files to watch, up to the limit. Directories watched for all names come first, since new
 * targets appear there; they are in the order of the owners' turns.
 */
function watchable(files: readonly string[]): readonly string[] {
  const every = (file: string) => (path.basename(file) === everyName ? 0 : 1);
  const directories = new Set<string>();
  return [...files]
    .sort((a, b) => every(a) - every(b))
    .filter((file) => {
      directories.add(path.dirname(file));
      return directories.size <= watchLimit;
    });
}
