/**
 * Checks whether the journal can be trusted for a rollback. Its lines prove what was approved, so a chain
 * that is broken after the newest acceptance proves nothing. A break before that acceptance does not matter:
 * a person has since checked the host and approved it.
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

/**
 * Questions about the journal, which may have 256 MiB, for one operation on a target; it is read once, on the
 * first question.
 */
export interface JournalLook {
  /** Returns the records that the journal names. Rejects with the system's error. */
  readonly named: () => Promise<NamedRecords>;
  /**
   * Returns why the journal cannot be trusted, in one line; undefined if the chain is intact since the newest
   * acceptance, no known line is missing, and no interrupted rollback is unfinished.
   */
  readonly whyNotIntact: () => Promise<string | undefined>;
}

interface Reading extends WholeWalk {
  readonly named: NamedRecords;
}

/**
 * Walks the chain and collects the lines about the target, those after a break included. Throws the system's
 * error.
 */
async function readBoth(stateDirectory: string, target: TargetName): Promise<Reading> {
  const by = new NamedBy(target);
  const walked = await walkWhole(stateDirectory, by.see);
  return { named: by.named(), ...walked };
}

/** Returns the questions about a state directory's journal for a target. */
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
      if (left !== undefined) return `an interrupted rollback is unfinished (${left}): ${makeItReadable}`;
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
  // A line of an unknown type may be one that forbids a rollback.
  if (ok && firstNewer !== undefined)
    return `journal: line ${firstNewer.line} of ${firstNewer.segment} was written by a newer godrift (${firstNewer.type}), and this version does not understand it: roll back with the newer version, or run godrift baseline accept --reason … while all is well`;
  if (!ok && firstBroken !== undefined) {
    const { segment, line, why } = firstBroken;
    return `journal: its hash chain is broken at line ${line} of ${segment}: ${why}. See godrift events --verify, and who changed it; then godrift baseline accept --reason … while all is well`;
  }
  return own.left[0] === undefined
    ? undefined
    : `journal: its last lines may be missing (${own.left[0]}): ${makeItReadable}`;
}
