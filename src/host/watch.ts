/**
 * inotify on directories. Files are watched through their directory, which detects an editor's rename, the
 * truncation by `go env -w`, a file that appears later, and a retargeted symlink on the path. A watch that
 * ends with its directory is renewed by the next call of `set`.
 */
import { type FSWatcher, watch } from 'node:fs';
import path from 'node:path';
import { nameOf } from './byte-names.ts';
import { linksOn } from './files.ts';
import { isRooted, lstatSync, statSync, withRealHeld } from './root.ts';

export interface DirectoryWatcher {
  /**
   * Watches exactly the directories of these files. Events of other names are ignored ({@link everyName}
   * matches each). Returns the number of new watches: changes before their start raised no event.
   */
  set(files: Iterable<string>): number;
  /** Reports whether a watch ended since the last `set`, so that a directory is unwatched. */
  readonly ended: () => boolean;
  /**
   * Reports whether another `set` of the same files would change nothing: each directory is still the watched
   * one, or still absent, and no watch is missing. Stats each directory once, a small part of the cost of
   * `set`.
   */
  current(): boolean;
  readonly stats: { watches: number; events: number; failed: number };
  close(): void;
}

/** As the name of a watched file: every name that appears, disappears or is replaced in its directory. */
export const everyName = '*';

/**
 * Returns device, inode and birth time of a path, `''` if it does not exist. ext4 reuses an inode at once,
 * and the event for the end of the old watch may be lost in a full queue (inotify(7)): without the birth time
 * the dead watch would be taken for one of the new directory.
 */
function identityOf(directory: string): string {
  try {
    const stat = statSync(directory);
    return stat === undefined ? '' : `${stat.dev}:${stat.ino}:${stat.birthtimeMs}`;
  } catch {
    return ''; // in another root, which is gone
  }
}

/** Returns where the appearance of a file can be seen: its directory, or the nearest existing one above. */
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

/** Returns a function that reports whether a host path passes a symlink; each directory is checked once. */
function linkFinder(): (directory: string) => boolean {
  const known = new Map<string, boolean>([['/', false]]);
  const leadsOver = (directory: string): boolean => {
    const before = known.get(directory);
    if (before !== undefined) return before;
    let answer = leadsOver(path.dirname(directory));
    try {
      answer ||= lstatSync(directory)?.isSymbolicLink() === true;
    } catch {
      // unreachable, so it cannot be watched either
    }
    known.set(directory, answer);
    return answer;
  };
  return (directory) =>
    !isRooted(directory) && path.isAbsolute(directory) && leadsOver(path.normalize(directory));
}

/** The watches needed to see every change of some files. */
interface Plan {
  /** Relevant names, by path of their directory. */
  readonly names: ReadonlyMap<string, ReadonlySet<string>>;
  /** Paths of directories, by identity. */
  readonly paths: ReadonlyMap<string, ReadonlySet<string>>;
  /** For each symlink the watched directories whose path passes it. */
  readonly turning: ReadonlyMap<string, ReadonlySet<string>>;
  /** {@link identityOf} each watched directory and each file's directory, even if absent. */
  readonly identities: ReadonlyMap<string, string>;
}

/** Returns a cached {@link identityOf}, because most files share their directories. */
function identityFinder(): (directory: string) => string {
  const known = new Map<string, string>();
  return (directory) => {
    const identity = known.get(directory) ?? identityOf(directory);
    known.set(directory, identity);
    return identity;
  };
}

/** Plans the watches for files, and for the symlinks on the way to them. */
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
    // A path without identity is in another root that is gone: each of these fails separately.
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

/** A watch on a directory, and all paths by which it is watched. */
interface Watched {
  readonly watcher: FSWatcher;
  /** The path by which it was created. */
  readonly made: string;
  /** The name with which its own end is reported. */
  readonly self: string;
  paths: ReadonlySet<string>;
}

/**
 * Creates a watcher without watches; `onChange` gets the path of a watched file that may have changed. A
 * directory has one watch however many paths lead to it (symlinks, bind mounts): libuv has one watch an inode
 * and reports the name in the first path to every watcher, so a second one would miss its own end.
 */
export function watchFiles(onChange: (file: string) => void): DirectoryWatcher {
  return new InotifyWatcher(onChange);
}

class InotifyWatcher implements DirectoryWatcher {
  readonly stats = { watches: 0, events: 0, failed: 0 };
  readonly #onChange: (file: string) => void;
  /** By {@link identityOf}. */
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
    // A path can come to mean another directory (a retargeted symlink): a watch created by that path would
    // miss its own end.
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
      // An event of the directory itself carries the last name of the watched path.
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
      // The directory vanished, or a limit is reached, which shows in `failed`: the periodic pass finds
      // changes there.
      this.stats.failed++;
    }
    this.stats.watches = this.#watchers.size;
  }

  #drop(identity: string): void {
    this.#watchers.get(identity)?.watcher.close();
    this.#watchers.delete(identity);
    this.stats.watches = this.#watchers.size;
  }

  /** Handles a directory that vanished or was replaced: its watch sees nothing any more. */
  #end({ paths }: Watched, identity: string): void {
    this.#drop(identity);
    this.#lost = true;
    for (const directory of paths) this.#onChange(directory);
  }

  /** Reports an event under every path that leads to the file. */
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
