/**
 * Searches the directory tree below a pattern's fixed directory fairly, even if users try to exhaust the
 * search (decision record 0084). Each directory directly below the fixed one is a share of its owner; owners
 * take turns, and so do the shares of one owner. A user who creates a million directories is not searched to
 * the end, all others are. Symlinks are not followed, and a directory is read with the rights of its owner.
 */
import path from 'node:path';
import { committedFile } from '../../drift/committed.ts';
import { shownName } from '../../host/byte-names.ts';
import { type Credentials, credentialsOfUser } from '../../host/credentials.ts';
import { readSomeNames, type SomeNames } from '../../host/directory.ts';
import { rightsAt, stampOf } from '../../host/files.ts';
import { ownUid } from '../../host/machine.ts';
import { readAs } from '../../host/reader.ts';
import { everyName } from '../../host/watch.ts';
import type { FoundPath, Incomplete } from './entries.ts';
import { anyDepth, isPassedOver, isPattern, matchesName, type PathPattern } from './pattern.ts';

/** Most steps for one pattern; most steps read one directory. */
export const nameLimit = 20_000;
/** Most levels of directories that `**` matches. */
export const depthLimit = 8;
/** Most entries read of one directory, of any kind: about 0.2 s and 10 MiB. */
const entryLimit = 100_000;
/** Number of entries whose reading takes as long as examining one directory. */
const entriesAStep = 32;
/** Number of steps in one turn. */
const turnSteps = 32;
/**
 * Up to this many unfinished shares are reported one by one; beyond that, the directory that holds them is
 * reported.
 */
const mostLeft = 100;

/** Most names of fixed directories kept for the other patterns of a search, about 20 MiB. */
const mostShared = 200_000;

const directoryKind = 0o040000;
const fileKind = 0o100000;
const kindMask = 0o170000;

type Kind = 'directory' | 'file';

/** The entries of a fixed directory, as far as they were examined. */
interface Top {
  readonly some: SomeNames;
  /** Owner of each entry of the wanted kind, by name; undefined for an entry of another kind. */
  readonly owners: Map<string, number | undefined>;
}

/**
 * Answers of the system that the patterns of one search share. However many patterns begin at the same
 * directory, the users who fill it influence neither how often it nor how often system files are read.
 */
export interface SearchCache {
  /** Credentials by uid. */
  readonly users: Map<number, Credentials>;
  /** Credentials with which fixed directories are read. */
  readonly rights: Map<string, Credentials>;
  /** Entries by kind and path of the fixed directory. */
  readonly tops: Map<string, Top>;
}

/** Returns an empty cache. */
export function createSearchCache(): SearchCache {
  return { users: new Map(), rights: new Map(), tops: new Map() };
}

export interface Walk {
  readonly shared: SearchCache;
  /**
   * Reports whether the time is used up. Called after each turn, for each name directly in the fixed
   * directory, and while names are read.
   */
  readonly isLate: () => boolean;
  readonly pattern: PathPattern;
  readonly wants: 'workspace' | 'go';
  /** Reports whether a directory without Go files is a target nevertheless. */
  readonly isKnown: (found: FoundPath) => boolean;
  readonly found: Map<string, FoundPath>;
  readonly incomplete: Incomplete[];
  /** Files whose creation or removal may change the result, in the form of host/watch.ts. */
  readonly watch: string[];
  /** Observed paths at which no target exists any more, as examined. */
  readonly gone: string[];
  /** Shares, by the owner of their directory. */
  readonly owners: Map<number, Share[]>;
}

/** A directory reached by the search. */
export interface Visited extends FoundPath {
  /** Credentials of the least trusted owner on the way. */
  readonly who: Credentials;
  readonly level: number;
  /** Uid of its owner. */
  readonly uid: number;
}

/** The search below one directory directly in the fixed one; each step yields its cost. */
interface Share {
  readonly directory: string;
  readonly steps: Iterator<number, void>;
}

function rightsOfOwner({ shared: { users } }: Walk, uid: number, above: Credentials): Credentials {
  if (above !== 'own' || uid === 0 || uid === ownUid) return above;
  const who = users.get(uid) ?? credentialsOfUser(uid);
  users.set(uid, who);
  return who;
}

const topKey = (here: Visited, kind: Kind) => `${kind}\0${here.path}`;
/** Same as path.join for a name that is neither a dot nor contains a slash. */
const childOf = (directory: string, name: string) =>
  directory === '/' ? `/${name}` : `${directory}/${name}`;

