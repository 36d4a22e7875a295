/**
 * Determines who controls what a path leads to: everybody who may replace a directory or symlink on the way,
 * or write to the file at its end. The least trusted of them counts, not the owner of the file, because the
 * owner of a symlink chooses whose file is read.
 */
import path from 'node:path';
import process from 'node:process';
import { liesIn } from './atomic.ts';
import { type Credentials, credentialsOfUser, firstGroupOf } from './credentials.ts';
import { ownGid, ownUid } from './machine.ts';
import * as root from './root.ts';
import { groupWrites, othersWrite, sticky } from './write-bits.ts';

/** The kernel's limit of symlinks on one path. */
const linkLimit = 40;

/** Users and groups that control a path, besides root and this process. */
interface Writers {
  readonly users: Set<number>;
  /** Groups that may write there. */
  readonly groups: Set<number>;
  anybody: boolean;
  /** Whether, of root and this process, only root controls it. */
  rootAlone: boolean;
}

/** Returns the permissions of a user who owns nothing and is only in `gids`. */
const nobodyBut = (gids: readonly number[]): Credentials => ({
  uid: -1,
  gids: new Set(gids),
  searched: new Map(),
  plain: new Set(),
});

type Stat = NonNullable<ReturnType<typeof root.lstatSync>>;

function addOwner(writers: Writers, { uid }: Stat): void {
  if (uid === 0) return;
  writers.rootAlone = false;
  if (uid !== process.geteuid?.()) writers.users.add(uid);
}

/** Reports whether the mode allows everybody to write. */
export const everybodyWrites = ({ mode }: { readonly mode: number }) => (mode & othersWrite) !== 0;

/**
 * Reports whether a group that may write counts as another writer. The own group of an ordinary user's
 * process does not: that process reads nothing with more permissions than its user has. Root's own group does
 * count, because the mask of an access list shows in the group bits (acl(5)), whomever it lets write.
 */
export const anotherGroupWrites = ({ mode, gid }: { readonly mode: number; readonly gid: number }) =>
  (mode & groupWrites) !== 0 && (ownUid === 0 || gid !== ownGid);

function addWriters(writers: Writers, stat: Stat): void {
  addOwner(writers, stat);
  // In a sticky directory only the owner of an entry may replace it.
  if (stat.isDirectory() && (stat.mode & sticky) !== 0) return;
  if (everybodyWrites(stat)) writers.anybody = true;
  if (anotherGroupWrites(stat)) writers.groups.add(stat.gid);
}

/**
 * Walks a path as the kernel does, calls `visit` with each directory, symlink and file and its real name
 * inside the root, and returns what is at the end; undefined if the path leads nowhere. Throws the system's
 * error.
 */
function walk(
  top: string,
  inside: string,
  visit: (stat: Stat, name: string) => void,
): { readonly stat: Stat; readonly name: string } | undefined {
  const at = (file: string) => root.lstatSync(root.rooted(top, file));
  const pending = inside.split('/').filter(Boolean);
  let here = '/';
  let links = 0;
  const first = at(here);
  if (first !== undefined) visit(first, here);
  let last = first;
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    const next = path.join(here, name);
    const stat = at(next);
    if (stat === undefined) return undefined;
    visit(stat, next);
    if (!stat.isSymbolicLink()) {
      here = next;
      last = stat;
      continue;
    }
    if (++links > linkLimit) return undefined;
    const target = root.readlinkSync(root.rooted(top, next));
    if (target.startsWith('/')) {
      here = '/';
      last = first;
    }
    pending.unshift(...target.split('/').filter(Boolean));
  }
  return last === undefined ? undefined : { stat: last, name: here };
}

/**
 * Removes the primary groups of the users, which are no other writers. A user without an account here (of a
 * container's root file system) has a group of the same number.
 */
function withoutOwnGroups({ users, groups }: Writers): void {
  for (const user of users) groups.delete(firstGroupOf(user) ?? user);
}

/** Returns the permissions that all controlling users have: those of everybody where there are several. */
function rightsOf(writers: Writers): Credentials {
  const { users, groups, anybody, rootAlone } = writers;
  withoutOwnGroups(writers);
  if (anybody || users.size + groups.size > 1) return nobodyBut([]);
  const [user] = users;
  if (user !== undefined) return credentialsOfUser(user);
  // A writable group of root is empty, or the mask of an access list that may name anybody.
  if (groups.size > 0) return nobodyBut([...groups].filter((gid) => gid !== 0));
  return rootAlone ? credentialsOfUser(0) : 'own';
}

/**
 * Returns the permissions with which to read files named by a file (a path inside a root), and the file
 * itself: those of the least trusted user who may replace it, or something on its path. Throws the system's
 * error.
 */
export function rightsOfPath(file: string, top = '/'): Credentials {
  const writers: Writers = { users: new Set(), groups: new Set(), anybody: false, rootAlone: true };
  walk(top, file, (stat) => (stat.isSymbolicLink() ? addOwner : addWriters)(writers, stat));
  return rightsOf(writers);
}

/** Returns the permissions of each controlling user; a group counts as a user who is in it alone. */
function rightsOfEach(writers: Writers): readonly Credentials[] {
  const { users, groups, anybody, rootAlone } = writers;
  withoutOwnGroups(writers);
  const others = [
    ...[...users].map(credentialsOfUser),
    ...[...groups].map((gid) => nobodyBut([gid])),
    ...(anybody ? [nobodyBut([])] : []),
  ];
  return others.length > 0 ? others : [rootAlone ? credentialsOfUser(0) : 'own'];
}

/**
 * Adapts one result of {@link rightsOfDirectory} to files elsewhere. Group bits of root's group may stand for
 * an access list that names anybody, who must not read what root's group may.
 */
export function rightsElsewhere(who: Credentials): Credentials {
  return who !== 'own' && who.uid === -1 && who.gids.has(0) ? nobodyBut([]) : who;
}

/**
 * Returns the permissions with which to read what a directory, and `files` that belong to it, name; all are
 * paths inside a root. They are those of the directory's owner, and of everybody who owns a symlink on the
 * way or may write to the directory, to one of the files, or to a directory that holds one: up to the
 * directory itself, or only the nearest if the file lies elsewhere. Directories above are not checked. What
 * each of them may read reveals nothing new to any of them. Undefined if the directory does not exist. Throws
 * the system's error.
 */
export function rightsOfDirectory(
  top: string,
  inside: string,
  files: readonly string[] = [],
): readonly Credentials[] | undefined {
  const writers: Writers = { users: new Set(), groups: new Set(), anybody: false, rootAlone: true };
  const end = walk(top, inside, (stat) => {
    if (stat.isSymbolicLink()) addOwner(writers, stat);
  });
  if (end?.stat.isDirectory() !== true) return undefined;
  addWriters(writers, end.stat);
  for (const file of files) {
    let holder: Stat | undefined;
    walk(top, file, (stat, name) => {
      if (stat.isSymbolicLink()) addOwner(writers, stat);
      else if (liesIn(end.name, name)) addWriters(writers, stat);
      else if (stat.isDirectory()) holder = stat;
      else for (const one of [holder, stat]) if (one !== undefined) addWriters(writers, one);
    });
  }
  return rightsOfEach(writers);
}
