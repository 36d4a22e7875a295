/**
 * The journal, read once for all who need all of it when an exporter starts: what was rolled back, which alerts asked, and whether every line follows from the
 * one before. It may have 256 MiB.
 */
import { journalDirectory } from './journal.ts';
import type { JournalLine } from './journal-line.ts';
import { readJournal } from './journal-reader.ts';
import { type Verdict, verifyJournal } from './verify-journal.ts';
import { type OwnWitnesses, readWitnesses } from './witness.ts';

/** Hands over the lines from a number on, in order, and resolves after the last one. Rejects with the system's error where the journal cannot be read. */
export type ReadLines = (from: number, see: (line: JournalLine) => void) => Promise<void>;

/** Reads the journal of a state directory for one reader alone. */
export function readAlone(stateDirectory: string): ReadLines {
  return async (from, see) => {
    for await (const line of readJournal(journalDirectory(stateDirectory), { from })) see(line);
  };
}

/** What a walk through a whole journal found. */
export interface WholeWalk {
  /** What the files beside the journal knew of it before the walk. */
  readonly own: OwnWitnesses;
  readonly verdict: Verdict;
}

/** Walks the chain of a state directory's journal, and shows every line, those after a break too. Throws the system's error. */
export async function walkWhole(
  stateDirectory: string,
  see: (line: JournalLine) => void,
): Promise<WholeWalk> {
  // Before the walk, so that none knows more than was there.
  const own = readWitnesses(stateDirectory);
  const verdict = await verifyJournal(journalDirectory(stateDirectory), own.witnesses, 0, see);
  // The walk ends at the line that breaks the chain, and whoever remembers goes on after it.
  if (!verdict.ok) await readAlone(stateDirectory)((verdict.head?.seq ?? 0) + 1, see);
  return { own, verdict };
}

/** A reading that begins when each of its readers has said from where, or that it needs none. */
export class FirstReading {
  /** Whether the chain holds. Rejects with the system's error where the journal cannot be read. */
  readonly verdict: Promise<Verdict>;
  readonly #stateDirectory: string;
  readonly #readers: { readonly from: number; readonly see: (line: JournalLine) => void }[] = [];
  #awaited: number;
  #begin: () => void = () => {};

  /** `readers`: so many are waited for. */
  constructor(stateDirectory: string, readers: number) {
    this.#stateDirectory = stateDirectory;
    this.#awaited = readers;
    this.verdict = new Promise<void>((resolve) => {
      this.#begin = resolve;
    }).then(() => this.#walk());
    // Readers get the rejection from `read`; where there are none, it must not end the process.
    this.verdict.catch(() => {});
    if (readers === 0) this.#begin();
  }

  /** Reads together with the others. */
  readonly read: ReadLines = async (from, see) => {
    this.#readers.push({ from, see });
    this.leave();
    await this.verdict;
  };

  /** One reader less is waited for. */
  readonly leave = (): void => {
    if (--this.#awaited <= 0) this.#begin();
  };

  async #walk(): Promise<Verdict> {
    const { verdict } = await walkWhole(this.#stateDirectory, (line) => {
      for (const { from, see } of this.#readers) if (line.seq >= from) see(line);
    });
    return verdict;
  }
}
