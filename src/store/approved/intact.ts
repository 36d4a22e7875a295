/**
 * Whether the journal can be believed as far as a rollback needs it: what was approved is known by its lines, so a chain that is broken behind the newest acceptance says
 * nothing for sure. What lies before that acceptance does not matter any more: a person looked at the host since, and said that it is well.
 */
import { makeItReadable } from '../../catalog/errors.ts';
import { isSystemError } from '../../host/errors.ts';
import { journalDirectory } from '../journal.ts';
import { whyLeft } from '../rollbacks.ts';
import { systemReason } from '../state-directory.ts';
import { verifyJournal } from '../verify-journal.ts';
import { readWitnesses } from '../witness.ts';
import { acceptedLine } from './named.ts';

/** Why not, in one line; undefined where every line since the newest acceptance follows from the one before, none that is known of is missing, and no rollback waits for its end. */
export async function whyNotIntact(
  stateDirectory: string,
  target: { readonly name: string; readonly workspace: string },
): Promise<string | undefined> {
  const directory = journalDirectory(stateDirectory);
  const left = whyLeft(stateDirectory);
  if (left !== undefined)
    return `a rollback that was interrupted waits for its end (${left}): ${makeItReadable}`;
  try {
    const from = (await acceptedLine(stateDirectory, target)) ?? 0;
    // Before the walk, so that none knows more than was there.
    const own = readWitnesses(stateDirectory);
    const witnesses = own.witnesses.filter(({ seq }) => seq >= from);
    const { ok, firstBroken, firstNewer } = await verifyJournal(directory, witnesses, from);
    // It may be what forbids a rollback.
    if (ok && firstNewer !== undefined)
      return `journal: line ${firstNewer.line} of ${firstNewer.segment} is of a newer godrift (${firstNewer.type}), and says what this one does not understand: roll back with that one, or godrift baseline accept --reason … while all is well`;
    if (ok || firstBroken === undefined)
      return own.left[0] === undefined
        ? undefined
        : `journal: nobody knows whether its last lines are there (${own.left[0]}): ${makeItReadable}`;
    const { segment, line, why } = firstBroken;
    return `journal: its hash chain is broken at line ${line} of ${segment}: ${why}. See godrift events --verify, and who changed it; then godrift baseline accept --reason … while all is well`;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return `journal: it cannot be read (${systemReason(error)})`;
  }
}