/** Returns the owner of a named entry; undefined if it is absent, a symlink or of another kind. */
function ownerOf(here: Visited, name: string, kind: Kind): number | undefined {
  const place = { root: '/', path: childOf(here.path, name) };
  const rights = readAs(here.who, () => rightsAt(place));
  const wanted = kind === 'directory' ? directoryKind : fileKind;
  return rights === undefined || (rights.mode & kindMask) !== wanted ? undefined : rights.uid;
}

/** As {@link ownerOf}, but cached for entries directly in the fixed directory. */
function sharedOwnerOf({ shared }: Walk, here: Visited, name: string, kind: Kind): number | undefined {
  const owners = here.level === 0 ? shared.tops.get(topKey(here, kind))?.owners : undefined;
  if (owners?.has(name) === true) return owners.get(name);
  const uid = ownerOf(here, name, kind);
  owners?.set(name, uid);
  return uid;
}

/** Returns a named entry of a directory; undefined if it is absent, a symlink or of another kind. */
export function childEntry(walk: Walk, here: Visited, name: string, kind: Kind): Visited | undefined {
  const uid = sharedOwnerOf(walk, here, name, kind);
  if (uid === undefined) return undefined;
  return {
    path: childOf(here.path, name),
    real: childOf(here.real, name),
    below: [...here.below, shownName(name)],
    who: rightsOfOwner(walk, uid, here.who),
    level: here.level + 1,
    uid,
  };
}

const moduleFiles = ['go.mod', 'go.work'];

/**
 * Reports whether a file exists. A baseline must not be empty: a shell creates the file before the command
 * that writes it has run.
 */
export function hasFile(here: Visited, name: string): boolean {
  const stamp = readAs(here.who, () => stampOf({ root: '/', path: path.join(here.path, name) }));
  return stamp !== undefined && !stamp.directory && (name !== committedFile || stamp.size > 0);
}

/** Reports whether names can be looked up in a directory. */
function isSearchable(here: Visited): boolean {
  return readAs(here.who, () => stampOf({ root: '/', path: `${here.path}/.` })) !== undefined;
}

/** Records that a directory was not searched. */
function leave({ incomplete }: Walk, directory: string, reason: Incomplete['reason']): void {
  incomplete.push({ directory, reason });
}

/** As {@link leave}, unless the directory is recorded already. */
export function leaveOnce(walk: Walk, directory: string, reason: Incomplete['reason']): void {
  if (!walk.incomplete.some((one) => one.directory === directory)) leave(walk, directory, reason);
}

/**
 * Takes a directory, or a `go`, that matches the whole pattern. `hidden`: it may be a target, but cannot be
 * examined.
 */
export function take(walk: Walk, here: Visited): 'taken' | 'none' | 'hidden' {
  const { found, wants, isKnown, watch } = walk;
  const { path: file, real, below: parts, uid: owner } = here;
  if (found.has(file)) return 'taken';
  const one = { path: file, real, below: parts, owner };
  if (wants === 'workspace') {
    watch.push(...moduleFiles.map((name) => path.join(file, name)));
    if (![...moduleFiles, committedFile].some((name) => hasFile(here, name)) && !isKnown(one))
      return isSearchable(here) ? 'none' : 'hidden';
  }
  found.set(file, one);
  return 'taken';
}

/**
 * Returns names in a directory. Those of a fixed directory are cached, unless time ran out before all were
 * read.
 */
function someIn({ shared: { tops }, isLate }: Walk, here: Visited, kind: Kind): SomeNames | undefined {
  const key = topKey(here, kind);
  const known = here.level === 0 ? tops.get(key)?.some : undefined;
  if (known !== undefined) return known;
  const place = { root: '/', path: here.path };
  const some = readAs(here.who, () => readSomeNames(place, kind, entryLimit, isLate));
  if (some === undefined || here.level > 0) return some;
  const held = [...tops.values()].reduce((sum, one) => sum + one.some.names.length, some.names.length);
  if ((some.whole || some.read === entryLimit) && held <= mostShared)
    tops.set(key, { some, owners: new Map() });
  return some;
}

/** Yields the cost of reading a directory, and returns the names that may be of the given kind. */
function* namesIn(walk: Walk, here: Visited, kind: Kind): Generator<number, readonly string[]> {
  walk.watch.push(path.join(here.path, everyName));
  const some = someIn(walk, here, kind);
  if (some === undefined) {
    leave(walk, here.path, 'unreadable');
    return [];
  }
  if (!some.whole) leave(walk, here.path, 'names');
  yield Math.ceil(some.read / entriesAStep);
  return some.names;
}

