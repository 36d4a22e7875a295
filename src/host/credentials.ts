/**
 * Whether somebody else could execute a file: a search on PATH passes over what the user of the target may not start, and root, which may look
 * everywhere, would take it. Told from owners, groups, mode bits and capabilities, as the kernel decides (path_resolution(7), inode(7),
 * capabilities(7)). Access lists (acl(5)) cannot be read from here: of them the mask shows in the group's bits.
 */
import { accessSync, constants, readFileSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { noteLive } from './look.ts';
import * as root from './root.ts';

/** Ids of a user namespace: so many from `inside` on are those from `outside` on, as this process sees them (user_namespaces(7)). */
interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** Who would execute something, when it is not this process: ids as this process sees them. Made anew for each pass. */
export interface OtherCredentials {
  readonly uid: number;
  /** Undefined where nobody tells them: the bit of any group counts. */
  readonly gids?: ReadonlySet<number>;
  /** Files of these ids are not kept from it by mode bits (CAP_DAC_OVERRIDE in that user namespace). */
  readonly overrides?: { readonly uids: readonly IdRange[]; readonly gids: readonly IdRange[] };
  /** Directories that were asked for already, and whether names may be looked up in them. */
  readonly searched: Map<string, boolean>;
}

/** Who would execute something; for this process itself the kernel is asked. */
export type Credentials = 'own' | OtherCredentials;

/** What stat says of a file as far as it decides. */
interface Rights {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

const everyId: readonly IdRange[] = [{ inside: 0, outside: 0, count: 2 ** 32 }];
const dacOverride = 1n << 1n;

const within = (ranges: readonly IdRange[], id: number) =>
  ranges.some(({ outside, count }) => id >= outside && id < outside + count);

/** The ids of a map of /proc, `uid_map` or `gid_map`. */
function idMap(text: string): readonly IdRange[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter((numbers) => numbers.length === 3)
    .map(([inside = 0, outside = 0, count = 0]) => ({ inside, outside, count }));
}

/** The credentials of a process, by /proc. Throws the system's error when it is gone. */
export function credentialsOf(pid: number): OtherCredentials {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  // Real, effective, saved, of the file system.
  const ids = (name: string) =>
    (new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '').split(/\s+/).filter(Boolean).map(Number);
  const uid = ids('Uid')[1] ?? -1;
  const capabilities = BigInt(`0x${/^CapEff:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  const shared = readlinkSync(`/proc/${pid}/ns/user`) === readlinkSync('/proc/self/ns/user');
  const mapped = (name: string) => (shared ? everyId : idMap(readFileSync(`/proc/${pid}/${name}`, 'latin1')));
  const uids = mapped('uid_map');
  // Whoever is not root where it is loses its capabilities with the next program that it starts.
  const isRoot = uids.some(({ inside, outside }) => inside === 0 && outside === uid);
  return {
    uid,
    gids: new Set([ids('Gid')[1] ?? -1, ...ids('Groups')]),
    ...(isRoot && (capabilities & dacOverride) !== 0n
      ? { overrides: { uids, gids: mapped('gid_map') } }
      : {}),
    searched: new Map(),
  };
}

/** The credentials of the owner of a file of this host, whose groups nobody tells. Throws the system's error when there is none. */
export function credentialsOfOwner(file: string): Credentials {
  const { uid } = statSync(file);
  if (uid === process.geteuid?.()) return 'own';
  return {
    uid,
    ...(uid === 0 ? { overrides: { uids: everyId, gids: everyId } } : {}),
    searched: new Map(),
  };
}

/** Whether mode bits let somebody execute a file, or look up names in a directory. */
function allows(stat: Rights, who: OtherCredentials, directory: boolean): boolean {
  const { overrides, gids } = who;
  if (overrides !== undefined && within(overrides.uids, stat.uid) && within(overrides.gids, stat.gid))
    return directory || (stat.mode & 0o111) !== 0;
  if (stat.uid === who.uid) return (stat.mode & 0o100) !== 0;
  if (gids === undefined) return (stat.mode & 0o011) !== 0;
  return (stat.mode & (gids.has(stat.gid) ? 0o010 : 0o001)) !== 0;
}

/** As the kernel's limit of links on one path. */
const linkLimit = 40;

/** Whether somebody may look up names in a directory; noted, so that other rights make another pass. */
function maySearch(top: string, directory: string, who: OtherCredentials): boolean {
  const file = root.rooted(top, directory);
  const before = who.searched.get(file);
  if (before !== undefined) return before;
  const rights = () => {
    const stat = root.lstatSync(file);
    return stat === undefined ? '' : `${stat.uid} ${stat.gid} ${stat.mode}`;
  };
  const then = rights();
  noteLive(`rights of ${file}`, then, rights);
  const [uid = -1, gid = -1, mode = 0] = then.split(' ').map(Number);
  const may = allows({ uid, gid, mode }, who, true);
  who.searched.set(file, may);
  return may;
}

/** Walks to a file as the kernel would for somebody, inside a root. Throws the system's error. */
function reaches(top: string, inside: string, who: OtherCredentials): boolean {
  const pending = inside.split('/').filter(Boolean);
  let here = '/';
  let links = 0;
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (!maySearch(top, here, who)) return false;
    const next = path.join(here, name);
    const stat = root.lstatSync(root.rooted(top, next));
    if (stat === undefined) return false;
    if (stat.isSymbolicLink()) {
      if (++links > linkLimit) return false;
      const target = root.readlinkSync(root.rooted(top, next));
      if (target.startsWith('/')) here = '/';
      pending.unshift(...target.split('/').filter(Boolean));
    } else if (stat.isDirectory()) {
      here = next;
    } else {
      return pending.length === 0 && allows(stat, who, false);
    }
  }
  return false;
}

/** Whether somebody may execute the file at a path inside a root: its own mode bits, and those of each directory on the way. */
export function mayExecute(top: string, inside: string, who: Credentials): boolean {
  try {
    if (who !== 'own') return reaches(top, inside, who);
    root.withRealHeld(root.rooted(top, inside), (held) => accessSync(held, constants.X_OK));
    return true;
  } catch {
    return false;
  }
}
