/** The side of discovery that touches directories, for a thread of its own: it expands entries when asked, and says when it is time to ask again. */
import { sha256Hex } from '../../host/digest.ts';
import { refusals } from '../../host/noted-fs.ts';
import { watchFiles } from '../../host/watch.ts';
import { hasBaseline } from '../../store/peek.ts';
import { type Expansion, namesFor, type TargetEntry } from './entries.ts';
import { type Expanded, expandEntries } from './expand.ts';

/** What a finder is made of: plain data, for it crosses into a thread. */
export interface FinderSetup {
  readonly entries: readonly TargetEntry[];
  readonly stateDirectory: string;
}

export interface Finder {
  /** Looks for everything now; expansions in the order of the entries. Throws where the system refused to read: what it kept back is not gone. */
  find(): readonly Expansion[];
  close(): void;
}

/** What is there now. A directory that lost its go.mod stays where a baseline is stored under a name that its entry gives it. */
export function expandNow({ entries, stateDirectory }: FinderSetup): Expanded {
  return expandEntries(entries, (entry, found, gos) =>
    namesFor(entry, found, entry.go === undefined ? undefined : gos, sha256Hex).some(({ name }) =>
      hasBaseline(stateDirectory, { name, workspace: found.path }),
    ),
  );
}

/** Makes a finder; `changed` is called when something may have come or gone since the last `find`. */
export function createFinder(setup: FinderSetup, changed: () => void): Finder {
  let announced = false;
  const watcher = watchFiles(() => {
    if (!announced) changed();
    announced = true;
  });
  return {
    find() {
      announced = false;
      const refused = refusals();
      const { expansions, watch } = expandNow(setup);
      const why = refused();
      if (why !== undefined) throw new Error(why);
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
