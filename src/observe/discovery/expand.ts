/**
 * What patterns find on this host. Bounded, whatever the tree is: how it is looked through is walk.ts, and what was observed comes first
 * (known-directories.ts). What is left out is said.
 */
import path from 'node:path';
import { shownName } from '../../host/byte-names.ts';
import { type Credentials, credentialsOfUser } from '../../host/credentials.ts';
import { realPathOf } from '../../host/files.ts';
import { rightsOfPath } from '../../host/path-owner.ts';
import { everyName } from '../../host/watch.ts';
import type { Expansion, FoundPath, Incomplete, TargetEntry } from './entries.ts';
import { isAbsent, readKnown, saveKnown } from './known-directories.ts';
import type { PathPattern } from './pattern.ts';
import { createShared, type Here, lookThrough, type Shared, type Walk } from './walk.ts';

/** Directories that are watched for what comes and goes; of the others the periodic look tells. */
const watchLimit = 500;
/** All patterns together are looked through for so long, ms, each for its part of what is left: less than what the look may take as a whole. */
const lookMs = 20_000;
/** The same where only what was observed is looked at: the go that a pattern finds belong to it. */
const knownMs = 3_000;

/** The rights by which a fixed directory is read: those of nobody where the way to it cannot be seen. */
function rightsOf({ rights }: Shared, directory: string): Credentials {
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

/** What one pattern finds, sorted; `isLate` is undefined where nothing but `known` is looked at. */
function expandPattern(
  shared: Shared,
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
  // The fixed part is the operator's: its links are followed, once.
  const real = realPathOf({ root: '/', path: pattern.fixed });
  if (real === undefined) {
    walk.watch.push(pattern.fixed);
    if (!isAbsent(pattern.fixed)) saveKnown(walk, known);
  } else {
    const top: Here = { path: pattern.fixed, real, below: [], who: rightsOf(shared, real), level: 0, uid: 0 };
    readKnown(walk, top, known);
    if (isLate !== undefined) lookThrough(walk, top);
  }
  const { incomplete, watch, gone } = walk;
  const found = [...walk.found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return { found, incomplete, watch, gone };
}

function literal(file: string): FoundPath {
  return { path: file, real: file, below: file.split('/').filter(Boolean).map(shownName) };
}

/** What was found for the entries, in their order, and the files whose change may change it. */
export interface Expanded {
  readonly expansions: readonly Expansion[];
  readonly watch: readonly string[];
}

/** Of so much time each of so many patterns gets an equal part, and what others left of theirs. */
function timeFor(patterns: number, ms: number, clock: () => number): () => () => boolean {
  const ends = clock() + ms;
  let left = patterns;
  return () => {
    const now = clock();
    const end = now + (ends - now) / Math.max(1, left--);
    return () => clock() > end;
  };
}

/** How entries are expanded. */
export interface Expanding {
  /** Directories that come first. */
  readonly known?: readonly string[];
  /** Nothing else is looked at, apart from what finds go. */
  readonly knownOnly?: boolean;
  /** Tells how much time has passed, ms. */
  readonly clock?: () => number;
}

/**
 * Expands entries. `isKnown` says whether a directory that lost its go.mod has a baseline under a name that
 * the entry gives it: then it stays, and is compared with what it was (decision 0052).
 */
export function expandEntries(
  entries: readonly TargetEntry[],
  isKnown: (entry: TargetEntry, found: FoundPath, gos: readonly FoundPath[]) => boolean,
  { known = [], knownOnly = false, clock = () => performance.now() }: Expanding = {},
): Expanded {
  const shared = createShared();
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

/** As many as may be watched: directories whose names matter first, for there what is new appears; they come in the turns of their owners. */
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
