/**
 * Accesses files of another root: of a process in a container, a chroot or its own mount namespace. A root is
 * held open, so it stays the same however the process ends. Its name encodes its identity (descriptor,
 * device, inode, pid, start time) and is no path of the host, so that code which bypasses this file finds
 * nothing.
 *
 * Below a root every name is opened from the directory before it, and the kernel follows no symlink
 * (`/proc/self/fd/N/name`, O_NOFOLLOW): symlinks are resolved here, inside the root. Paths of the host pass
 * unchanged.
 */

import path from 'node:path';
import { nameOf, systemPath } from './byte-names.ts';
import * as fs from './counted-fs.ts';

const { constants } = fs;
/**
 * Flag for a descriptor that identifies a file without opening it. Not among Node's constants; the same on
 * every Linux that Node runs on (asm-generic/fcntl.h).
 */
export const O_PATH = 0o10000000;
const directoryFlags = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const linkLimit = 40; // the kernel's MAXSYMLINKS

const rootName = /^\/proc\/\.root-(\d+)-(\d+)-(\d+)-\d+-\d+(?=\/|$)/;

function fail(code: string, file: string): never {
  throw Object.assign(new Error(`${code}: ${file}`), { code });
}

/**
 * Returns the form in which this file's functions take a path of a root. `inside` is absolute, and has no
 * meaning outside of the root.
 */
export function rooted(root: string, inside: string): string {
  return root === '/' ? inside : root + path.resolve('/', inside);
}

/** Reports whether a path begins with the name of another root. */
export function isRooted(file: string): boolean {
  return file.startsWith('/proc/.root-');
}

/** Returns the pid in the name of another root; undefined for the host's root. */
export function processOfRoot(root: string): number | undefined {
  const pid = /-(\d+)-\d+$/.exec(rootName.exec(root)?.[0] ?? '')?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** Splits a path into its root (`/` for the host) and the path inside. */
export function splitRoot(file: string): [root: string, inside: string] {
  const name = isRooted(file) ? (rootName.exec(file)?.[0] ?? fail('ENOENT', file)) : '';
  return name === '' ? ['/', file] : [name, file.slice(name.length) || '/'];
}

/**
 * Runs `use` with the root of a path open, and the names below it. Another thread may release a root at any
 * time and its descriptor number be reused: so our own descriptor is opened and compared with the identity in
 * the name.
 */
function inRoot<T>(file: string, use: (fd: number, names: readonly string[]) => T): T {
  const [name, fd, dev, ino] = rootName.exec(file) ?? fail('ENOENT', file);
  const top = fs.openSync(`/proc/self/fd/${fd}/.`, directoryFlags);
  try {
    const held = fs.fstatSync(top);
    if (`${held.dev}` !== dev || `${held.ino}` !== ino) fail('ENOENT', file);
    const names = file
      .slice(name.length)
      .split('/')
      .filter((one) => one !== '' && one !== '.');
    return use(top, names);
  } finally {
    fs.closeSync(top);
  }
}

const below = (fd: number, name: string) => systemPath(`/proc/self/fd/${fd}/${name}`);

/** Runs `use` with the last name of a resolved path (`.` for the root itself) below its open directory. */
function inDirectory<T>(file: string, use: (at: string | Buffer) => T): T {
  return inRoot(file, (fd, names) => {
    if (names.includes('..')) fail('EINVAL', file);
    let here = fd;
    const leave = (next: number) => {
      if (here !== fd) fs.closeSync(here);
      here = next;
    };
    try {
      for (const name of names.slice(0, -1)) leave(fs.openSync(below(here, name), directoryFlags));
      return use(below(here, names.at(-1) ?? '.'));
    } finally {
      leave(fd);
    }
  });
}

/**
 * Resolves a path inside a root as a process in that root would: an absolute symlink starts at the root, and
 * `..` stops there. `file` begins with the name of a root. Throws the system's error.
 */
export function resolveRooted(file: string): string {
  return inRoot(file, (fd, names) => resolveFrom(file, fd, names));
}

function resolveFrom(file: string, fd: number, names: readonly string[]): string {
  const [root = ''] = rootName.exec(file) ?? [];
  const open: { readonly name: string; readonly fd: number }[] = [];
  const leave = (count: number) => {
    for (const one of open.splice(count)) if (one.fd !== -1) fs.closeSync(one.fd);
  };
  const pending = [...names];
  let links = 0;
  try {
    for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
      if (name === '.') continue;
      if (name === '..') {
        leave(Math.max(0, open.length - 1));
        continue;
      }
      const at = below(open.at(-1)?.fd ?? fd, name);
      const stat = fs.lstatSync(at);
      if (stat.isSymbolicLink()) {
        if (++links > linkLimit) fail('ELOOP', file);
        const target = linkAt(at);
        if (target.startsWith('/')) leave(0);
        pending.unshift(...target.split('/').filter(Boolean));
      } else if (stat.isDirectory()) {
        // Only a directory is opened here; a symlink that replaced it meanwhile is refused.
        open.push({ name, fd: fs.openSync(at, directoryFlags) });
      } else {
        if (pending.length > 0) fail('ENOTDIR', file);
        return rooted(root, [...open.map((one) => one.name), name].join('/'));
      }
    }
    return rooted(root, open.map((one) => one.name).join('/'));
  } finally {
    leave(0);
  }
}

