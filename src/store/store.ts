/** The interface of an open state directory; open.ts opens it. */
import type { LockServer } from '../host/lock.ts';
import type { Clock } from '../host/machine.ts';
import type { Cursor } from './cursor.ts';
import type { Journal, JournalHead, JournalRecord } from './journal.ts';
import type { StateDirectory, WriteResult } from './state-directory.ts';
import type { Dated } from './waiting.ts';

/** Replaces something as a whole; gets the end of the journal. */
export type Write = (head: JournalHead) => Promise<WriteResult>;

/** An open state directory with everything written there. */
export interface Store {
  readonly state: StateDirectory;
  /** Returns the journal; undefined while the lock is unavailable. */
  readonly journal: () => Journal | undefined;
  /** Returns why nothing can be recorded now, in one line; undefined while this process holds the lock. */
  readonly unheld: () => string | undefined;
  /** Returns the number of records not yet written, which are lost if this process ends now. */
  readonly unwritten: () => number;
  /** Reports whether the last write succeeded and no refused write is waiting. */
  readonly writable: () => boolean;
  /**
   * Appends a record now, or once that is possible. Returns false if it is lost, because of {@link
   * Store.closing} or because too much is waiting. Waits only a few seconds for a file system that does not
   * answer, and then resolves while the record waits.
   *
   * A write waiting under the name `stale` is dropped: it does not know of this record, and a newer one
   * follows. `first` is the precondition of the record: while it fails, the record and those after it wait.
   */
  readonly keep: (record: JournalRecord, stale?: string, first?: Dated['first']) => Promise<boolean>;
  /**
   * Runs a write that replaces something as a whole, once everything kept before is in the journal, whose end
   * it gets. A failed write waits; of several under one name only the last does. Waits no longer than {@link
   * Store.keep}.
   */
  readonly replace: (name: string, write: Write) => Promise<void>;
  /** Reports whether a write under that name is still waiting. */
  readonly waits: (name: string) => boolean;
  /** Returns the cursor of a reader of the journal. */
  readonly cursor: (name: string) => Promise<Cursor>;
  /** Moves a cursor. `following`: its reader has nothing to process and only keeps up with the end. */
  readonly moveCursor: (name: string, to: JournalHead, following?: boolean) => Promise<void>;
  /** Removes the cursor of a reader that is no longer used. */
  readonly dropCursor: (name: string) => Promise<void>;
  /** Returns the end of the journal when it was opened; later lines are of this process. */
  readonly begin: () => JournalHead;
  /** Tries to write what waits; waits no longer than {@link Store.keep}. */
  readonly retry: () => Promise<void>;
  /** Reports whether {@link Store.close} was called, so that nothing more is accepted. */
  readonly closing: () => boolean;
  /** Refuses new records, finishes pending writes, closes the journal, and releases the lock last. */
  readonly close: () => Promise<void>;
}

export interface StoreOptions {
  readonly now: Clock;
  /** The admin API's server, which becomes the lock; by default an empty one. */
  readonly server?: LockServer;
  /** Time in ms that callers wait for the file system to answer; 3 s by default. */
  readonly patienceMs?: number;
  /** Cursors that this process will move, whether or not they have a file. */
  readonly cursors?: readonly string[];
  /** As in journal.ts. */
  readonly segmentBytes?: number;
}

/**
 * Another process holds the lock: `why` in one line. Files that need no lock may still be written into
 * `state`.
 */
export interface Busy {
  readonly busy: true;
  readonly why: string;
  readonly state: StateDirectory;
}
