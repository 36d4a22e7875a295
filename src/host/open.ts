/**
 * The one place that opens a file for reading. It is looked at before: opening a FIFO lets a writer go that waited for its reader, and opening a
 * device is an act. What was looked at is what is opened, whatever is exchanged meanwhile: a descriptor without rights (O_PATH) is held, told
 * what it is and where it truly is, and opened anew by /proc/self/fd.
 */
import process from 'node:process';
import { nameOf } from './byte-names.ts';
import * as fs from './counted-fs.ts';
import { isOfKernel } from './kernel-files.ts';
import { linksLeadRightly } from './link-owners.ts';
import { mayReadOpen } from './reader.ts';
import { isRooted, O_PATH, openSync } from './root.ts';

const { constants } = fs;

/** An open regular file, the caller's to close; `real` is the path at which it was when it was opened, in the root that it was asked for in. */
export interface OpenFile {
  readonly fd: number;
  readonly stat: fs.Stats;
  readonly real: string;
}

/** How a file is opened. */
export interface How {
  /** False: a link at the end of the path is refused (ELOOP). Below another root a link is refused always. */
  readonly follow?: boolean;
  /** Leaves the access time alone where that is allowed: to the owner and to root. */
  readonly quiet?: boolean;
  /** A question of this program's own to the kernel: a file of /proc may be read, which nobody else can name. */
  readonly kernel?: boolean;
  /** Whether a file may be read, by the path at which it truly is, a path of the host or of a root; asked before it is opened. */
  readonly judge?: (real: string, stat: fs.Stats) => boolean;
  /** Is told what stands there before anything is refused. */
  readonly seen?: (stat: fs.Stats) => void;
}

function fail(code: string, file: string): never {
  throw Object.assign(new Error(`${code}: ${file}`), { code });
}

function checked(file: string, real: string, stat: fs.Stats, { seen, judge }: How): void {
  seen?.(stat);
  if (stat.isSymbolicLink()) fail('ELOOP', file);
  // As open(2) says of a socket.
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

/** Without O_PATH and /proc (macOS) what was looked at is compared with what was opened. */
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
 * Opens a regular file. Throws the system's error; ENXIO for what is no regular file or the kernel's (kernel-files.ts), which stays unopened, EACCES
 * for what whoever is read for (host/reader.ts) may not read or `judge` refuses, ELOOP for a link that is not to be followed.
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
