/** Directories and the disks under them, as far as a writer is concerned: owner, mode, whether whoever is read for may write, how much room is left. */
import { constants } from 'node:fs';
import { accessSync, realpathSync, statfsSync } from './counted-fs.ts';
import { errorCode } from './errors.ts';
import { isDirectory, pathOf, type RootedPath } from './files.ts';
import { isReadOnlyForAllNow } from './mounts.ts';
import { traceKind, traceQuestion } from './read-trace.ts';
import { mayFill } from './reader.ts';
import { isRooted, lstatSync, statSync, withHeld } from './root.ts';

export interface WriterFacts {
  readonly directory: boolean;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** `dev:inode`. */
  readonly identity: string;
  /** Whether whoever is read for may make files there, were it not mounted read-only. */
  readonly writable: boolean;
  /** What is read-only: the file system for everybody, or the mount by which this process sees it, which says nothing of a process with other mounts. */
  readonly readOnly: 'file-system' | 'mount' | undefined;
}

/** What a writer meets at a path, or undefined when nothing is there. */
export function readDirectoryFacts(
  path: string,
  { follow = true }: { readonly follow?: boolean } = {},
): WriterFacts | undefined {
  try {
    const stat = follow ? statSync(path) : lstatSync(path);
    traceKind(path, stat?.isSymbolicLink() === true ? statSync(path) : stat);
    if (stat === undefined) return undefined;
    const denied = whyNotWritable(path);
    const readOnly = denied === 'EROFS' ? whatIsReadOnly(path) : undefined;
    return {
      directory: stat.isDirectory(),
      uid: stat.uid,
      gid: stat.gid,
      mode: stat.mode,
      identity: `${stat.dev}:${stat.ino}`,
      // The kernel asks for permission before it asks for the mount (do_faccessat), and for the file system before both.
      writable: mayFill(stat) ?? (denied === '' || readOnly === 'mount'),
      readOnly,
    };
  } catch {
    traceKind(path, undefined);
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
  traceQuestion(`access of ${path}`, then, ask);
  return then;
}

/** Of another root it is the mounts of its process that are asked: what is read-only there is so for that one. */
function whatIsReadOnly(path: string): 'file-system' | 'mount' {
  if (isRooted(path)) return 'file-system';
  const ask = () => {
    try {
      return isReadOnlyForAllNow(realpathSync(path)) ? 'file-system' : 'mount';
    } catch {
      return 'file-system';
    }
  };
  const then = ask();
  traceQuestion(`read-only at ${path}`, then, ask);
  return then;
}

/**
 * Whether whoever is read for may make files in a directory; nothing is written. `aside`: what this process alone sees read-only counts for nothing
 * (observe/environment/own-mounts.ts).
 */
export function isWritableDirectory(rootedPath: RootedPath, aside = false): boolean {
  if (!isDirectory(rootedPath)) return false;
  const facts = readDirectoryFacts(pathOf(rootedPath));
  return facts?.writable === true && !isReadOnly(facts, aside);
}

/** Whether what is there is read-only for whoever is read for; `aside` as for {@link isWritableDirectory}. */
export function isReadOnly({ readOnly }: WriterFacts, aside: boolean): boolean {
  return readOnly === 'file-system' || (readOnly === 'mount' && !aside);
}

/** Whether an ordinary user may still write that many bytes on the disk of a path; true as well when nobody says. Noted: stat(2) does not tell it. */
export function hasRoomFor(path: string, bytes: number): boolean {
  const ask = () => String((freeSpace(path) ?? bytes) >= bytes);
  const then = ask();
  traceQuestion(`room for ${bytes} on the disk of ${path}`, then, ask);
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
