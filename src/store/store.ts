/** What an open state directory offers; it is opened by open.ts. */
import type { LockServer } from '../host/lock.ts';
import type { Clock } from '../host/machine.ts';
import type { Cursor } from './cursor.ts';
import type { Journal, JournalHead, JournalRecord } from './journal.ts';
import type { StateDirectory, WriteResult } from './state-directory.ts';
import type { Dated } from './waiting.ts';

/** Replaces something whole; it is given the end of the journal. */
export type Write = (head: JournalHead) => Promise<WriteResult>;

/** An open state directory with all that is written there. */
export interface Store {
  readonly state: StateDirectory;
  /** The journal; undefined while the lock cannot be had. */
  readonly journal: () => Journal | undefined;
  /** Why nothing can be recorded now, one line; undefined while this process holds the lock. */
  readonly unheld: () => string | undefined;
  /** Records that are not written, and are lost with this process. */
  readonly unwritten: () => number;
  /** Whether the last write succeeded, and nothing waits. */
  readonly writable: () => boolean;
  /**
   * Appends a record now or, when that fails, as soon as it can be; false when it is lost: {@link Store.closing}, or too much waits already.
   * A file system that does not answer is not waited for: after some seconds this resolves, and the record waits.
   * A write that waits under the name `stale` is dropped: it does not know of this record, and a newer one follows. `first` is what must have
   * been written before the record is true: while that fails, the record and those behind it wait.
   */
  readonly keep: (record: JournalRecord, stale?: string, first?: Dated['first']) => Promise<boolean>;
  /**
   * Runs a write that replaces something whole, once everything that was kept before is in the journal, whose end it is
   * given. One that fails waits, and of several under one name the last. Waits for no longer than {@link Store.keep}.
   */
  readonly replace: (name: string, write: Write) => Promise<void>;
  /** Whether a write under that name still waits. */
  readonly waits: (name: string) => boolean;
  /** Where a reader of the journal stands. */
  readonly cursor: (name: string) => Promise<Cursor>;
  /** `following`: its reader has nothing to do and only keeps up with the end. */
  readonly moveCursor: (name: string, to: JournalHead, following?: boolean) => Promise<void>;
  /** Gives a cursor up whose reader is wanted no more. */
  readonly dropCursor: (name: string) => Promise<void>;
  /** The end of the journal when it was opened: what follows is of this process. */
  readonly begin: () => JournalHead;
  /** Tries to write what waits; for no longer than {@link Store.keep}. */
  readonly retry: () => Promise<void>;
  /** Whether nothing more is taken: {@link Store.close} was called. */
  readonly closing: () => boolean;
  /** Takes nothing more, ends what is being written, closes the journal, and gives the lock back last. */
  readonly close: () => Promise<void>;
}

export interface StoreOptions {
  readonly now: Clock;
  /** The admin API's server, which becomes the lock; an empty one unless given. */
  readonly server?: LockServer;
  /** How long the file system may take to answer before nobody waits for it, ms; 3 s unless told. */
  readonly patienceMs?: number;
  /** Cursors that this process will move, whether or not they have a file. */
  readonly cursors?: readonly string[];
  /** As in journal.ts. */
  readonly segmentBytes?: number;
}

/** Another process holds the directory: `why` in one line. What is not under the lock may still be written into `state`. */
export interface Busy {
  readonly busy: true;
  readonly why: string;
  readonly state: StateDirectory;
}
