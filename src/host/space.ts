/** Directories and the disks under them, as far as a writer is concerned: owner, mode, whether this process may write, how much room is left. */
import { constants } from 'node:fs';
import { errorCode } from './errors.ts';
import { noteKind, noteLive } from './look.ts';
import { accessSync, statfsSync } from './noted-fs.ts';
import { lstatSync, statSync, withHeld } from './root.ts';

export interface WriterFacts {
  readonly directory: boolean;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** `dev:inode`. */
  readonly identity: string;
  /** Whether this process may make files there (access(2)). */
  readonly writable: boolean;
  readonly readOnly: boolean;
}

/** What a writer meets at a path, or undefined when nothing is there. */
export function readDirectoryFacts(
  path: string,
  { follow = true }: { readonly follow?: boolean } = {},
): WriterFacts | undefined {
  try {
    const stat = follow ? statSync(path) : lstatSync(path);
    noteKind(path, stat?.isSymbolicLink() === true ? statSync(path) : stat);
    if (stat === undefined) return undefined;
    const denied = whyNotWritable(path);
    return {
      directory: stat.isDirectory(),
      uid: stat.uid,
      gid: stat.gid,
      mode: stat.mode,
      identity: `${stat.dev}:${stat.ino}`,
      writable: denied === '',
      readOnly: denied === 'EROFS',
    };
  } catch {
    noteKind(path, undefined);
    return undefined;
  }
}

/**
 * The errno code that access(2) answers to a writer; `''` where it may write. Noted: a file system that is mounted read-only changes nothing that
 * stat(2) tells.
 */
function whyNotWritable(path: string): string {
  const ask = () => {
    try {
      withHeld(path, (held) => accessSync(held, constants.W_OK | constants.X_OK));
      return '';
    } catch (error) {
      return errorCode(error);
    }
  };
  const then = ask();
  noteLive(`access of ${path}`, then, ask);
  return then;
}

/** Whether an ordinary user may still write that many bytes on the disk of a path; true as well when nobody says. Noted: stat(2) does not tell it. */
export function hasRoomFor(path: string, bytes: number): boolean {
  const ask = () => String((freeSpace(path) ?? bytes) >= bytes);
  const then = ask();
  noteLive(`room for ${bytes} on the disk of ${path}`, then, ask);
  return then === 'true';
}

/** Bytes that an ordinary user may still write on the disk of a path; 0 as well when it has no inodes left. Undefined when nobody says. */
function freeSpace(path: string): number | undefined {
  try {
    const { bavail, bsize, files, ffree } = withHeld(path, (held) => statfsSync(held));
    return files > 0 && ffree === 0 ? 0 : bavail * bsize;
  } catch {
    return undefined;
  }
}
