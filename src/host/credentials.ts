/**
 * Whether somebody else could execute or read a file: a search on PATH passes over what the user of the target may not start, and what that user
 * may not read is not read for it, though root may look everywhere. Told from owners, groups, mode bits and capabilities, as the kernel decides
 * (path_resolution(7), inode(7), capabilities(7)). Access lists (acl(5)) cannot be read from here: of them the mask shows in the group's bits.
 */
import path from 'node:path';
import process from 'node:process';
import { accessSync, constants, readFileSync, type Stats } from './counted-fs.ts';
import { isKernelDirectory } from './kernel-files.ts';
import { traceKind } from './read-trace.ts';
import * as root from './root.ts';

/** Ids of a user namespace: so many from `inside` on are those from `outside` on, as this process sees them (user_namespaces(7)). */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** Who would execute or read something, when it is not this process: ids as this process sees them. Made anew for each pass. */
export interface OtherCredentials {
  readonly uid: number;
  readonly gids: ReadonlySet<number>;
  /** Files of these ids are not kept from it by mode bits (CAP_DAC_OVERRIDE in that user namespace). */
  readonly overrides?: { readonly uids: readonly IdRange[]; readonly gids: readonly IdRange[] };
  /** Directories that were asked for already, and whether names may be looked up in them. */
  readonly searched: Map<string, boolean>;
  /** Of those the ones that no link leads to: a walk may begin there. */
  readonly plain: Set<string>;
}

/** Who would execute or read something; for this process itself the kernel is asked. */
export type Credentials = 'own' | OtherCredentials;

/** What stat says of a file as far as it decides. */
interface Rights {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** All ids there are: those of a process in the user namespace of this one. */
export const everyId: readonly IdRange[] = [{ inside: 0, outside: 0, count: 2 ** 32 }];

const within = (ranges: readonly IdRange[], id: number) =>
  ranges.some(({ outside, count }) => id >= outside && id < outside + count);

function linesOf(file: string): readonly (readonly string[])[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  } catch {
    return [];
  }
}

function accountOf(uid: number): readonly string[] | undefined {
  return linesOf('/etc/passwd').find(([, , id]) => id === `${uid}`);
}

/** The first group of a user by this host's own file (passwd(5)); undefined without an account. */
export function firstGroupOf(uid: number): number | undefined {
  const group = accountOf(uid)?.[3] ?? '';
  return /^\d+$/.test(group) ? Number(group) : undefined;
}

/** The groups of a uid by this host's own files (passwd(5), group(5)); a user of a directory service has none here. */
function groupsOf(uid: number): ReadonlySet<number> {
  const account = accountOf(uid);
  if (account === undefined) return new Set();
  const [name = '', , , first] = account;
  const further = linesOf('/etc/group').filter(([, , , members]) => members?.split(',').includes(name));
  return new Set([first, ...further.map(([, , gid]) => gid)].filter(Boolean).map(Number));
}

/** The credentials of a user of this host, by its files. */
export function credentialsOfUser(uid: number): Credentials {
  if (uid === process.geteuid?.()) return 'own';
  return {
    uid,
    gids: groupsOf(uid),
    ...(uid === 0 ? { overrides: { uids: everyId, gids: everyId } } : {}),
    searched: new Map(),
    plain: new Set(),
  };
}

/** The credentials of a process that ran with these ids, as this process sees them, and without capabilities. */
export function credentialsOfIds(uid: number, gids: ReadonlySet<number>): Credentials {
  if (uid === process.geteuid?.()) return 'own';
  return { uid, gids, searched: new Map(), plain: new Set() };
}

/** Whether this process may read no more than somebody: then the kernel says all that is to be said. */
export function readsAsMuch(who: Credentials): boolean {
  const own = process.geteuid?.();
  return who === 'own' || (who.uid === own && (own !== 0 || who.overrides?.uids === everyId));
}

/** Whether mode bits let somebody read or execute a file, or read a directory, look up names in it (`search`) or make files (`fill`). */
export function allows(
  stat: Rights,
  who: OtherCredentials,
  what: 'read' | 'execute' | 'search' | 'fill',
): boolean {
  const { overrides, gids } = who;
  if (overrides !== undefined && within(overrides.uids, stat.uid) && within(overrides.gids, stat.gid))
    return what !== 'execute' || (stat.mode & 0o111) !== 0;
  const bits = { read: 0o4, execute: 0o1, search: 0o1, fill: 0o3 }[what];
  const shift = stat.uid === who.uid ? 6 : gids.has(stat.gid) ? 3 : 0;
  return ((stat.mode >> shift) & bits) === bits;
}

/** As the kernel's limit of links on one path. */
const linkLimit = 40;

/** Whether somebody may look up names in a directory, given by its real path; noted, so that other rights make another pass. */
function maySearch(top: string, directory: string, who: OtherCredentials): boolean {
  const file = root.rooted(top, directory);
  const before = who.searched.get(file);
  if (before !== undefined) return before;
  const stat = root.lstatSync(file);
  traceKind(file, stat);
  const may = stat !== undefined && allows(stat, who, 'search');
  who.searched.set(file, may);
  return may;
}

/**
 * Whether somebody may look up names in every directory above a file, given by its real path inside a root; those from `below` upward, which is not the
 * root itself, are not asked.
 */
export function maySearchAbove(top: string, real: string, who: OtherCredentials, below = '/'): boolean {
  for (let here = path.dirname(real); ; here = path.dirname(here)) {
    if (here === below && below !== '/') return true;
    if (!maySearch(top, here, who)) return false;
    if (here === '/') return true;
  }
}

/** What stands at a path inside a root, links followed as the kernel would for somebody; undefined where that one gets nowhere. Throws the system's error. */
export function statFor(top: string, inside: string, who: OtherCredentials): Stats | undefined {
  const start = path.dirname(inside);
  const known = who.plain.has(root.rooted(top, start));
  const pending = known ? [path.basename(inside)] : inside.split('/').filter(Boolean);
  let here = known ? start : '/';
  let links = 0;
  let plain = !pending.includes('..');
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (!maySearch(top, here, who)) return undefined;
    if (plain) who.plain.add(root.rooted(top, here));
    const next = path.join(here, name);
    const stat = root.lstatSync(root.rooted(top, next));
    if (stat === undefined) return undefined;
    if (stat.isSymbolicLink()) {
      // Links of /proc lead by themselves, wherever their text says (proc_pid_root(5)), and the kernel asks who follows.
      if (++links > linkLimit || isKernelDirectory(root.rooted(top, here))) return undefined;
      plain = false;
      const target = root.readlinkSync(root.rooted(top, next));
      if (target.startsWith('/')) here = '/';
      pending.unshift(...target.split('/').filter(Boolean));
    } else if (stat.isDirectory()) {
      here = next;
    } else {
      return pending.length === 0 ? stat : undefined;
    }
  }
  return root.lstatSync(root.rooted(top, here));
}

/** Whether somebody may execute the file at a path inside a root: its own mode bits, and those of each directory on the way. */
export function mayExecute(top: string, inside: string, who: Credentials): boolean {
  try {
    if (who === 'own') {
      root.withRealHeld(root.rooted(top, inside), (held) => accessSync(held, constants.X_OK));
      return true;
    }
    const stat = statFor(top, inside, who);
    return stat !== undefined && !stat.isDirectory() && allows(stat, who, 'execute');
  } catch {
    return false;
  }
}
