/**
 * Opens files for reading; there is no other way. A file is inspected first, because opening a FIFO releases
 * a waiting writer, and opening a device has effects. To exclude a race, a descriptor without access rights
 * (O_PATH) is held, inspected for type and real path, and reopened by /proc/self/fd.
 */
import process from 'node:process';
import { nameOf } from './byte-names.ts';
import * as fs from './counted-fs.ts';
import { isOfKernel } from './kernel-files.ts';
import { linksLeadRightly } from './link-owners.ts';
import { mayReadOpen } from './reader.ts';
import { isRooted, O_PATH, openSync } from './root.ts';

const { constants } = fs;

/**
 * An open regular file, which the caller closes; `real` is its path when it was opened, as named in its root.
 */
export interface OpenFile {
  readonly fd: number;
  readonly stat: fs.Stats;
  readonly real: string;
}

/** Options for opening a file. */
export interface How {
  /**
   * False refuses a symlink at the end of the path (ELOOP). Below another root a symlink is always refused.
   */
  readonly follow?: boolean;
  /** Leave the access time alone, where the kernel allows that: to the owner and to root. */
  readonly quiet?: boolean;
  /** Allow files of the kernel, for queries of godrift itself whose path nobody else can choose. */
  readonly kernel?: boolean;
  /**
   * Decides whether a file may be read, by its real path on the host or in a root; called before it is
   * opened.
   */
  readonly judge?: (real: string, stat: fs.Stats) => boolean;
  /** Called with the stat of the file before anything is refused. */
  readonly seen?: (stat: fs.Stats) => void;
}

function fail(code: string, file: string): never {
  throw Object.assign(new Error(`${code}: ${file}`), { code });
}

function checked(file: string, real: string, stat: fs.Stats, { seen, judge }: How): void {
  seen?.(stat);
  if (stat.isSymbolicLink()) fail('ELOOP', file);
  // open(2) gives this error for a socket.
  if (!stat.isFile()) fail('ENXIO', file);
  const may = () => mayReadOpen(real, stat);
  if (!may() || !linksLeadRightly(file, real, may) || judge?.(real, stat) === false) fail('EACCES', file);
}

function reopen(held: number, quiet: boolean): number {
  const name = `/proc/self/fd/${held}`;
  const { O_NOATIME = 0 } = constants;
  if (quiet && O_NOATIME !== 0) {
    try {
      return fs.openSync(name, constants.O_RDONLY | O_NOATIME);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    }
  }
  return fs.openSync(name, constants.O_RDONLY);
}

/** Without O_PATH and /proc (macOS): compares the inspected file with the opened one. */
function openLooking(file: string, how: How): OpenFile {
  const before = how.follow === false ? fs.lstatSync(file) : fs.statSync(file);
  const real = fs.realpathSync(file);
  checked(file, real, before, how);
  const fd = fs.openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const stat = fs.fstatSync(fd);
  if (stat.dev === before.dev && stat.ino === before.ino) return { fd, stat, real };
  fs.closeSync(fd);
  return fail('EAGAIN', file);
}

/**
 * Opens a regular file. Throws the system's error; ENXIO for a non-regular file or a file of the kernel
 * (kernel-files.ts), which is not opened; EACCES if the user read for (host/reader.ts) may not read it, or
 * `judge` refuses it; ELOOP for a symlink that must not be followed.
 */
export function openRegular(file: string, how: How = {}): OpenFile {
  if (process.platform !== 'linux') return openLooking(file, how);
  const held = openSync(file, O_PATH | (how.follow === false ? constants.O_NOFOLLOW : 0));
  try {
    const stat = fs.fstatSync(held);
    const real = isRooted(file)
      ? file
      : nameOf(fs.readlinkSync(`/proc/self/fd/${held}`, { encoding: 'buffer' }));
    checked(file, real, stat, how);
    if (how.kernel !== true && isOfKernel(`/proc/self/fd/${held}`)) fail('ENXIO', file);
    return { fd: reopen(held, how.quiet === true), stat, real };
  } finally {
    fs.closeSync(held);
  }
}
