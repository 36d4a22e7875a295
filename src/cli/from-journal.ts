/** Reads optional additions to an answer from the journal of this host. */
import { lstatOf } from '../host/atomic.ts';
import { isSystemError } from '../host/errors.ts';
import { journalDirectory } from '../store/journal.ts';
import { systemReason } from '../store/state-directory.ts';
import type { Terminal } from './terminal.ts';

/**
 * Returns what `read` finds in the journal's directory; `none` where there is no journal. A journal that
 * cannot be read is reported on stderr.
 */
export async function fromJournal<T>(
  terminal: Terminal,
  stateDirectory: string,
  none: T,
  read: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = journalDirectory(stateDirectory);
  try {
    // A symlink or a file is not a journal.
    if ((await lstatOf(directory))?.isDirectory() !== true) return none;
    return await read(directory);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    terminal.stderr.write(`godrift: the journal in ${directory} cannot be read: ${systemReason(error)}\n`);
    return none;
  }
}
