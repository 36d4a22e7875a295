/**
 * inotify on directories. Files are watched through their directory: an editor's rename, `go env -w`'s truncate and a
 * file that appears later are all seen. Watches that die with their directory are renewed by the next call of `set`.
 */
import { type FSWatcher, watch } from 'node:fs';
import path from 'node:path';
import { statSync, withRealHeld } from './root.ts';

export interface DirectoryWatcher {
  /**
   * Watches exactly the directories of these files; names are matched ({@link everyFile} is each), other files of a directory are ignored. Answers how
   * many watches are new: what changed before they existed was announced by nobody.
   */
  set(files: Iterable<string>): number;
  readonly stats: { watches: number; events: number; failed: number };
  close(): void;
}

/** As the name of a watched file: every file of its directory. */
export const everyFile = '*';

/** Device and inode behind a path, `''` when nothing is there. */
function identityOf(directory: string): string {
  try {
    const stat = statSync(directory);
    return stat === undefined ? '' : `${stat.dev}:${stat.ino}`;
  } catch {
    return ''; // below another root, which is gone
  }
}

/** Where a file's coming can be seen: its directory, or the nearest one above that exists. */
function anchor(
  file: string,
  identity: (directory: string) => string,
): { readonly directory: string; readonly name: string } {
  let directory = path.dirname(file);
  let name = path.basename(file);
  while (identity(directory) === '' && directory !== path.dirname(directory)) {
    name = path.basename(directory);
    directory = path.dirname(directory);
  }
  return { directory, name };
}

/** Starts with no watch; `onChange` gets the path of a watched file that may have changed. */
export function watchFiles(onChange: (file: string) => void): DirectoryWatcher {
  const watchers = new Map<string, { readonly watcher: FSWatcher; readonly identity: string }>();
  let wanted = new Map<string, Set<string>>();
  const stats = { watches: 0, events: 0, failed: 0 };

  const drop = (directory: string) => {
    watchers.get(directory)?.watcher.close();
    watchers.delete(directory);
    stats.watches = watchers.size;
  };

  const add = (directory: string, identity: string) => {
    try {
      // The system tells of the directory itself by the last name of the path that was watched.
      let self = '';
      const watcher = withRealHeld(directory, (held) => {
        self = path.basename(held);
        return watch(held, { persistent: false }, announced);
      });
      function announced(event: string, name: string | null): void {
        const names = wanted.get(directory);
        if (names === undefined) return;
        // The directory itself went away or was replaced: the watch is blind from now on.
        if (name === null || (event === 'rename' && name === self)) {
          drop(directory);
          stats.events++;
          onChange(directory);
        } else if (names.has(name) || names.has(everyFile)) {
          stats.events++;
          onChange(path.join(directory, name));
        }
      }
      watcher.on('error', () => {
        drop(directory);
        onChange(directory);
      });
      watchers.set(directory, { watcher, identity });
    } catch {
      // It vanished meanwhile, or a limit is reached, which shows in `failed`: the periodic pass finds what changes there.
      stats.failed++;
    }
    stats.watches = watchers.size;
  };

  return {
    stats,
    set(files) {
      wanted = new Map();
      // Most files share their directories: each is asked for once a call.
      const identities = new Map<string, string>();
      const identity = (directory: string) => {
        const known = identities.get(directory) ?? identityOf(directory);
        identities.set(directory, known);
        return known;
      };
      for (const file of files) {
        const { directory, name } = anchor(file, identity);
        const names = wanted.get(directory) ?? new Set();
        names.add(name);
        wanted.set(directory, names);
      }
      // A path can come to mean another directory (a link was swapped): the old watch would be blind.
      for (const [directory, watched] of watchers) {
        if (!wanted.has(directory) || identity(directory) !== watched.identity) drop(directory);
      }
      stats.failed = 0;
      const kept = watchers.size;
      for (const directory of wanted.keys())
        if (!watchers.has(directory)) add(directory, identity(directory));
      return watchers.size - kept;
    },
    close() {
      for (const directory of [...watchers.keys()]) drop(directory);
    },
  };
}
