/**
 * Determines the user behind a process, and its permissions. The environment of a process is chosen by the
 * user who started it: a setuid program runs as root with anybody's environment, so the owner of /proc/<pid>
 * and the effective uid prove nothing. A process belongs to one user if its real, effective, saved and file
 * system ids are equal (credentials(7)) and the kernel did not start its program with gained privileges
 * (AT_SECURE, getauxval(3)). `su` and `sudo`, which become root completely, keep that flag.
 */

import { readFileSync, readlinkSync } from './counted-fs.ts';
import { everyId, type IdRange, type OtherCredentials } from './credentials.ts';
import { errorCode } from './errors.ts';

/** The owner of a process. */
export interface ProcessOwner {
  /** Real uid, as this process sees it. */
  readonly uid: number;
  /** Its permissions; undefined if it belongs to no single user. */
  readonly credentials?: OtherCredentials;
  /** Changes whenever the ids or the program change (execve(2) keeps pid and start time). */
  readonly mark: string;
}

/** CAP_DAC_OVERRIDE (capabilities(7)). */
const dacOverride = 1n << 1n;

/** Parses a `uid_map` or `gid_map` of /proc. */
function idMap(text: string): readonly IdRange[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter((numbers) => numbers.length === 3)
    .map(([inside = 0, outside = 0, count = 0]) => ({ inside, outside, count }));
}

/** Returns a field of /proc/<pid>/status (proc_pid_status(5)). */
const fieldOf = (status: string, name: string): string =>
  new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1] ?? '';

const idsOf = (text: string): readonly number[] => text.split(/\s+/).filter(Boolean).map(Number);

/** Returns the real uid of a process; undefined if it is gone. */
export function realUidOf(pid: number): number | undefined {
  try {
    return idsOf(fieldOf(readFileSync(`/proc/${pid}/status`, 'latin1'), 'Uid'))[0];
  } catch {
    return undefined;
  }
}

/** Entry type of AT_SECURE in an auxiliary vector (linux/auxvec.h); type 0, AT_NULL, is the last entry. */
const atSecure = 23;
/** Types are small numbers: a larger one means that the word size is wrong. */
const typeLimit = 4096;

/**
 * Reports whether a program was started with privileges that its caller lacked (setuid, setgid or file
 * capabilities), by its auxiliary vector: pairs of words of the program's word size. Undefined for an invalid
 * vector, such as that of an ended process.
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

/**
 * Returns the present owner of a process, by /proc. Throws the system's error if it is gone or may not be
 * read.
 */
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
  // A process that is not root in its namespace loses its capabilities with its next execve.
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

/**
 * What was read of a process that belonged to one user throughout. `mixed`: it belongs to no single user;
 * `changed`: its ids or program changed meanwhile.
 */
export type OwnedReading<T> =
  | { readonly value: T; readonly credentials: OtherCredentials }
  | { readonly refused: 'mixed' | 'changed' };

/**
 * Reads data of a process of `uid`, and refuses it if an execve or a change of ids may have made it another
 * user's. Throws the system's error.
 */
export function readOwned<T>(pid: number, uid: number, read: () => T): OwnedReading<T> {
  const before = processOwner(pid);
  if (before.uid !== uid) return { refused: 'changed' };
  if (before.credentials === undefined) return { refused: 'mixed' };
  const value = read();
  if (markNow(pid) !== before.mark) return { refused: 'changed' };
  return { value, credentials: before.credentials };
}

/**
 * Returns the mark of a process; undefined for one without auxiliary vector, in the middle of an execve(2) or
 * as a zombie.
 */
function markNow(pid: number): string | undefined {
  try {
    return processOwner(pid).mark;
  } catch (error) {
    if (errorCode(error) === 'ESRCH' && realUidOf(pid) !== undefined) return undefined;
    throw error;
  }
}
