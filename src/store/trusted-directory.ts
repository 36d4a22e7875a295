/**
 * Checks whether a state directory can be trusted: whether other users could have written what is read from
 * it.
 */
import { AppError } from '../catalog/errors.ts';
import { type DirectoryFacts, directoryFactsNow } from '../host/atomic.ts';
import { ifReadable } from '../host/errors.ts';
import { groupWrites, othersWrite } from '../host/write-bits.ts';

const unusable = (directory: string, why: string, todo: string) =>
  new AppError(`cannot use the state directory ${directory}`, why, todo);

/**
 * The check for writers. Throws AppError for a directory that {@link refuseSharedState} refuses, another
 * user's, or something that is not a directory.
 */
export function refuseUntrusted(directory: string, facts: DirectoryFacts): void {
  refuseShared(directory, facts);
  const { own, uid } = facts;
  if (!facts.directory)
    throw unusable(directory, 'it is not a directory', 'move it away or name another one');
  if (!own)
    throw unusable(directory, `it belongs to uid ${uid}`, 'use a directory of the user that runs godrift');
}

/** Throws AppError for a symlink, and for a directory that others can write. */
function refuseShared(directory: string, facts: DirectoryFacts): void {
  if (facts.symbolicLink)
    throw unusable(directory, 'it is a symbolic link', 'name the directory that it leads to');
  if (facts.directory && (facts.mode & (groupWrites | othersWrite)) !== 0)
    throw unusable(directory, 'others can write into it', `chmod 700 ${directory}`);
}

/**
 * The check for readers, to be made before anything read from the directory is trusted. Throws AppError for a
 * symlink, and for a directory that others can write. Another user's own directory is accepted: root inspects
 * the state of a service.
 */
export function refuseSharedState(directory: string): void {
  const facts = ifReadable(() => directoryFactsNow(directory));
  if (facts !== undefined) refuseShared(directory, facts);
}
