/**
 * How a tree below a pattern is looked through when those who own its parts want the most of it: in turns (decision record 0084). Each directory
 * below the fixed one is a share of whoever owns it; owners take turns, and so do the shares of one. Who makes a million directories is not looked
 * through to the end, and everybody else is. No link is followed, and a directory is read with the rights of whoever owns it.
 */
import path from 'node:path';
import { committedFile } from '../../drift/committed.ts';
import { shownName } from '../../host/byte-names.ts';
import { type Credentials, credentialsOfUser } from '../../host/credentials.ts';
import { readSomeNames } from '../../host/directory.ts';
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

const directoryKind = 0o040000;
const fileKind = 0o100000;
const kindMask = 0o170000;

export interface Walk {
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
  /** Rights of users, each read once: who makes names does not choose how often files of the system are read. */
  readonly users: Map<number, Credentials>;
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

function rightsOfOwner({ users }: Walk, uid: number, above: Credentials): Credentials {
  if (above !== 'own' || uid === 0 || uid === ownUid) return above;
  const who = users.get(uid) ?? credentialsOfUser(uid);
  users.set(uid, who);
  return who;
}

/** The entry of that name in a directory, when it is of the wanted kind and no link. */
export function below(walk: Walk, here: Here, name: string, kind: 'directory' | 'file'): Here | undefined {
  const file = path.join(here.path, name);
  const rights = readAs(here.who, () => rightsAt({ root: '/', path: file }));
  const wanted = kind === 'directory' ? directoryKind : fileKind;
  if (rights === undefined || (rights.mode & kindMask) !== wanted) return undefined;
  return {
    path: file,
    real: path.join(here.real, name),
    below: [...here.below, shownName(name)],
    who: rightsOfOwner(walk, rights.uid, here.who),
    level: here.level + 1,
    uid: rights.uid,
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

/** The names in a directory that may be of a kind. */
function* namesIn(walk: Walk, here: Here, kind: 'directory' | 'file'): Generator<number, readonly string[]> {
  walk.watch.push(path.join(here.path, everyName));
  const some = readAs(here.who, () => readSomeNames({ root: '/', path: here.path }, kind, entryLimit));
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
  const names = isPattern(component)
    ? (yield* namesIn(walk, here, kind)).filter((name) => matchesName(component, name))
    : [component];
  for (const name of names) yield* enter(walk, here, name, kind, index + 1);
}

function* enter(
  walk: Walk,
  here: Here,
  name: string,
  kind: 'directory' | 'file',
  index: number,
): Generator<number, void> {
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
 * Looks through what is below the fixed directory, until all is seen, the steps are used up, or it is too late: `isLate` is asked after each turn,
 * and for each name that is directly in it.
 */
export function lookThrough(walk: Walk, top: Here, isLate: () => boolean): void {
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
