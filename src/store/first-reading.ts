/**
 * Reads the journal, which may have 256 MiB, once for everything that needs all of it when an exporter
 * starts: past rollbacks, alerts that asked for one, and the verification of the chain.
 */
import { journalDirectory } from './journal.ts';
import type { JournalLine } from './journal-line.ts';
import { readJournal } from './journal-reader.ts';
import { type JournalCheck, verifyJournal } from './verify-journal.ts';
import { type OwnWitnesses, readWitnesses } from './witness.ts';

/**
 * Calls `see` with the lines from a number on, in order, and resolves after the last. Rejects with the
 * system's error if the journal cannot be read.
 */
export type ReadLines = (from: number, see: (line: JournalLine) => void) => Promise<void>;

/** Returns a function that reads the journal of a state directory for one reader. */
export function readAlone(stateDirectory: string): ReadLines {
  return async (from, see) => {
    for await (const line of readJournal(journalDirectory(stateDirectory), { from })) see(line);
  };
}

/** The result of walking a whole journal. */
export interface WholeWalk {
  /** What the files beside the journal knew of it before the walk. */
  readonly own: OwnWitnesses;
  readonly verdict: JournalCheck;
}

/**
 * Verifies the chain of a state directory's journal, and passes every line to `see`, those after a break
 * included. Throws the system's error.
 */
export async function walkWhole(
  stateDirectory: string,
  see: (line: JournalLine) => void,
): Promise<WholeWalk> {
  // Read first, so that no witness knows a line written after the walk.
  const own = readWitnesses(stateDirectory);
  const verdict = await verifyJournal(journalDirectory(stateDirectory), own.witnesses, 0, see);
  // The walk ends at the break, but `see` needs the lines after it too.
  if (!verdict.ok) await readAlone(stateDirectory)((verdict.head?.seq ?? 0) + 1, see);
  return { own, verdict };
}

/** A shared reading, which starts once each of its readers has said from where, or has left. */
export class FirstReading {
  /** Result of verifying the chain. Rejects with the system's error if the journal cannot be read. */
  readonly verdict: Promise<JournalCheck>;
  readonly #stateDirectory: string;
  readonly #readers: { readonly from: number; readonly see: (line: JournalLine) => void }[] = [];
  #awaited: number;
  #begin: () => void = () => {};

  /** `readers`: how many must call `read` or `leave` before it starts. */
  constructor(stateDirectory: string, readers: number) {
    this.#stateDirectory = stateDirectory;
    this.#awaited = readers;
    this.verdict = new Promise<void>((resolve) => {
      this.#begin = resolve;
    }).then(() => this.#walk());
    // Readers get the rejection from `read`; without readers it must not end the process.
    this.verdict.catch(() => {});
    if (readers === 0) this.#begin();
  }

  /** Joins the reading. */
  readonly read: ReadLines = async (from, see) => {
    this.#readers.push({ from, see });
    this.leave();
    await this.verdict;
  };

  /** Reduces the number of awaited readers by one. */
  readonly leave = (): void => {
    if (--this.#awaited <= 0) this.#begin();
  };

  async #walk(): Promise<JournalCheck> {
    const { verdict } = await walkWhole(this.#stateDirectory, (line) => {
      for (const { from, see } of this.#readers) if (line.seq >= from) see(line);
    });
    return verdict;
  }
}
