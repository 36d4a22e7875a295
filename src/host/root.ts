/**
 * Files of another root: those of a process in a container, a chroot or a mount namespace of its own. A root is held open, so it stays the one that
 * was seen however the process ends; its name holds what it is (descriptor, device, inode, pid and start time) and is no path of the host, so
 * that whatever does not go through this file finds nothing. Below it every name is opened by itself, from the directory before it, and no link
 * is followed by the kernel (`/proc/self/fd/N/name`, O_NOFOLLOW): links are resolved here, inside the root. Paths of the host pass unchanged.
 */

import path from 'node:path';
import { nameOf, systemPath } from './byte-names.ts';
import * as fs from './counted-fs.ts';

const { constants } = fs;
/** A descriptor that tells what stands there and opens nothing. Not among Node's constants; the same on every Linux that Node runs on (asm-generic/fcntl.h). */
export const O_PATH = 0o10000000;
const directoryFlags = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const linkLimit = 40; // as the kernel's MAXSYMLINKS

const rootName = /^\/proc\/\.root-(\d+)-(\d+)-(\d+)-\d+-\d+(?=\/|$)/;

function fail(code: string, file: string): never {
  throw Object.assign(new Error(`${code}: ${file}`), { code });
}

/** A path of a root as this file's functions take it; a path inside a root is absolute and means nothing outside of it. */
export function rooted(root: string, inside: string): string {
  return root === '/' ? inside : root + path.resolve('/', inside);
}

/** Whether a path begins with the name of another root. */
export function isRooted(file: string): boolean {
  return file.startsWith('/proc/.root-');
}

/** The process whose root it is, by the name of another root; undefined for the host's. */
export function processOfRoot(root: string): number | undefined {
  const pid = /-(\d+)-\d+$/.exec(rootName.exec(root)?.[0] ?? '')?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** A path of the host or of a root as its root (`/` for the host) and the path inside. */
export function splitRoot(file: string): [root: string, inside: string] {
  const name = isRooted(file) ? (rootName.exec(file)?.[0] ?? fail('ENOENT', file)) : '';
  return name === '' ? ['/', file] : [name, file.slice(name.length) || '/'];
}

/**
 * Runs `use` with the root of a path open, and the names below it. Another thread may give a root back at any time, and its number be another
 * file's then: what is used is a descriptor of our own, which was compared with what the name says.
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

/** Runs `use` with the last name of a resolved path (`.` for the root itself), its directory being open. */
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
 * The real path of a path inside a root, links resolved as a process in that root sees them: an absolute link begins at the root again, and
 * `..` ends there. Throws the system's error. `file` begins with the name of a root.
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
        // Nothing but a directory is opened here; what was exchanged for a link meanwhile is refused.
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

/** As lstat(2). */
export function lstatSync(file: string): fs.Stats | undefined {
  const stat = (one: string | Buffer) => fs.lstatSync(one, { throwIfNoEntry: false });
  return isRooted(file) ? inDirectory(file, stat) : stat(systemPath(file));
}

/** As lstat(2), with times in nanoseconds. */
export function lstatNanosSync(file: string): fs.BigIntStats {
  const stat = (one: string | Buffer) => fs.lstatSync(one, { bigint: true });
  return isRooted(file) ? inDirectory(file, stat) : stat(systemPath(file));
}

/** Where a link leads. */
const linkAt = (at: string | Buffer) => nameOf(fs.readlinkSync(at, { encoding: 'buffer' }));

/** As readlink(2). */
export function readlinkSync(file: string): string {
  return isRooted(file) ? inDirectory(file, linkAt) : linkAt(systemPath(file));
}

/** As stat(2); of another root, what the links inside it lead to. */
export function statSync(file: string): fs.Stats | undefined {
  if (!isRooted(file)) return fs.statSync(systemPath(file), { throwIfNoEntry: false });
  const stat = lstatSync(resolveRooted(file));
  return stat?.isSymbolicLink() ? fail('ELOOP', file) : stat;
}

/** As open(2) for reading; below another root a link is refused (ELOOP) wherever it stands, as its path is a resolved one. */
export function openSync(file: string, flags: number): number {
  if (!isRooted(file)) return fs.openSync(systemPath(file), flags);
  return inDirectory(file, (one) => fs.openSync(one, flags | constants.O_NOFOLLOW));
}

/**
 * Runs `use` with a path of the host for a resolved file or directory, which stays the same one meanwhile whatever is exchanged below its root.
 * For calls that have no descriptor of their own: access(2), statfs(2), listing, watching.
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

/** As {@link withHeld}, of what the links on a path lead to. */
export function withRealHeld<T>(file: string, use: (held: string) => T): T {
  return withHeld(isRooted(file) ? resolveRooted(file) : file, use);
}

/** Names in a directory with their kinds. */
export function readdirSync(directory: string): readonly fs.Dirent[] {
  return withHeld(directory, (held) => fs.readdirSync(held, { withFileTypes: true }));
}

/** What makes a process the one that was found: a pid is used again, a start time with it is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot (proc_pid_stat(5), field 22). */
  readonly start: string;
}

/** The process that has a pid now; undefined when there is none. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  try {
    // The program's name stands in parentheses and may hold any character: fields count from the last one, the state being the third.
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    return /^\d+$/.test(start) ? { pid, start } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether it still runs, under the same pid. */
export function isRunning({ pid, start }: ProcessIdentity): boolean {
  return processIdentity(pid)?.start === start;
}

/**
 * Device, inode and mount namespace of a process's root (a pid, or `self`): equal in all of them, two processes see the same files under the same
 * paths. Throws the system's error where that cannot be told.
 */
export function rootMark(process: string): string {
  const { dev, ino } = fs.statSync(`/proc/${process}/root/`);
  return `${dev} ${ino} ${fs.readlinkSync(`/proc/${process}/ns/mnt`)}`;
}

/** Whether a process sees the files that this one sees. Throws the system's error where that cannot be told. */
export function sharesRoot(pid: number): boolean {
  return rootMark(`${pid}`) === rootMark('self');
}

const held = new Map<
  string,
  { readonly root: string; readonly fd: number; readonly process: ProcessIdentity }
>();
/** Each holds a descriptor; a host has as many targets of other roots at a time. */
const heldLimit = 64;

/**
 * The root of a process: `/` where it is this one's, else one that is held open. Throws the system's error, ENOENT when the process is gone or
 * another one has its pid; never answers this process's root for want of a better one.
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
 * Gives back the roots of processes that have ended: while one is open its file system cannot be unmounted, and a container whose processes are
 * gone could not be removed.
 */
export function releaseEndedRoots(): void {
  for (const [key, { fd, process }] of held) {
    if (isRunning(process)) continue;
    held.delete(key);
    fs.closeSync(fd);
  }
}
