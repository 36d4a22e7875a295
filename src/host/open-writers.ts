/**
 * Which processes have a file open for writing at this moment, by /proc: the kernel's word, without any privilege for those of the same user. What may not be
 * looked into is left out, and so is what ends meanwhile. Where there is no /proc there is nobody.
 */
import path from 'node:path';
import process from 'node:process';
import { processStart } from './cache-users.ts';
import { readdirSync, readFileSync, readlinkSync, type Stats, statSync } from './counted-fs.ts';
import { ifReadable } from './errors.ts';

/** A process with the file open for writing. */
export interface OpenWriter {
  readonly pid: number;
  /** The name of its program's file, at most 64 characters. Its arguments may be secret and are not read. */
  readonly program: string;
  /** When it began, ms since the epoch, to about a second: the kernel tells when the machine began in whole seconds. */
  readonly started: number;
}

/** Descriptors that are looked at; a host of builds has some thousand. */
const mostDescriptors = 20_000;
const longestName = 64;
/** Clock ticks of /proc are hundredths of a second on every Linux (USER_HZ). */
const tickMs = 10;

/** When the machine began, ms since the epoch (proc_stat(5), btime). */
function bootTime(): number | undefined {
  const seconds = /^btime (\d+)$/m.exec(ifReadable(() => readFileSync('/proc/stat', 'latin1')) ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** Whether a descriptor may write (proc_pid_fdinfo(5)): its flags are octal, the lowest two bits the access mode. */
function mayWrite(pid: number, fd: string): boolean {
  const text = ifReadable(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1')) ?? '';
  const flags = /^flags:\s*([0-7]+)$/m.exec(text)?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & 3) !== 0;
}

/** The identities of files, by their real paths. */
type Identities = ReadonlyMap<string, Stats>;

/** Whether a descriptor still is of that file. To follow a link of /proc may hang on a dead disk: only one that has the right name is followed. */
function isOf(pid: number, fd: string, { dev, ino }: Stats): boolean {
  const open = ifReadable(() => statSync(`/proc/${pid}/fd/${fd}`));
  return open?.ino === ino && open.dev === dev;
}

/** A file that a process has open for writing, by its real path, with one of the descriptors. */
interface Held {
  readonly real: string;
  readonly file: Stats;
  readonly fd: string;
}

/** The files that a process has open for writing, each once. */
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

/** The name of a program's file, cut between characters and not within a surrogate pair. */
const nameOf = (program: string) =>
  [...path.basename(program).replace(/ \(deleted\)$/, '')].slice(0, longestName).join('');

/** Who a process is. */
function processOf(pid: number, boot: number): (OpenWriter & { readonly ticks: string }) | undefined {
  const ticks = processStart(pid);
  const program = ifReadable(() => readlinkSync(`/proc/${pid}/exe`));
  if (ticks === undefined || program === undefined) return undefined;
  return { pid, program: nameOf(program), started: boot + Number(ticks) * tickMs, ticks };
}

/** Who has files open for writing. */
export interface OpenFiles {
  /** By the real path of the file; nobody where it is not there. */
  readonly writers: ReadonlyMap<string, readonly OpenWriter[]>;
  /** Whether all descriptors that may be looked at were: where there are more than a look may cost, others may have a file open as well. */
  readonly whole: boolean;
}

/** The processes but this one that have files, named by their real paths, open for writing: one walk through the descriptors of all for all of them. */
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
      // The pid may belong to another process since its descriptors were listed: the one that was asked about must still have the file.
      const isSame = who !== undefined && isOf(pid, fd, file) && processStart(pid) === who.ticks;
      if (!isSame) continue;
      const { ticks: _, ...writer } = who;
      writers.set(real, [...(writers.get(real) ?? []), writer]);
    }
  }
  return { writers, whole: true };
}