/** lstat(2); undefined if the file does not exist. */
export function lstatSync(file: string): fs.Stats | undefined {
  const stat = (one: string | Buffer) => fs.lstatSync(one, { throwIfNoEntry: false });
  return isRooted(file) ? inDirectory(file, stat) : stat(systemPath(file));
}

/** lstat(2) with times in nanoseconds; throws if the file does not exist. */
export function lstatNanosSync(file: string): fs.BigIntStats {
  const stat = (one: string | Buffer) => fs.lstatSync(one, { bigint: true });
  return isRooted(file) ? inDirectory(file, stat) : stat(systemPath(file));
}

/** Returns the target of a symlink. */
const linkAt = (at: string | Buffer) => nameOf(fs.readlinkSync(at, { encoding: 'buffer' }));

/** readlink(2). */
export function readlinkSync(file: string): string {
  return isRooted(file) ? inDirectory(file, linkAt) : linkAt(systemPath(file));
}

/** stat(2); in another root symlinks are resolved inside it. */
export function statSync(file: string): fs.Stats | undefined {
  if (!isRooted(file)) return fs.statSync(systemPath(file), { throwIfNoEntry: false });
  const stat = lstatSync(resolveRooted(file));
  return stat?.isSymbolicLink() ? fail('ELOOP', file) : stat;
}

/**
 * open(2) for reading. Below another root a symlink anywhere is refused (ELOOP), because the path is a
 * resolved one.
 */
export function openSync(file: string, flags: number): number {
  if (!isRooted(file)) return fs.openSync(systemPath(file), flags);
  return inDirectory(file, (one) => fs.openSync(one, flags | constants.O_NOFOLLOW));
}

/**
 * Runs `use` with a host path of a resolved file or directory that stays the same whatever is exchanged below
 * its root. For calls that take no descriptor: access(2), statfs(2), listing, watching.
 */
export function withHeld<T>(file: string, use: (held: string) => T): T {
  if (!isRooted(file) && file.isWellFormed()) return use(file);
  const fd = openSync(file, O_PATH);
  try {
    if (fs.fstatSync(fd).isSymbolicLink()) fail('ELOOP', file);
    return use(`/proc/self/fd/${fd}`);
  } finally {
    fs.closeSync(fd);
  }
}

/** {@link withHeld} with symlinks on the path resolved. */
export function withRealHeld<T>(file: string, use: (held: string) => T): T {
  return withHeld(isRooted(file) ? resolveRooted(file) : file, use);
}

/** Returns the entries of a directory with their kinds. */
export function readdirSync(directory: string): readonly fs.Dirent[] {
  return withHeld(directory, (held) => fs.readdirSync(held, { withFileTypes: true }));
}

/** Identifies a process: a pid can be reused, a pid with its start time cannot. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot (proc_pid_stat(5), field 22). */
  readonly start: string;
}

/** Returns the process that has a pid now; undefined if there is none. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  try {
    // The program name is in parentheses and may contain any character: fields count from the last one; the
    // first after it, the state, is the third.
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    return /^\d+$/.test(start) ? { pid, start } : undefined;
  } catch {
    return undefined;
  }
}

/** Reports whether the process still runs under its pid. */
export function isRunning({ pid, start }: ProcessIdentity): boolean {
  return processIdentity(pid)?.start === start;
}

/**
 * Returns device, inode and mount namespace of a process's root (a pid, or `self`): two processes with the
 * same mark see the same files under the same paths. Throws the system's error if unknown.
 */
export function rootMark(process: string): string {
  const { dev, ino } = fs.statSync(`/proc/${process}/root/`);
  return `${dev} ${ino} ${fs.readlinkSync(`/proc/${process}/ns/mnt`)}`;
}

/** Reports whether a process sees the same files as this one. Throws the system's error if unknown. */
export function sharesRoot(pid: number): boolean {
  return rootMark(`${pid}`) === rootMark('self');
}

const held = new Map<
  string,
  { readonly root: string; readonly fd: number; readonly process: ProcessIdentity }
>();
/** Most roots held open, each by a descriptor; a host has about as many targets in other roots at a time. */
const heldLimit = 64;

/**
 * Returns the root of a process: `/` if it is this process's own, else one that is held open. Throws the
 * system's error, ENOENT if the process is gone or its pid was reused; never falls back to this process's
 * root.
 */
export function rootOf(process: ProcessIdentity): string {
  const { pid, start } = process;
  const shared = sharesRoot(pid);
  const key = `${pid} ${start} ${rootMark(`${pid}`)}`;
  const known = shared ? undefined : held.get(key);
  if (known !== undefined && isRunning(process)) return known.root;
  const fd = shared ? -1 : fs.openSync(`/proc/${pid}/root`, O_PATH | constants.O_DIRECTORY);
  if (!isRunning(process)) {
    if (fd !== -1) fs.closeSync(fd);
    return fail('ENOENT', `process ${pid}`);
  }
  if (shared) return '/';
  const { dev, ino } = fs.fstatSync(fd);
  const root = `/proc/.root-${fd}-${dev}-${ino}-${pid}-${start}`;
  for (const [oldest, one] of held) {
    if (held.size < heldLimit) break;
    held.delete(oldest);
    fs.closeSync(one.fd);
  }
  held.set(key, { root, fd, process: { pid, start } });
  return root;
}

/**
 * Releases the roots of ended processes: while one is open its file system cannot be unmounted, and its
 * container could not be removed.
 */
export function releaseEndedRoots(): void {
  for (const [key, { fd, process }] of held) {
    if (isRunning(process)) continue;
    held.delete(key);
    fs.closeSync(fd);
  }
}