/**
 * Searches below a directory for the components from `index` on. Directories directly below the fixed one
 * become shares.
 */
function* descend(walk: Walk, here: Visited, index: number): Generator<number, void> {
  const component = walk.pattern.rest[index];
  if (component === undefined) {
    if (take(walk, here) === 'hidden') leave(walk, here.path, 'unreadable');
    yield 1;
    return;
  }
  if (component === anyDepth) {
    yield* descend(walk, here, index + 1);
    // The modules of a go.work are parts of its workspace.
    if (here.level >= depthLimit || (walk.wants === 'workspace' && hasFile(here, 'go.work'))) return;
    for (const name of yield* namesIn(walk, here, 'directory'))
      if (!isPassedOver(name)) yield* enter(walk, here, name, 'directory', index);
    return;
  }
  const last = index === walk.pattern.rest.length - 1;
  const kind = last && walk.wants === 'go' ? 'file' : 'directory';
  if (!isPattern(component)) {
    // A `go` that is inaccessible to the user may exist; an observed workspace is examined by its path
    // instead.
    const isLost = walk.wants === 'go' && childEntry(walk, here, component, kind) === undefined;
    if (isLost && !isSearchable(here)) leaveOnce(walk, here.path, 'unreadable');
    yield* enter(walk, here, component, kind, index + 1);
    return;
  }
  for (const name of yield* namesIn(walk, here, kind))
    if (matchesName(component, name)) yield* enter(walk, here, name, kind, index + 1);
}

function* enter(walk: Walk, here: Visited, name: string, kind: Kind, index: number): Generator<number, void> {
  const next = childEntry(walk, here, name, kind);
  if (here.level > 0) {
    yield 1;
    if (next !== undefined) yield* descend(walk, next, index);
    return;
  }
  yield 1 / entriesAStep;
  if (next === undefined) return;
  const shares = walk.owners.get(next.uid) ?? [];
  walk.owners.set(next.uid, shares);
  if (shares.length >= nameLimit) leaveOnce(walk, here.path, 'names');
  else shares.push({ directory: next.path, steps: descend(walk, next, index) });
}

/** The shares of one owner, which take turns. */
class Turns {
  #now: readonly Share[];
  #at = 0;
  #next: Share[] = [];

  constructor(shares: readonly Share[]) {
    this.#now = shares;
  }

  /** Runs the next share for one turn. Returns the cost; undefined if no share is left. */
  take(): number | undefined {
    if (this.#at === this.#now.length) {
      this.#now = this.#next;
      this.#next = [];
      this.#at = 0;
    }
    const share = this.#now[this.#at++];
    if (share === undefined) return undefined;
    let cost = 0;
    while (cost < turnSteps) {
      const step = share.steps.next();
      if (step.done === true) return cost;
      cost += step.value;
    }
    this.#next.push(share);
    return cost;
  }

  left(): readonly Share[] {
    return [...this.#now.slice(this.#at), ...this.#next];
  }
}

/** Records the unfinished shares; if there are thousands, only their directory. */
function leaveShares(walk: Walk, top: Visited, shares: readonly Share[]): void {
  if (shares.length > mostLeft) leaveOnce(walk, top.path, 'names');
  else for (const { directory } of shares) leave(walk, directory, 'names');
}

/** Searches below the fixed directory until everything was seen, or steps or time are used up. */
export function searchTree(walk: Walk, top: Visited): void {
  const { isLate } = walk;
  let left = nameLimit;
  // Entries directly in the operator's directory belong to no share: all owners pay the small cost of
  // determining the owner of each.
  for (const cost of descend(walk, top, 0)) {
    left -= cost;
    if (!isLate()) continue;
    leaveOnce(walk, top.path, 'names');
    return;
  }
  let owners = [...walk.owners.values()].map((shares) => new Turns(shares));
  while (owners.length > 0) {
    const waiting: Turns[] = [];
    for (const owner of owners) {
      if (left <= 0 || isLate()) {
        leaveShares(
          walk,
          top,
          owners.flatMap((one) => one.left()),
        );
        return;
      }
      const cost = owner.take();
      if (cost === undefined) continue;
      left -= cost;
      waiting.push(owner);
    }
    owners = waiting;
  }
}
