/**
 * Facts about directories that matter to a writer: owner, mode, whether the user read for may write, and free
 * space.
 */
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
  /** Whether the user read for may create files there, apart from a read-only mount. */
  readonly writable: boolean;
  /**
   * What is read-only: the file system for everybody, or this process's mount of it, which says nothing about
   * processes with other mounts.
   */
  readonly readOnly: 'file-system' | 'mount' | undefined;
}

/** Returns the facts of a path; undefined if it does not exist. */
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
      // The kernel checks permissions before the mount (do_faccessat), and the file system before both.
      writable: mayFill(stat) ?? (denied === '' || readOnly === 'mount'),
      readOnly,
    };
  } catch {
    traceKind(path, undefined);
    return undefined;
  }
}

/**
 * Returns the errno code of access(2) for writing; `''` if it is allowed. Recorded in the read trace, because
 * remounting a file system read-only changes nothing in stat(2).
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

/**
 * Returns which of the two is read-only. In another root the mounts are those of its process, so the result
 * holds for it.
 */
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
 * Reports whether the user read for may create files in a directory; writes nothing. `aside` ignores mounts
 * that are read-only for this process alone (observe/environment/read-only-workspace.ts).
 */
export function isWritableDirectory(rootedPath: RootedPath, aside = false): boolean {
  if (!isDirectory(rootedPath)) return false;
  const facts = readDirectoryFacts(pathOf(rootedPath));
  return facts?.writable === true && !isReadOnly(facts, aside);
}

/** Reports whether a path is read-only for the user read for; `aside` as for {@link isWritableDirectory}. */
export function isReadOnly({ readOnly }: WriterFacts, aside: boolean): boolean {
  return readOnly === 'file-system' || (readOnly === 'mount' && !aside);
}

/**
 * Reports whether an ordinary user may write that many more bytes on the disk of a path; true if unknown.
 * Recorded in the read trace, because stat(2) does not show it.
 */
export function hasRoomFor(path: string, bytes: number): boolean {
  const ask = () => String((freeSpace(path) ?? bytes) >= bytes);
  const then = ask();
  traceQuestion(`room for ${bytes} on the disk of ${path}`, then, ask);
  return then === 'true';
}

/**
 * Returns the bytes free to an ordinary user on the disk of a path; 0 if it has no inodes left. Undefined if
 * unknown.
 */
function freeSpace(path: string): number | undefined {
  try {
    const { bavail, bsize, files, ffree } = withHeld(path, (held) => statfsSync(held));
    return files > 0 && ffree === 0 ? 0 : bavail * bsize;
  } catch {
    return undefined;
  }
}
