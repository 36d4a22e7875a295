/**
 * Who decides what a path leads to: everybody who may exchange a directory or a link on its way, or write to the file at its end. The least trusted of
 * them counts, never the owner of that file alone: who owns a link chooses whose file is read.
 */
import path from 'node:path';
import process from 'node:process';
import { liesIn } from './atomic.ts';
import { type Credentials, credentialsOfUser, firstGroupOf } from './credentials.ts';
import { ownGid, ownUid } from './machine.ts';
import * as root from './root.ts';
import { groupWrites, othersWrite, sticky } from './write-bits.ts';

/** As the kernel's limit of links on one path. */
const linkLimit = 40;

/** Those who have a hand in it, besides root and this process. */
interface Writers {
  readonly users: Set<number>;
  /** Groups of users that may write there. */
  readonly groups: Set<number>;
  anybody: boolean;
  /** Of those two it was root alone. */
  rootAlone: boolean;
}

/** Rights that everybody has: those of a user without files, in `gids` alone. */
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

/** Whether the bits let everybody write. */
export const everybodyWrites = ({ mode }: { readonly mode: number }) => (mode & othersWrite) !== 0;

/**
 * Whether a group that may write is another hand: not that of an ordinary user's own process, which reads nothing with more than that user's rights.
 * Root's is no exception: the mask of an access list shows as the bits of the group (acl(5)), whoever it lets write.
 */
export const anotherGroupWrites = ({ mode, gid }: { readonly mode: number; readonly gid: number }) =>
  (mode & groupWrites) !== 0 && (ownUid === 0 || gid !== ownGid);

function addWriters(writers: Writers, stat: Stat): void {
  addOwner(writers, stat);
  // In a sticky directory each name is its owner's.
  if (stat.isDirectory() && (stat.mode & sticky) !== 0) return;
  if (everybodyWrites(stat)) writers.anybody = true;
  if (anotherGroupWrites(stat)) writers.groups.add(stat.gid);
}

/**
 * Goes the way of a path as the kernel does, hands on each directory, link and file of it with its real name inside the root, and answers what stands at
 * its end. Throws the system's error.
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

/** A group of one's own is no other hand; that of a user without an account here (of a container's root file system) has the user's number. */
function withoutOwnGroups({ users, groups }: Writers): void {
  for (const user of users) groups.delete(firstGroupOf(user) ?? user);
}

/** The rights that all of those have who decide: where they are several, what is everybody's. */
function rightsOf(writers: Writers): Credentials {
  const { users, groups, anybody, rootAlone } = writers;
  withoutOwnGroups(writers);
  if (anybody || users.size + groups.size > 1) return nobodyBut([]);
  const [user] = users;
  if (user !== undefined) return credentialsOfUser(user);
  // Behind bits of root's group stands nobody, or an access list that names anybody.
  if (groups.size > 0) return nobodyBut([...groups].filter((gid) => gid !== 0));
  return rootAlone ? credentialsOfUser(0) : 'own';
}

/**
 * With whose rights is read what a file says (a path inside a root), and the file itself: those of the least trusted who may exchange it, or something on
 * its way. Throws the system's error.
 */
export function rightsOfPath(file: string, top = '/'): Credentials {
  const writers: Writers = { users: new Set(), groups: new Set(), anybody: false, rootAlone: true };
  walk(top, file, (stat) => (stat.isSymbolicLink() ? addOwner : addWriters)(writers, stat));
  return rightsOf(writers);
}

/** The rights of each of those who decide: a group's are those of a user who is in it alone. */
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
 * Rights of one of {@link rightsOfDirectory} for what lies elsewhere: behind bits of root's group stands nobody, or an access list that names anybody,
 * and what root's group may read is not for that one.
 */
export function rightsElsewhere(who: Credentials): Credentials {
  return who !== 'own' && who.uid === -1 && who.gids.has(0) ? nobodyBut([]) : who;
}

/**
 * With whose rights is read what a directory, and `files` that belong to it, name; all are paths inside a root. Those of its owner, and of everybody who
 * made a link that leads there or may write to it, to one of the files, or to a directory that holds one: up to the directory itself, or the nearest
 * where the file lies elsewhere. What is above is not asked. What each of them may read tells none of them anything. Undefined where no directory
 * is there. Throws the system's error.
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
