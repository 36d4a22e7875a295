/** What the journal of this host adds to an answer that stands without it. */
import { lstatOf } from '../host/atomic.ts';
import { isSystemError } from '../host/errors.ts';
import { journalDirectory } from '../store/journal.ts';
import { systemReason } from '../store/state-directory.ts';
import type { Terminal } from './terminal.ts';

/** What `read` makes of the journal's directory; `none` where there is no journal, and said on stderr where it cannot be read. */
export async function fromJournal<T>(
  terminal: Terminal,
  stateDirectory: string,
  none: T,
  read: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = journalDirectory(stateDirectory);
  try {
    // A link, or a file, is nobody's journal.
    if ((await lstatOf(directory))?.isDirectory() !== true) return none;
    return await read(directory);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    terminal.stderr.write(`godrift: the journal in ${directory} cannot be read: ${systemReason(error)}\n`);
    return none;
  }
}
