/**
 * Whose a process is, and with which rights it reads. The environment of a process is the word of whoever started it: a program with the setuid bit runs as
 * root with the environment of anybody, so who owns /proc/<pid>, and the effective uid, say nothing. A process belongs to one user when its real,
 * effective, saved and file system ids are the same (credentials(7)) and the kernel started its program without gained rights (AT_SECURE,
 * getauxval(3)), which `su` and `sudo` keep when they become root as a whole.
 */

import { readFileSync, readlinkSync } from './counted-fs.ts';
import { everyId, type IdRange, type OtherCredentials } from './credentials.ts';
import { errorCode } from './errors.ts';

/** A process as its owner is told. */
export interface ProcessOwner {
  /** Real uid, as this process sees it. */
  readonly uid: number;
  /** Its rights; undefined where it is no one user's. */
  readonly credentials?: OtherCredentials;
  /** The same text means that no ids changed meanwhile and that it is the same program (execve(2) keeps pid and start time). */
  readonly mark: string;
}

/** CAP_DAC_OVERRIDE (capabilities(7)). */
const dacOverride = 1n << 1n;

/** The ids of a map of /proc, `uid_map` or `gid_map`. */
function idMap(text: string): readonly IdRange[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter((numbers) => numbers.length === 3)
    .map(([inside = 0, outside = 0, count = 0]) => ({ inside, outside, count }));
}

/** A field of /proc/<pid>/status (proc_pid_status(5)). */
const fieldOf = (status: string, name: string): string =>
  new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1] ?? '';

const idsOf = (text: string): readonly number[] => text.split(/\s+/).filter(Boolean).map(Number);

/** The real uid of a process; undefined when it is gone. */
export function realUidOf(pid: number): number | undefined {
  try {
    return idsOf(fieldOf(readFileSync(`/proc/${pid}/status`, 'latin1'), 'Uid'))[0];
  } catch {
    return undefined;
  }
}

/** Types of entries of an auxiliary vector (linux/auxvec.h); the last one is AT_NULL. */
const atSecure = 23;
/** Types are small numbers: what is none was read in words of the wrong size. */
const typeLimit = 4096;

/**
 * Whether a program was started with rights that its caller had not (setuid, setgid or file capabilities), by its auxiliary vector: pairs of words of
 * its own size. Undefined for what is no such vector, as that of a process that has ended.
 */
export function startedSecure(auxv: Uint8Array): boolean | undefined {
  const view = new DataView(auxv.buffer, auxv.byteOffset, auxv.byteLength);
  const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  for (const size of [8, 4]) {
    const word = (at: number) =>
      size === 8 ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little);
    for (let at = 0; at + 2 * size <= auxv.length; at += 2 * size) {
      const type = word(at);
      if (type === 0) return undefined;
      if (type >= typeLimit) break;
      if (type === atSecure) return word(at + size) !== 0;
    }
  }
  return undefined;
}

/** Who a process is now, by /proc. Throws the system's error when it is gone, or may not be asked. */
export function processOwner(pid: number): ProcessOwner {
  const secure = startedSecure(readFileSync(`/proc/${pid}/auxv`));
  if (secure === undefined) throw Object.assign(new Error(`ESRCH: ${pid}`), { code: 'ESRCH' });
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const [uidLine, gidLine, groups, effective] = ['Uid', 'Gid', 'Groups', 'CapEff'].map((name) =>
    fieldOf(status, name),
  ) as [string, string, string, string];
  const [uids, gids] = [idsOf(uidLine), idsOf(gidLine)];
  const [uid = -1] = uids;
  const [gid = -1] = gids;
  const namespace = readlinkSync(`/proc/${pid}/ns/user`);
  const program = readlinkSync(`/proc/${pid}/exe`);
  const mark = [secure, uidLine, gidLine, groups, effective, namespace, program].join('\n');
  const oneUser = !secure && new Set(uids).size === 1 && new Set(gids).size === 1;
  if (!oneUser) return { uid, mark };
  const shared = namespace === readlinkSync('/proc/self/ns/user');
  const mapped = (name: string) => (shared ? everyId : idMap(readFileSync(`/proc/${pid}/${name}`, 'latin1')));
  const uidMap = mapped('uid_map');
  // Whoever is not root where it is loses its capabilities with the next program that it starts.
  const isRoot = uidMap.some(({ inside, outside }) => inside === 0 && outside === uid);
  const overrides = isRoot && (BigInt(`0x${effective || '0'}`) & dacOverride) !== 0n;
  return {
    uid,
    mark,
    credentials: {
      uid,
      gids: new Set([gid, ...idsOf(groups)]),
      ...(overrides ? { overrides: { uids: uidMap, gids: mapped('gid_map') } } : {}),
      searched: new Map(),
      plain: new Set(),
    },
  };
}

/** What was read of a process while it was one user's from before to after; `mixed` where it is no one user's, `changed` where it became another. */
export type OwnedReading<T> =
  | { readonly value: T; readonly credentials: OtherCredentials }
  | { readonly refused: 'mixed' | 'changed' };

/** Reads something of a process of `uid`, which no execve and no change of ids turns into the word of somebody else. Throws the system's error. */
export function readOwned<T>(pid: number, uid: number, read: () => T): OwnedReading<T> {
  const before = processOwner(pid);
  if (before.uid !== uid) return { refused: 'changed' };
  if (before.credentials === undefined) return { refused: 'mixed' };
  const value = read();
  if (markNow(pid) !== before.mark) return { refused: 'changed' };
  return { value, credentials: before.credentials };
}

/** The mark of a process; undefined in the middle of an execve(2), where it has no auxiliary vector, and of one that nobody has waited for yet. */
function markNow(pid: number): string | undefined {
  try {
    return processOwner(pid).mark;
  } catch (error) {
    if (errorCode(error) === 'ESRCH' && realUidOf(pid) !== undefined) return undefined;
    throw error;
  }
}
