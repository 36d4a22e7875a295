/**
 * How a tree below a pattern is looked through when those who own its parts want the most of it: in turns (decision record 0084). Each directory
 * below the fixed one is a share of whoever owns it; owners take turns, and so do the shares of one. Who makes a million directories is not looked
 * through to the end, and everybody else is. No link is followed, and a directory is read with the rights of whoever owns it.
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

/** Steps for one pattern, most of them a directory each; a host with as many workspaces has other troubles. */
export const nameLimit = 20_000;
/** Levels of directories that `**` goes down. */
export const depthLimit = 8;
/** Entries that are read of one directory, of any kind: some 0.2 s and 10 MiB. */
const entryLimit = 100_000;
/** Reading so many entries takes as long as looking at one directory. */
const entriesAStep = 32;
/** Steps of a turn. */
const turnSteps = 32;
/** So many shares that were not seen to the end are said one by one; of more the directory that holds them is. */
const mostLeft = 100;

/** So many names of fixed directories are remembered for the other patterns of a look, some 20 MiB. */
const mostShared = 200_000;

const directoryKind = 0o040000;
const fileKind = 0o100000;
const kindMask = 0o170000;

type Kind = 'directory' | 'file';

/** What is directly in a fixed directory, as far as it was looked at. */
interface Top {
  readonly some: SomeNames;
  /** Who owns what is of the wanted kind there, by name; undefined of what is not. */
  readonly owners: Map<string, number | undefined>;
}

/** What one look asks the system once, however many patterns begin at the same directory: who fills it chooses neither how often it is read, nor how often files of the system are. */
export interface Shared {
  /** Rights of users. */
  readonly users: Map<number, Credentials>;
  /** Rights with which fixed directories are read. */
  readonly rights: Map<string, Credentials>;
  /** By kind and path of a fixed directory. */
  readonly tops: Map<string, Top>;
}

/** Nothing asked yet. */
export function createShared(): Shared {
  return { users: new Map(), rights: new Map(), tops: new Map() };
}

export interface Walk {
  readonly shared: Shared;
  /** Whether its time is used up; asked after each turn, for each name that is directly in the fixed directory, and while names are read. */
  readonly isLate: () => boolean;
  readonly pattern: PathPattern;
  readonly wants: 'workspace' | 'go';
  /** Whether a directory without files of Go is a target all the same. */
  readonly isKnown: (found: FoundPath) => boolean;
  readonly found: Map<string, FoundPath>;
  readonly incomplete: Incomplete[];
  /** Files whose coming or going may change what is found, in the form of host/watch.ts. */
  readonly watch: string[];
  /** Of the paths that were observed those at which no target is any more: that was seen. */
  readonly gone: string[];
  /** Shares by the owner of their directory. */
  readonly owners: Map<number, Share[]>;
}

/** A directory on the way. */
export interface Here extends FoundPath {
  /** Whose rights count: of the least trusted on the way. */
  readonly who: Credentials;
  readonly level: number;
  /** Who owns it. */
  readonly uid: number;
}

/** What is below one directory; each step gives what it cost. */
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

const topKey = (here: Here, kind: Kind) => `${kind}\0${here.path}`;
/** As path.join of what is no dot and has no slash. */
const childOf = (directory: string, name: string) =>
  directory === '/' ? `/${name}` : `${directory}/${name}`;

/** Who owns the entry of that name in a directory, when it is of the wanted kind and no link. */
function ownerOf(here: Here, name: string, kind: Kind): number | undefined {
  const place = { root: '/', path: childOf(here.path, name) };
  const rights = readAs(here.who, () => rightsAt(place));
  const wanted = kind === 'directory' ? directoryKind : fileKind;
  return rights === undefined || (rights.mode & kindMask) !== wanted ? undefined : rights.uid;
}

/** {@link ownerOf}, asked once for what is directly in a fixed directory. */
function sharedOwnerOf({ shared }: Walk, here: Here, name: string, kind: Kind): number | undefined {
  const owners = here.level === 0 ? shared.tops.get(topKey(here, kind))?.owners : undefined;
  if (owners?.has(name) === true) return owners.get(name);
  const uid = ownerOf(here, name, kind);
  owners?.set(name, uid);
  return uid;
}

