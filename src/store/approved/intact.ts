/**
 * Whether the journal can be believed as far as a rollback needs it: what was approved is known by its lines, so a chain that is broken after the newest acceptance proves
 * nothing. What lies before that acceptance does not matter any more: a person looked at the host since, and said that it is well.
 */
import { makeItReadable } from '../../catalog/errors.ts';
import { isSystemError } from '../../host/errors.ts';
import { type WholeWalk, walkWhole } from '../first-reading.ts';
import { journalDirectory } from '../journal.ts';
import type { TargetName } from '../peek.ts';
import { whyLeft } from '../rollbacks.ts';
import { systemReason } from '../state-directory.ts';
import { verifyJournal } from '../verify-journal.ts';
import { NamedBy, type NamedRecords } from './named.ts';

/** What one look at a target asks of the journal, which may have 256 MiB: it is read once for all of them, when the first is asked. */
export interface JournalLook {
  /** Which records it names. Rejects with the system's error. */
  readonly named: () => Promise<NamedRecords>;
  /** Why it cannot be believed, in one line; undefined where every line since the newest acceptance follows from the one before, none that is known of is missing, and no rollback waits for its end. */
  readonly whyNotIntact: () => Promise<string | undefined>;
}

interface Reading extends WholeWalk {
  readonly named: NamedRecords;
}

/** Walks the chain and gathers what the lines say of the target, those after a break too. Throws the system's error. */
async function readBoth(stateDirectory: string, target: TargetName): Promise<Reading> {
  const by = new NamedBy(target);
  const walked = await walkWhole(stateDirectory, by.see);
  return { named: by.named(), ...walked };
}

/** A look at the journal of a state directory for a target. */
export function lookIntoJournal(stateDirectory: string, target: TargetName): JournalLook {
  let reading: Promise<Reading> | undefined;
  const read = () => {
    reading ??= readBoth(stateDirectory, target);
    return reading;
  };
  return {
    named: async () => (await read()).named,
    whyNotIntact: async () => {
      const left = whyLeft(stateDirectory);
      if (left !== undefined)
        return `a rollback that was interrupted waits for its end (${left}): ${makeItReadable}`;
      try {
        return await whyBroken(stateDirectory, await read());
      } catch (error) {
        if (!isSystemError(error)) throw error;
        return `journal: it cannot be read (${systemReason(error)})`;
      }
    },
  };
}

async function whyBroken(
  stateDirectory: string,
  { named: { line: from = 0 }, own, verdict }: Reading,
): Promise<string | undefined> {
  const isWhole = verdict.ok && verdict.firstNewer === undefined;
  const { ok, firstBroken, firstNewer } =
    isWhole || from === 0
      ? verdict
      : await verifyJournal(
          journalDirectory(stateDirectory),
          own.witnesses.filter(({ seq }) => seq >= from),
          from,
        );
  // A line that cannot be understood may be what forbids a rollback.
  if (ok && firstNewer !== undefined)
    return `journal: line ${firstNewer.line} of ${firstNewer.segment} is of a newer godrift (${firstNewer.type}), and says what this one does not understand: roll back with that one, or godrift baseline accept --reason … while all is well`;
  if (!ok && firstBroken !== undefined) {
    const { segment, line, why } = firstBroken;
    return `journal: its hash chain is broken at line ${line} of ${segment}: ${why}. See godrift events --verify, and who changed it; then godrift baseline accept --reason … while all is well`;
  }
  return own.left[0] === undefined
    ? undefined
    : `journal: nobody knows whether its last lines are there (${own.left[0]}): ${makeItReadable}`;
}
