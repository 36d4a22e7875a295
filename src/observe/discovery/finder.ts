/**
 * The part of discovery that accesses directories, for a separate thread: it expands entries when asked, and
 * reports when to ask again.
 */

import { refusals } from '../../host/counted-fs.ts';
import { sha256Hex } from '../../host/digest.ts';
import { watchFiles } from '../../host/watch.ts';
import { observedAtEnd } from '../../store/gone.ts';
import { hasBaseline } from '../../store/peek.ts';
import { type Expansion, namesFor, type TargetEntry } from './entries.ts';
import { type Expanded, expandEntries } from './expand.ts';

/** What a finder needs; plain data, because it crosses threads. */
export interface FinderSetup {
  readonly entries: readonly TargetEntry[];
  readonly stateDirectory: string;
}

export interface Finder {
  /**
   * Searches everything, the observed workspaces first; expansions in the order of the entries. Throws if the
   * system refused a read, since what could not be read is not gone.
   */
  find(observed: readonly string[]): readonly Expansion[];
  /**
   * As `find`, for only the workspaces that are observed or were when the exporter ended. Fast, because
   * nothing is searched.
   */
  findObserved(observed: readonly string[]): readonly Expansion[];
  close(): void;
}

/** A question to a finder's thread. */
export interface FinderRequest {
  readonly what: 'find' | 'findObserved';
  readonly observed: readonly string[];
}

/** Most workspaces from the last run that are examined by their paths. */
const mostKnown = 10_000;

/** Returns the workspaces that were observed when the exporter ended and have stored data. */
function observedInLastRun(stateDirectory: string): readonly string[] {
  return observedAtEnd(stateDirectory)
    .map(({ workspace }) => workspace)
    .slice(0, mostKnown);
}

/**
 * Expands the entries now. `known` are the workspaces to examine first, by default those observed last. A
 * directory that lost its go.mod remains a target if a baseline is stored under a name of its entry.
 */
export function expandNow(
  { entries, stateDirectory }: FinderSetup,
  known = observedInLastRun(stateDirectory),
  knownOnly = false,
): Expanded {
  return expandEntries(
    entries,
    (entry, found, gos) =>
      namesFor(entry, found, entry.go === undefined ? undefined : gos, sha256Hex).some(({ name }) =>
        hasBaseline(stateDirectory, { name, workspace: found.path }),
      ),
    { known, knownOnly },
  );
}

/** Creates a finder; `changed` is called when targets may have appeared or vanished since the last `find`. */
export function createFinder(setup: FinderSetup, changed: () => void): Finder {
  let announced = false;
  /** Of the workspaces observed last, those that still exist; a vanished one loses its precedence. */
  let last: readonly string[] | undefined;
  const watcher = watchFiles(() => {
    if (!announced) changed();
    announced = true;
  });
  const look = (observed: readonly string[], knownOnly: boolean): Expanded => {
    const refused = refusals();
    last ??= observedInLastRun(setup.stateDirectory);
    const expanded = expandNow(setup, [...new Set([...observed, ...last])], knownOnly);
    const why = refused();
    if (why !== undefined) throw new Error(why);
    return expanded;
  };
  return {
    findObserved: (observed) => look(observed, true).expansions,
    find(observed) {
      announced = false;
      const { expansions, watch } = look(observed, false);
      const found = new Set(expansions.flatMap(({ workspaces }) => workspaces.map((one) => one.path)));
      last = last?.filter((one) => found.has(one));
      // No event announces what appeared between the search and a new watch.
      if (watcher.set(watch) > 0) {
        announced = true;
        changed();
      }
      return expansions;
    },
    close: () => watcher.close(),
  };
}
