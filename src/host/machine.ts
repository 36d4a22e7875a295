/**
 * Facts about this process and this machine: environment, user, operating system, clocks, and other
 * processes.
 */
import { promises as fs, readFileSync, statSync } from 'node:fs';
import os from 'node:os';
import process from 'node:process';
import { ifReadable } from './errors.ts';
import { processIdentity } from './root.ts';

/** Milliseconds since the epoch. */
export type Clock = () => number;
export const systemClock: Clock = () => Date.now();
/**
 * Milliseconds since the start of this process by CLOCK_MONOTONIC, which nobody can set: for durations and
 * deadlines.
 */
export const steadyClock: Clock = () => performance.now();

/** Returns the number of cores that this process may use. */
export function availableCores(): number {
  return os.availableParallelism();
}

/** Returns the environment of this process. */
export function ownEnvironment(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

/**
 * Returns the path of the working directory; undefined if it is not UTF-8, because Node replaces such bytes
 * and the path would lead elsewhere. Throws if the directory was removed.
 */
export function ownDirectory(): string | undefined {
  const directory = process.cwd();
  if (!directory.includes('\ufffd')) return directory;
  const [here, there] = ['.', directory].map((file) => statSync(file, { throwIfNoEntry: false }));
  return here?.dev === there?.dev && here?.ino === there?.ino ? directory : undefined;
}

/**
 * Returns the first of these command-line words that is not UTF-8, so that Node has altered it; undefined if
 * there is none or it cannot be told.
 */
export function damagedWord(words: readonly string[]): string | undefined {
  const doubtful = words.filter((word) => word.includes('\ufffd'));
  if (doubtful.length === 0) return undefined;
  const given = ifReadable(() => readFileSync('/proc/self/cmdline', 'latin1').split('\0'));
  return given && doubtful.find((word) => !given.includes(Buffer.from(word).toString('latin1')));
}

/**
 * Parses `KEY=VALUE` pairs separated by NUL, as in `/proc/<pid>/environ`. The first of equal keys counts, as
 * in libc and Go.
 */
export function parseEnviron(bytes: Uint8Array): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const pair of Buffer.from(bytes).toString('utf8').split('\0')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && !variables.has(pair.slice(0, equals)))
      variables.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  return variables;
}

/** Facts of the operating system. `user` and `shell` are undefined for a uid without a passwd entry. */
export interface Machine {
  readonly hostname: string;
  readonly platform: NodeJS.Platform;
  readonly kernel: string;
  readonly arch: string;
  readonly uid: number;
  /** Groups of this process. */
  readonly gids: readonly number[];
  readonly home?: string;
  readonly user?: string;
  readonly shell?: string;
}

/** Reads {@link Machine}; never throws, because containers run under uids without a passwd entry. */
export function readMachine(): Machine {
  const base = {
    hostname: os.hostname(),
    platform: process.platform,
    kernel: os.release(),
    arch: os.arch(),
    uid: process.getuid?.() ?? -1,
    gids: [...new Set([process.getgid?.() ?? -1, ...(process.getgroups?.() ?? [])])],
  };
  try {
    const user = os.userInfo();
    return { ...base, home: user.homedir, user: user.username, ...(user.shell ? { shell: user.shell } : {}) };
  } catch {
    return base;
  }
}

/** A process whose command line or executable can be matched. */
export interface ProcessInfo {
  readonly pid: number;
  /** Start time, which distinguishes processes that had the same pid ({@link ProcessIdentity}). */
  readonly start: string;
  /** Absent if the link may not be read, which takes the same permission as reading the environment. */
  readonly exe?: string;
  /** Its name, cut to 15 bytes and readable by everybody (proc_pid_comm(5)). */
  readonly comm: string;
  readonly cmdline: string;
}

/** Returns every process visible to this one, oldest first; those that vanish meanwhile are left out. */
export async function listProcesses(): Promise<readonly ProcessInfo[]> {
  const found: ProcessInfo[] = [];
  for (const name of await fs.readdir('/proc').catch(() => [] as string[])) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const identity = processIdentity(Number(name));
      if (identity === undefined) continue;
      const cmdline = (await fs.readFile(`/proc/${name}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
      const comm = (await fs.readFile(`/proc/${name}/comm`, 'utf8')).trim();
      const exe = await fs.readlink(`/proc/${name}/exe`).catch(() => undefined);
      found.push({ ...identity, comm, cmdline, ...(exe === undefined ? {} : { exe }) });
    } catch {}
  }
  // Pids say nothing about age: their numbers wrap around.
  return found.sort((a, b) => Number(a.start) - Number(b.start) || a.pid - b.pid);
}

/** Effective uid of this process; -1 on systems without uids. */
export const ownUid = process.geteuid?.() ?? -1;

/** Effective gid of this process; -1 on systems without gids. */
export const ownGid = process.getegid?.() ?? -1;

/** Process id of this process. */
export const ownPid = process.pid;
