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
  /**
   * Whether another `set` of the same files could change nothing: each of their directories is still the one that is watched, or still absent, and no
   * watch is missing. It asks for each directory once, which is a small part of what `set` costs.
   */
  current(): boolean;
  readonly stats: { watches: number; events: number; failed: number };
  close(): void;
}

/** As the name of a watched file: every name that comes to its directory, goes from it or is replaced there. */
export const everyName = '*';

/**
 * Device, inode and birth of what is behind a path, `''` when nothing is there. An inode is given to the next directory at once (ext4), and that the
 * watch of the old one ended may be lost with others in a full queue (inotify(7)): without the birth, a blind watch would be taken for one of the new.
 */
function identityOf(directory: string): string {
  try {
    const stat = statSync(directory);
    return stat === undefined ? '' : `${stat.dev}:${stat.ino}:${stat.birthtimeMs}`;
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

/** What has to be watched so that no change of some files goes unseen. */
interface Plan {
  /** Names that matter, by the path of their directory. */
  readonly names: ReadonlyMap<string, ReadonlySet<string>>;
  /** Paths of directories, by what is behind them. */
  readonly paths: ReadonlyMap<string, ReadonlySet<string>>;
  /** Links, and the watched directories whose paths lead over them. */
  readonly turning: ReadonlyMap<string, ReadonlySet<string>>;
  /** What {@link identityOf} said of each watched directory, and of the directory of each file, be it absent. */
  readonly identities: ReadonlyMap<string, string>;
}

/** Asks for what is behind a path; most files share their directories, so each is asked for once. */
function identityFinder(): (directory: string) => string {
  const known = new Map<string, string>();
  return (directory) => {
    const identity = known.get(directory) ?? identityOf(directory);
    known.set(directory, identity);
    return identity;
  };
}

/** Finds the directories of the files, and of the links on the way to them. */
function planFor(files: Iterable<string>): Plan {
  const names = new Map<string, Set<string>>();
  const paths = new Map<string, Set<string>>();
  const turning = new Map<string, Set<string>>();
  const put = (map: Map<string, Set<string>>, key: string, value: string) => {
    map.set(key, (map.get(key) ?? new Set()).add(value));
  };
  const identity = identityFinder();
  const leadsOverLinks = linkFinder();
  const behind = new Set<string>();
  for (const file of files) {
    const { directory, name } = anchor(file, identity);
    put(names, directory, name);
    // What has no identity is below another root, which is gone: each of these fails by itself.
    put(paths, identity(directory) || directory, directory);
    behind.add(path.dirname(file));
  }
  for (const directory of behind) {
    if (!leadsOverLinks(directory)) continue;
    for (const link of linksOn(directory)) {
      const holder = path.dirname(link);
      put(names, holder, path.basename(link));
      put(paths, identity(holder), holder);
      put(turning, link, directory);
    }
  }
  const identities = new Map(
    [...names.keys(), ...behind].map((directory) => [directory, identity(directory)]),
  );
  return { names, paths, turning, identities };
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
  return new InotifyWatcher(onChange);
}

class InotifyWatcher implements DirectoryWatcher {
  readonly stats = { watches: 0, events: 0, failed: 0 };
  readonly #onChange: (file: string) => void;
  /** By what {@link identityOf} says. */
  readonly #watchers = new Map<string, Watched>();
  #plan: Plan = planFor([]);
  #lost = false;

  constructor(onChange: (file: string) => void) {
    this.#onChange = onChange;
  }

  readonly ended = () => this.#lost;

  set(files: Iterable<string>): number {
    this.#lost = false;
    this.#plan = planFor(files);
    const { paths } = this.#plan;
    // A path can come to mean another directory (a link was swapped): a watch that was made by it would not see its own end.
    for (const [identity, watched] of this.#watchers) {
      const now = paths.get(identity);
      if (now?.has(watched.made) === true) watched.paths = now;
      else this.#drop(identity);
    }
    this.stats.failed = 0;
    const kept = this.#watchers.size;
    for (const [identity, all] of paths) if (!this.#watchers.has(identity)) this.#add(identity, all);
    return this.#watchers.size - kept;
  }

  current(): boolean {
    if (this.#lost || this.stats.failed > 0) return false;
    for (const [directory, identity] of this.#plan.identities)
      if (identityOf(directory) !== identity) return false;
    return true;
  }

  close(): void {
    for (const identity of [...this.#watchers.keys()]) this.#drop(identity);
  }

  #add(identity: string, paths: ReadonlySet<string>): void {
    const [made = ''] = paths;
    try {
      // The system tells of the directory itself by the last name of the path that was watched.
      let self = '';
      const watcher = withRealHeld(made, (held) => {
        self = path.basename(held);
        return watch(held, { persistent: false, encoding: 'buffer' }, (event, name) => {
          const now = this.#watchers.get(identity);
          if (now?.watcher === watcher)
            this.#announced(now, identity, event, name === null ? null : nameOf(name));
        });
      });
      watcher.on('error', () => {
        const now = this.#watchers.get(identity);
        if (now?.watcher === watcher) this.#end(now, identity);
      });
      this.#watchers.set(identity, { watcher, made, self, paths });
    } catch {
      // It vanished meanwhile, or a limit is reached, which shows in `failed`: the periodic pass finds what changes there.
      this.stats.failed++;
    }
    this.stats.watches = this.#watchers.size;
  }

  #drop(identity: string): void {
    this.#watchers.get(identity)?.watcher.close();
    this.#watchers.delete(identity);
    this.stats.watches = this.#watchers.size;
  }

  /** The directory itself went away or was replaced: the watch is blind from now on. */
  #end({ paths }: Watched, identity: string): void {
    this.#drop(identity);
    this.#lost = true;
    for (const directory of paths) this.#onChange(directory);
  }

  /** Tells of an event by every path that leads to it. */
  #announced(watched: Watched, identity: string, event: string, name: string | null): void {
    if (name === null || (event === 'rename' && name === watched.self)) {
      this.stats.events++;
      this.#end(watched, identity);
      return;
    }
    for (const directory of watched.paths) {
      const names = this.#plan.names.get(directory);
      if (names?.has(name) !== true && !(event === 'rename' && names?.has(everyName) === true)) continue;
      this.stats.events++;
      const changed = path.join(directory, name);
      this.#onChange(changed);
      for (const other of this.#plan.turning.get(changed) ?? []) this.#onChange(other);
    }
  }
}
