/** Whether a state directory can be believed: who else could have put there what is read. */
import { AppError } from '../catalog/errors.ts';
import { type DirectoryFacts, directoryFactsNow } from '../host/atomic.ts';
import { ifReadable } from '../host/errors.ts';
import { groupWrites, othersWrite } from '../host/write-bits.ts';

const unusable = (directory: string, why: string, todo: string) =>
  new AppError(`cannot use the state directory ${directory}`, why, todo);

/** For who writes. Throws AppError for what cannot be trusted: what {@link refuseSharedState} refuses, another user's, and what is no directory. */
export function refuseUntrusted(directory: string, facts: DirectoryFacts): void {
  refuseShared(directory, facts);
  const { own, uid } = facts;
  if (!facts.directory)
    throw unusable(directory, 'it is not a directory', 'move it away or name another one');
  if (!own)
    throw unusable(directory, `it belongs to uid ${uid}`, 'use a directory of the user that runs godrift');
}

/** Throws AppError for a directory in which others can put what is read. */
function refuseShared(directory: string, facts: DirectoryFacts): void {
  if (facts.symbolicLink)
    throw unusable(directory, 'it is a symbolic link', 'name the directory that it leads to');
  if (facts.directory && (facts.mode & (groupWrites | othersWrite)) !== 0)
    throw unusable(directory, 'others can write into it', `chmod 700 ${directory}`);
}

/**
 * For who only reads, before anything is believed that stands there. Throws AppError for a symbolic link, and where others can write. Another
 * user's own is read: root looks at what a service keeps.
 */
export function refuseSharedState(directory: string): void {
  const facts = ifReadable(() => directoryFactsNow(directory));
  if (facts !== undefined) refuseShared(directory, facts);
}
