/**
 * Which processes have a file open for writing at this moment, by /proc: the kernel's word, without any privilege for those of the same user. What may not be
 * looked into is left out, and so is what ends meanwhile. Where there is no /proc there is nobody.
 */
import path from 'node:path';
import process from 'node:process';
import { processStart } from './cache-users.ts';
import { readdirSync, readFileSync, readlinkSync, type Stats, statSync } from './counted-fs.ts';

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

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** When the machine began, ms since the epoch (proc_stat(5), btime). */
function bootTime(): number | undefined {
  const seconds = /^btime (\d+)$/m.exec(attempt(() => readFileSync('/proc/stat', 'latin1')) ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** Whether a descriptor may write (proc_pid_fdinfo(5)): its flags are octal, the lowest two bits the access mode. */
function mayWrite(pid: number, fd: string): boolean {
  const text = attempt(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1')) ?? '';
  const flags = /^flags:\s*([0-7]+)$/m.exec(text)?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & 3) !== 0;
}

/** Whether a process has the file of that real path and identity open for writing. Links of /proc are compared as text first: to follow one may hang on a dead disk. */
function holds(pid: number, descriptors: readonly string[], real: string, { dev, ino }: Stats): boolean {
  return descriptors.some((fd) => {
    const name = `/proc/${pid}/fd/${fd}`;
    if (attempt(() => readlinkSync(name)) !== real || !mayWrite(pid, fd)) return false;
    const open = attempt(() => statSync(name));
    return open?.ino === ino && open.dev === dev;
  });
}

/** The processes but this one that have a file, named by its real path, open for writing, by pid. */
export function openWriters(real: string): readonly OpenWriter[] {
  const file = attempt(() => statSync(real));
  const boot = bootTime();
  if (file === undefined || boot === undefined) return [];
  let left = mostDescriptors;
  const found: OpenWriter[] = [];
  for (const name of attempt(() => readdirSync('/proc')) ?? []) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const descriptors = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
    left -= descriptors.length;
    if (left < 0) return found;
    if (!holds(pid, descriptors, real, file)) continue;
    const ticks = processStart(pid);
    const program = attempt(() => readlinkSync(`/proc/${pid}/exe`));
    if (ticks === undefined || program === undefined) continue;
    const base = path.basename(program).replace(/ \(deleted\)$/, '');
    found.push({ pid, program: base.slice(0, longestName), started: boot + Number(ticks) * tickMs });
  }
  return found;
}
