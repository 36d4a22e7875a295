/**
 * Checks that only the user can replace files in the snapshot directory. It runs when a shell loads
 * `envsnap`. The shells check again when they save (src/undo/shells/envsnap.bash); zsh, which can read a mode
 * without a process, also checks at each rollback.
 */
import path from 'node:path';
import { AppError } from '../../catalog/errors.ts';
import { directoryFacts } from '../../host/atomic.ts';
import { realName } from '../../host/real-name.ts';
import { groupWrites, othersWrite, sticky } from '../../host/write-bits.ts';

const remedy = 'or set XDG_STATE_HOME to a directory of your own';

/**
 * Throws AppError if others could replace snapshots. `state` is the state directory (absolute); a missing
 * directory is fine.
 */
export async function refuseSharedDirectory(state: string): Promise<void> {
  const shells = path.join(state, 'shells');
  const refuse = (why: string, todo: string) => new AppError(`cannot keep snapshots in ${shells}`, why, todo);
  for (const own of [shells, state]) {
    const facts = await directoryFacts(own);
    if (facts === undefined) continue;
    if (facts.symbolicLink)
      throw refuse(`${own} is a symbolic link`, `put a directory in its place, ${remedy}`);
    if (!facts.own) throw refuse(`${own} belongs to uid ${facts.uid}`, `move it away, ${remedy}`);
    if ((facts.mode & (groupWrites | othersWrite)) !== 0)
      throw refuse(`others can write into ${own}`, `chmod go-w ${own}, ${remedy}`);
  }
  // The existing ancestors. Only the user may write to the nearest one; in those further up others may not
  // replace files of the user, as in /tmp (sticky bit).
  let isClose = true;
  for (let above = realName(path.dirname(state)); ; above = path.dirname(above)) {
    const facts = await directoryFacts(above);
    if (facts !== undefined) {
      const open = (facts.mode & (groupWrites | othersWrite)) !== 0;
      if (open && (isClose || (facts.mode & sticky) === 0))
        throw refuse(`others can write into ${above}`, `chmod go-w ${above}, ${remedy}`);
      isClose = false;
    }
    if (above === path.dirname(above)) return;
  }
}
