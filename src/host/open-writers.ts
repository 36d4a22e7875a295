/**
 * Finds the processes that have a file open for writing right now, by /proc: first-hand from the kernel, and
 * without privileges for processes of the same user. Processes that may not be inspected or end meanwhile are
 * left out. Without /proc the result is empty.
 */
import path from 'node:path';
import process from 'node:process';
import { processStart } from './cache-users.ts';
import { readdirSync, readFileSync, readlinkSync, type Stats, statSync } from './counted-fs.ts';
import { ifReadable } from './errors.ts';

/** A process that has the file open for writing. */
export interface OpenWriter {
  readonly pid: number;
  /**
   * File name of its program, at most 64 characters. Its arguments are not read, because they may be secret.
   */
  readonly program: string;
  /**
   * Start time, ms since the epoch, accurate to about a second because the kernel reports the boot time in
   * whole seconds.
   */
  readonly started: number;
}

/** Most descriptors that are checked; a build host has some thousand. */
const mostDescriptors = 20_000;
const longestName = 64;
/** Length of a clock tick in /proc, ms: a hundredth of a second on every Linux (USER_HZ). */
const tickMs = 10;

/** Returns the boot time, ms since the epoch (proc_stat(5), btime). */
function bootTime(): number | undefined {
  const seconds = /^btime (\d+)$/m.exec(ifReadable(() => readFileSync('/proc/stat', 'latin1')) ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/**
 * Reports whether a descriptor is open for writing (proc_pid_fdinfo(5)): flags are octal, the lowest two bits
 * the access mode.
 */
function mayWrite(pid: number, fd: string): boolean {
  const text = ifReadable(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1')) ?? '';
  const flags = /^flags:\s*([0-7]+)$/m.exec(text)?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & 3) !== 0;
}

/** Stats of files by real path. */
type Identities = ReadonlyMap<string, Stats>;

/**
 * Reports whether a descriptor still is that file. Following a link of /proc may hang on a dead disk, so only
 * descriptors with the right name are followed.
 */
function isOf(pid: number, fd: string, { dev, ino }: Stats): boolean {
  const open = ifReadable(() => statSync(`/proc/${pid}/fd/${fd}`));
  return open?.ino === ino && open.dev === dev;
}

/** A file that a process has open for writing: real path, stat and one of the descriptors. */
interface Held {
  readonly real: string;
  readonly file: Stats;
  readonly fd: string;
}

/** Returns the files that a process has open for writing, each once. */
function held(pid: number, descriptors: readonly string[], files: Identities): readonly Held[] {
  const found = new Map<string, Held>();
  for (const fd of descriptors) {
    const real = ifReadable(() => readlinkSync(`/proc/${pid}/fd/${fd}`));
    const file = real === undefined ? undefined : files.get(real);
    if (real === undefined || file === undefined || found.has(real)) continue;
    if (mayWrite(pid, fd) && isOf(pid, fd, file)) found.set(real, { real, file, fd });
  }
  return [...found.values()];
}

/** Returns the file name of a program, cut to whole characters, never within a surrogate pair. */
const nameOf = (program: string) =>
  [...path.basename(program).replace(/ \(deleted\)$/, '')].slice(0, longestName).join('');

/** Identifies a process. */
function processOf(pid: number, boot: number): (OpenWriter & { readonly ticks: string }) | undefined {
  const ticks = processStart(pid);
  const program = ifReadable(() => readlinkSync(`/proc/${pid}/exe`));
  if (ticks === undefined || program === undefined) return undefined;
  return { pid, program: nameOf(program), started: boot + Number(ticks) * tickMs, ticks };
}

/** The processes that have files open for writing. */
export interface OpenFiles {
  /** Writers by real path of the file. */
  readonly writers: ReadonlyMap<string, readonly OpenWriter[]>;
  /** False if there are more descriptors than one observation may check, so that writers may be missing. */
  readonly whole: boolean;
}

/**
 * Returns the other processes that have files, named by real paths, open for writing: one walk through all
 * descriptors for all files.
 */
export function openWriters(reals: readonly string[], most = mostDescriptors): OpenFiles {
  const writers = new Map<string, OpenWriter[]>();
  const files = new Map(
    reals.flatMap((real) => {
      const file = ifReadable(() => statSync(real));
      return file === undefined ? [] : [[real, file] as const];
    }),
  );
  const boot = files.size === 0 ? undefined : bootTime();
  if (boot === undefined) return { writers, whole: true };
  let left = most;
  for (const name of ifReadable(() => readdirSync('/proc')) ?? []) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const descriptors = ifReadable(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
    left -= descriptors.length;
    if (left < 0) return { writers, whole: false };
    const found = held(pid, descriptors, files);
    if (found.length === 0) continue;
    const who = processOf(pid, boot);
    for (const { real, file, fd } of found) {
      // The pid may have been reused since its descriptors were listed: check again that this process has the
      // file.
      const isSame = who !== undefined && isOf(pid, fd, file) && processStart(pid) === who.ticks;
      if (!isSame) continue;
      const { ticks: _, ...writer } = who;
      writers.set(real, [...(writers.get(real) ?? []), writer]);
    }
  }
  return { writers, whole: true };
}
