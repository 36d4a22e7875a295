/**
 * inotify on directories. Files are watched through their directory: an editor's rename, `go env -w`'s truncate and a
 * file that appears later are all seen, and so is a link on the way to one that is turned to another place. Watches that die with their directory are
 * renewed by the next call of `set`.
 */
import { type FSWatcher, watch } from 'node:fs';
import path from 'node:path';
import { nameOf } from './byte-names.ts';
import { linksOn } from './files.ts';
import { isRooted, lstatSync, statSync, withRealHeld } from './root.ts';

export interface DirectoryWatcher {
  /**
   * Watches exactly the directories of these files; names are matched ({@link everyName} is each), other files of a directory are ignored. Answers how
   * many watches are new: what changed before they existed was announced by nobody.
   */
  set(files: Iterable<string>): number;
  /** Whether a watch ended since the last `set`: what is there now is watched by nobody. */
  readonly ended: () => boolean;
  readonly stats: { watches: number; events: number; failed: number };
  close(): void;
}

/** As the name of a watched file: every name that comes to its directory, goes from it or is replaced there. */
export const everyName = '*';

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

/** Asks whether a path of the host leads over a link; each directory is asked for once, however many paths lead over it. */
function linkFinder(): (directory: string) => boolean {
  const known = new Map<string, boolean>([['/', false]]);
  const leadsOver = (directory: string): boolean => {
    const before = known.get(directory);
    if (before !== undefined) return before;
    let answer = leadsOver(path.dirname(directory));
    try {
      answer ||= lstatSync(directory)?.isSymbolicLink() === true;
    } catch {
      // not to be had: what stands there cannot be watched either
    }
    known.set(directory, answer);
    return answer;
  };
  return (directory) =>
    !isRooted(directory) && path.isAbsolute(directory) && leadsOver(path.normalize(directory));
}

/** A watch on a directory, and all the paths by which it is watched. */
interface Watched {
  readonly watcher: FSWatcher;
  /** The path that it was made by. */
  readonly made: string;
  /** The name under which its own end is announced. */
  readonly self: string;
  paths: ReadonlySet<string>;
}

/**
 * Starts with no watch; `onChange` gets the path of a watched file that may have changed. A directory has one watch however many paths lead to
 * it (links, bind mounts): libuv knows an inode once, and tells every watcher of it the name of the first path, so that a second one would not
 * recognise its own end.
 */
export function watchFiles(onChange: (file: string) => void): DirectoryWatcher {
  /** By device and inode. */
  const watchers = new Map<string, Watched>();
  let wanted = new Map<string, Set<string>>();
  /** Links, and the watched directories whose paths lead over them. */
  let turning = new Map<string, Set<string>>();
  const stats = { watches: 0, events: 0, failed: 0 };
  let lost = false;

  const drop = (identity: string) => {
    watchers.get(identity)?.watcher.close();
    watchers.delete(identity);
    stats.watches = watchers.size;
  };

  /** The directory itself went away or was replaced: the watch is blind from now on. */
  const ended = ({ paths }: Watched, identity: string) => {
    drop(identity);
    lost = true;
    for (const directory of paths) onChange(directory);
  };

  const announced = (watched: Watched, identity: string, event: string, name: string | null) => {
    if (name === null || (event === 'rename' && name === watched.self)) {
      stats.events++;
      ended(watched, identity);
      return;
    }
    for (const directory of watched.paths) {
      const names = wanted.get(directory);
      if (names?.has(name) !== true && !(event === 'rename' && names?.has(everyName) === true)) continue;
      stats.events++;
      const changed = path.join(directory, name);
      onChange(changed);
      for (const other of turning.get(changed) ?? []) onChange(other);
    }
  };

  const add = (identity: string, paths: ReadonlySet<string>) => {
    const [made = ''] = paths;
    try {
      // The system tells of the directory itself by the last name of the path that was watched.
      let self = '';
      const watcher = withRealHeld(made, (held) => {
        self = path.basename(held);
        return watch(held, { persistent: false, encoding: 'buffer' }, (event, name) => {
          const now = watchers.get(identity);
          if (now?.watcher === watcher) announced(now, identity, event, name === null ? null : nameOf(name));
        });
      });
      watcher.on('error', () => {
        const now = watchers.get(identity);
        if (now?.watcher === watcher) ended(now, identity);
      });
      watchers.set(identity, { watcher, made, self, paths });
    } catch {
      // It vanished meanwhile, or a limit is reached, which shows in `failed`: the periodic pass finds what changes there.
      stats.failed++;
    }
    stats.watches = watchers.size;
  };

  return {
    stats,
    ended: () => lost,
    set(files) {
      lost = false;
      wanted = new Map();
      // Most files share their directories: each is asked for once a call.
      const identities = new Map<string, string>();
      const identity = (directory: string) => {
        const known = identities.get(directory) ?? identityOf(directory);
        identities.set(directory, known);
        return known;
      };
      const paths = new Map<string, Set<string>>();
      turning = new Map();
      const wants = (directory: string, name: string) => {
        wanted.set(directory, (wanted.get(directory) ?? new Set()).add(name));
      };
      const leadsOverLinks = linkFinder();
      const behind = new Set<string>();
      for (const file of files) {
        const { directory, name } = anchor(file, identity);
        wants(directory, name);
        // What has no identity is below another root, which is gone: each of these fails by itself.
        const self = identity(directory) || directory;
        paths.set(self, (paths.get(self) ?? new Set()).add(directory));
        behind.add(path.dirname(file));
      }
      for (const directory of behind) {
        if (!leadsOverLinks(directory)) continue;
        for (const link of linksOn(directory)) {
          const holder = path.dirname(link);
          wants(holder, path.basename(link));
          paths.set(identity(holder), (paths.get(identity(holder)) ?? new Set()).add(holder));
          turning.set(link, (turning.get(link) ?? new Set()).add(directory));
        }
      }
      // A path can come to mean another directory (a link was swapped): a watch that was made by it would not see its own end.
      for (const [self, watched] of watchers) {
        const now = paths.get(self);
        if (now?.has(watched.made) === true) watched.paths = now;
        else drop(self);
      }
      stats.failed = 0;
      const kept = watchers.size;
      for (const [self, all] of paths) if (!watchers.has(self)) add(self, all);
      return watchers.size - kept;
    },
    close() {
      for (const self of [...watchers.keys()]) drop(self);
    },
  };
}
