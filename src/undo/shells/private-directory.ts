/**
 * Whether nobody but the user can exchange what stands in the directory of snapshots. Looked at when a shell loads `envsnap`; the shells look
 * again when they save (src/undo/shells/envsnap.bash), and zsh, which can read a mode without a process, at each rollback.
 */
import path from 'node:path';
import { AppError } from '../../catalog/errors.ts';
import { directoryFacts } from '../../host/atomic.ts';
import { realName } from '../../host/real-name.ts';
import { groupWrites, othersWrite, sticky } from '../../host/write-bits.ts';

const remedy = 'or set XDG_STATE_HOME to a directory of your own';

/** Refuses with AppError. `state` is the state directory (absolute); what does not exist yet is fine. */
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
  // What exists of the way to it. Close by nobody but the user writes; further up nobody may exchange what is another's, as in /tmp.
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