/** The entry of that name in a directory, when it is of the wanted kind and no link. */
export function below(walk: Walk, here: Here, name: string, kind: Kind): Here | undefined {
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

/** A file that is there and has something in it: before a command writes a baseline, the shell has made the file, and it is empty. */
export function holds(here: Here, name: string): boolean {
  const stamp = readAs(here.who, () => stampOf({ root: '/', path: path.join(here.path, name) }));
  return stamp !== undefined && !stamp.directory && (name !== committedFile || stamp.size > 0);
}

/** Whether names can be looked up in a directory at all. */
function isSearchable(here: Here): boolean {
  return readAs(here.who, () => stampOf({ root: '/', path: `${here.path}/.` })) !== undefined;
}

/** Notes that a directory was not looked through. */
function leave({ incomplete }: Walk, directory: string, reason: Incomplete['reason']): void {
  incomplete.push({ directory, reason });
}

/** As {@link leave}, where that may be said already. */
export function leaveOnce(walk: Walk, directory: string, reason: Incomplete['reason']): void {
  if (!walk.incomplete.some((one) => one.directory === directory)) leave(walk, directory, reason);
}

/** Takes a directory, or a go, where the whole pattern matches; whether it may be a target and nobody can tell. */
export function take(walk: Walk, here: Here): 'taken' | 'none' | 'hidden' {
  const { found, wants, isKnown, watch } = walk;
  const { path: file, real, below: parts, uid: owner } = here;
  if (found.has(file)) return 'taken';
  const one = { path: file, real, below: parts, owner };
  if (wants === 'workspace') {
    watch.push(...moduleFiles.map((name) => path.join(file, name)));
    if (![...moduleFiles, committedFile].some((name) => holds(here, name)) && !isKnown(one))
      return isSearchable(here) ? 'none' : 'hidden';
  }
  found.set(file, one);
  return 'taken';
}

/** Some names in a directory; those in a fixed one are read once, unless it was too late to read them to the end. */
function someIn({ shared: { tops }, isLate }: Walk, here: Here, kind: Kind): SomeNames | undefined {
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

/** The names in a directory that may be of a kind. */
function* namesIn(walk: Walk, here: Here, kind: Kind): Generator<number, readonly string[]> {
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

/** Goes on below a directory, by the components from `index` on. What is directly below the fixed directory is put among the shares. */
function* descend(walk: Walk, here: Here, index: number): Generator<number, void> {
  const component = walk.pattern.rest[index];
  if (component === undefined) {
    if (take(walk, here) === 'hidden') leave(walk, here.path, 'unreadable');
    yield 1;
    return;
  }
  if (component === anyDepth) {
    yield* descend(walk, here, index + 1);
    // The modules of a go.work are parts of it.
    if (here.level >= depthLimit || (walk.wants === 'workspace' && holds(here, 'go.work'))) return;
    for (const name of yield* namesIn(walk, here, 'directory'))
      if (!isPassedOver(name)) yield* enter(walk, here, name, 'directory', index);
    return;
  }
  const last = index === walk.pattern.rest.length - 1;
  const kind = last && walk.wants === 'go' ? 'file' : 'directory';
  if (!isPattern(component)) {
    // A go that is kept from whoever is read for may be there; a workspace that was observed is looked at by its path.
    const isLost = walk.wants === 'go' && below(walk, here, component, kind) === undefined;
    if (isLost && !isSearchable(here)) leaveOnce(walk, here.path, 'unreadable');
    yield* enter(walk, here, component, kind, index + 1);
    return;
  }
  for (const name of yield* namesIn(walk, here, kind))
    if (matchesName(component, name)) yield* enter(walk, here, name, kind, index + 1);
}

function* enter(walk: Walk, here: Here, name: string, kind: Kind, index: number): Generator<number, void> {
  const next = below(walk, here, name, kind);
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

/** An owner's shares, which take turns. */
class Turns {
  #now: readonly Share[];
  #at = 0;
  #next: Share[] = [];

  constructor(shares: readonly Share[]) {
    this.#now = shares;
  }

  /** Gives the next share a turn; what it cost, undefined where none is left. */
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

/** Notes the shares that were not seen to the end: thousands are one line. */
function leaveShares(walk: Walk, top: Here, shares: readonly Share[]): void {
  if (shares.length > mostLeft) leaveOnce(walk, top.path, 'names');
  else for (const { directory } of shares) leave(walk, directory, 'names');
}

/**
 * Looks through what is below the fixed directory, until all is seen, the steps are used up, or it is too late.
 */
export function lookThrough(walk: Walk, top: Here): void {
  const { isLate } = walk;
  let left = nameLimit;
  // What is directly in the operator's directory is everybody's: its names cost all of them the little that it takes to tell whose each is.
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
