/**
 * Decides whether another user could execute or read a file. A search on PATH skips programs that the
 * target's user may not start, and files that this user may not read are not read for it, though root could.
 * Owners, groups, mode bits and capabilities decide, as in the kernel (path_resolution(7), inode(7),
 * capabilities(7)). Access lists (acl(5)) cannot be read from here; their mask shows in the group bits.
 */
import path from 'node:path';
import process from 'node:process';
import { accessSync, constants, readFileSync, type Stats } from './counted-fs.ts';
import { isKernelDirectory } from './kernel-files.ts';
import { traceKind } from './read-trace.ts';
import * as root from './root.ts';

/**
 * A range of ids in a user namespace: `count` ids from `inside` on are those from `outside` on, as this
 * process sees them (user_namespaces(7)).
 */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** Credentials other than this process's: ids as this process sees them. Created anew for each pass. */
export interface OtherCredentials {
  readonly uid: number;
  readonly gids: ReadonlySet<number>;
  /** Ids whose files it may access despite mode bits (CAP_DAC_OVERRIDE in that user namespace). */
  readonly overrides?: { readonly uids: readonly IdRange[]; readonly gids: readonly IdRange[] };
  /** Cache: directories checked so far, and whether names may be looked up in them. */
  readonly searched: Map<string, boolean>;
  /** Directories among them whose path has no symlink: a walk may start there. */
  readonly plain: Set<string>;
}

/** Whose access is in question; `own` is this process, for which the kernel is asked. */
export type Credentials = 'own' | OtherCredentials;

/** The parts of stat that decide. */
interface Rights {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** All ids: the range of a process in this process's own user namespace. */
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

/**
 * Returns the primary group of a user by this host's /etc/passwd (passwd(5)); undefined without an account.
 */
export function firstGroupOf(uid: number): number | undefined {
  const group = accountOf(uid)?.[3] ?? '';
  return /^\d+$/.test(group) ? Number(group) : undefined;
}

/**
 * Returns the groups of a uid by this host's files (passwd(5), group(5)); none for a user of a directory
 * service.
 */
function groupsOf(uid: number): ReadonlySet<number> {
  const account = accountOf(uid);
  if (account === undefined) return new Set();
  const [name = '', , , first] = account;
  const further = linesOf('/etc/group').filter(([, , , members]) => members?.split(',').includes(name));
  return new Set([first, ...further.map(([, , gid]) => gid)].filter(Boolean).map(Number));
}

/** Returns the credentials of a user of this host, by its files. */
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

/**
 * Returns the credentials of a process with these ids, as this process sees them, and without capabilities.
 */
export function credentialsOfIds(uid: number, gids: ReadonlySet<number>): Credentials {
  if (uid === process.geteuid?.()) return 'own';
  return { uid, gids, searched: new Map(), plain: new Set() };
}

/** Reports whether `who` may read at least as much as this process; the kernel's answer is then enough. */
export function readsAsMuch(who: Credentials): boolean {
  const own = process.geteuid?.();
  return who === 'own' || (who.uid === own && (own !== 0 || who.overrides?.uids === everyId));
}

/**
 * Reports whether mode bits allow reading or executing a file, or reading a directory, looking up names in it
 * (`search`) or creating files in it (`fill`).
 */
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

/** The kernel's limit of symlinks on one path. */
const linkLimit = 40;

/**
 * Reports whether `who` may look up names in a directory (its real path). Recorded in the read trace, so that
 * changed permissions cause another pass.
 */
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
 * Reports whether `who` may look up names in every directory above a file (its real path inside a root). From
 * `below` upward, unless that is the root itself, nothing is checked.
 */
export function maySearchAbove(top: string, real: string, who: OtherCredentials, below = '/'): boolean {
  for (let here = path.dirname(real); ; here = path.dirname(here)) {
    if (here === below && below !== '/') return true;
    if (!maySearch(top, here, who)) return false;
    if (here === '/') return true;
  }
}

/**
 * Returns the stat of a path inside a root, following symlinks as the kernel would for `who`; undefined where
 * that fails. Throws the system's error.
 */
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
      // Links of /proc lead elsewhere than their text (proc_pid_root(5)), and the kernel checks who follows
      // them.
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

/**
 * Reports whether `who` may execute the file at a path inside a root: by its own mode bits and those of each
 * directory on the way.
 */
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
