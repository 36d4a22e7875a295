/** The side of discovery that touches directories, for a thread of its own: it expands entries when asked, and says when it is time to ask again. */

import { refusals } from '../../host/counted-fs.ts';
import { sha256Hex } from '../../host/digest.ts';
import { watchFiles } from '../../host/watch.ts';
import { observedAtEnd } from '../../store/gone.ts';
import { hasBaseline } from '../../store/peek.ts';
import { type Expansion, namesFor, type TargetEntry } from './entries.ts';
import { type Expanded, expandEntries } from './expand.ts';

/** What a finder is made of: plain data, for it crosses into a thread. */
export interface FinderSetup {
  readonly entries: readonly TargetEntry[];
  readonly stateDirectory: string;
}

export interface Finder {
  /** Looks for everything now, at the workspaces that are observed first; expansions in the order of the entries. Throws where the system refused to read: what it kept back is not gone. */
  find(observed: readonly string[]): readonly Expansion[];
  /** The same of nothing but what is observed, or was when the exporter ended: it is answered before anything is looked through. */
  places(observed: readonly string[]): readonly Expansion[];
  close(): void;
}

/** What a finder's thread is asked. */
export interface Question {
  readonly what: 'find' | 'places';
  readonly observed: readonly string[];
}

/** Most workspaces that were observed last and are looked at by their paths. */
const mostKnown = 10_000;

/** Workspaces of which something is stored, and which were observed when the exporter ended. */
function observedLast(stateDirectory: string): readonly string[] {
  return observedAtEnd(stateDirectory)
    .map(({ workspace }) => workspace)
    .slice(0, mostKnown);
}

/** What is there now; `known` are workspaces that come first, those that were observed last unless told. A directory that lost its go.mod stays where a baseline is stored under a name that its entry gives it. */
export function expandNow(
  { entries, stateDirectory }: FinderSetup,
  known = observedLast(stateDirectory),
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

/** Makes a finder; `changed` is called when something may have come or gone since the last `find`. */
export function createFinder(setup: FinderSetup, changed: () => void): Finder {
  let announced = false;
  /** Of those that were observed last the ones that are still there: whoever is gone has no place any more. */
  let last: readonly string[] | undefined;
  const watcher = watchFiles(() => {
    if (!announced) changed();
    announced = true;
  });
  const look = (observed: readonly string[], knownOnly: boolean): Expanded => {
    const refused = refusals();
    last ??= observedLast(setup.stateDirectory);
    const expanded = expandNow(setup, [...new Set([...observed, ...last])], knownOnly);
    const why = refused();
    if (why !== undefined) throw new Error(why);
    return expanded;
  };
  return {
    places: (observed) => look(observed, true).expansions,
    find(observed) {
      announced = false;
      const { expansions, watch } = look(observed, false);
      const found = new Set(expansions.flatMap(({ workspaces }) => workspaces.map((one) => one.path)));
      last = last?.filter((one) => found.has(one));
      // What came between the look and a watch that is new was announced by nobody.
      if (watcher.set(watch) > 0) {
        announced = true;
        changed();
      }
      return expansions;
    },
    close: () => watcher.close(),
  };
}
