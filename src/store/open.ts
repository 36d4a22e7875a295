/**
 * Opens a state directory for writing; there is no other way, because lock, journal and cursors belong
 * together. The previous holder may write until its very end, so the lock is taken first and released last,
 * and later writes are refused.
 *
 * A disk that is full or read-only for a while loses nothing: records wait, and {@link Store.retry}, which
 * the exporter calls at each pass, writes them, takes a lock that was unavailable before, and reports when
 * all is well again. Nobody waits for a disk that does not answer either.
 */
import { errorCode } from '../host/errors.ts';
import { acquireInodeLock, type InodeLock } from '../host/inode-lock.ts';
import { acquireSocketLock, emptyServer, type SocketLock } from '../host/lock.ts';
import { createSerial, type Serial } from '../host/serial.ts';
import { systemTimer } from '../host/timer.ts';
import { readCursor, removeCursor, writeCursor } from './cursor.ts';
import {
  appendJournal,
  closeJournal,
  genesis,
  type Journal,
  type JournalHead,
  type JournalRecord,
  journalHead,
  letWaitInJournal,
  openJournal,
  retryJournal,
  unwrittenRecords,
} from './journal.ts';
import {
  adminSocketPath,
  openStateDirectory,
  probeState,
  removeStateLeftovers,
  type StateDirectory,
  setGuard,
  systemReason,
  unanswered,
} from './state-directory.ts';
import type { Busy, Store, StoreOptions, Write } from './store.ts';
import { leaveNote } from './unwritten.ts';
import { type Dated, letWait, noneWaits, type Waiting } from './waiting.ts';
import { lastWitnessed, readWitnesses } from './witness.ts';

/** Slow disks flush within a second; a call that takes longer than this may never return. */
const patienceMs = 3_000;

interface Opened {
  state: StateDirectory;
  readonly options: StoreOptions;
  lock: Held | undefined;
  journal: Journal | undefined;
  begin: JournalHead;
  unheld: string | undefined;
  /** Whether new records are refused; those accepted before are still written. */
  closing: boolean;
  closed: boolean;
  /** Records from before the journal was open, or that wait for their precondition, and those after them. */
  early: Waiting;
  readonly writes: Map<string, Write>;
  readonly serial: Serial;
  /** Whether the file system refused the last attempt to write what waits. */
  refused: boolean;
  /**
   * Whether a call of the file system has not returned in time: until it does, nobody waits and nothing else
   * is tried.
   */
  hangs: boolean;
}

interface Held {
  readonly socket: Extract<SocketLock, { held: true }>;
  readonly inode: Extract<InodeLock, { held: true }>;
}

/**
 * Opens a state directory for a writer. Throws AppError if its content cannot be trusted; a directory that
 * cannot be written is opened, and reports that.
 */
export async function openStore(directory: string, options: StoreOptions): Promise<Store | Busy> {
  const opened: Opened = {
    state: await openStateDirectory(directory),
    options,
    lock: undefined,
    journal: undefined,
    begin: genesis,
    unheld: undefined,
    closing: false,
    closed: false,
    early: noneWaits,
    writes: new Map(),
    refused: false,
    hangs: false,
    serial: createSerial(),
  };
  const busy = await take(opened);
  return busy === undefined ? storeOf(opened) : { busy: true, why: busy, state: opened.state };
}

/** Opens a state directory for files that are replaced as a whole and need no lock. */
export function openUnlocked(directory: string): Promise<StateDirectory> {
  return openStateDirectory(directory);
}

/**
 * Takes the lock and opens the journal; returns who holds the lock instead. Errors of the file system are put
 * into `unheld`.
 */
async function take(opened: Opened): Promise<string | undefined> {
  const { state, options } = opened;
  const socket = await acquireSocketLock(adminSocketPath(state.path), options.server ?? emptyServer());
  if (!socket.held) {
    opened.unheld = socket.why;
    return socket.reason === 'busy' ? socket.why : undefined;
  }
  let inode: InodeLock;
  try {
    inode = await acquireInodeLock(state.path);
  } catch (error) {
    await socket.release();
    if (errorCode(error) === '') throw error;
    opened.unheld = `${state.path}: ${systemReason(error)}`;
    return undefined;
  }
  if (!inode.held) {
    await socket.release();
    return `${inode.by} holds ${state.path}, though its admin.sock was removed`;
  }
  const { still } = inode;
  setGuard(state, async () => {
    if (opened.closed) throw Object.assign(new Error('closed'), { code: 'ESHUTDOWN' });
    if (!(await still())) throw Object.assign(new Error('replaced'), { code: 'ESTALE' });
  });
  await removeStateLeftovers(state);
  opened.lock = { socket, inode };
  opened.unheld = undefined;
  opened.journal = await openJournal(state, {
    now: options.now,
    cursors: options.cursors ?? [],
    ...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
    witnessed: lastWitnessed(readWitnesses(state.path).witnesses),
  });
  opened.begin = journalHead(opened.journal);
  return undefined;
}

function storeOf(opened: Opened): Store {
  const { state } = opened;
  const waits = () =>
    opened.early.records.length + (opened.journal?.waiting.records.length ?? 0) + opened.writes.size > 0;
  const stuck = () => opened.early.records.length > 0 || opened.refused || opened.hangs;
  const replace = async (name: string, write: Write) => {
    if (opened.closing) return;
    // Re-inserted behind all other waiting writes.
    opened.writes.delete(name);
    opened.writes.set(name, write);
    await patiently(opened, () => writeWaiting(opened));
  };
  return {
    state,
    journal: () => opened.journal,
    unheld: () => opened.unheld,
    unwritten: () => unwritten(opened),
    // Records that only wait for their turn do not count, only refused ones.
    writable: () => opened.lock !== undefined && state.writable && !stuck(),
    keep: (record, stale, first) => keep(opened, record, stale, first),
    replace,
    waits: (name) => opened.writes.has(name),
    cursor: async (name) => {
      const found = await readCursor(state, name, opened.options.now());
      // Without a file the cursor would not keep the lines that it has yet to pass.
      if (found.healed !== undefined)
        await replace(`cursor ${name}`, () => writeCursor(state, name, found.cursor, !found.owed));
      return found;
    },
    moveCursor: (name, to, following) =>
      replace(`cursor ${name}`, () => writeCursor(state, name, to, following)),
    dropCursor: (name) => opened.serial(() => removeCursor(state, name)),
    begin: () => opened.begin,
    retry: () => patiently(opened, () => retry(opened, waits())),
    closing: () => opened.closing,
    close: () => {
      opened.closing = true;
      return opened.serial(() => close(opened));
    },
  };
}

/**
 * Runs `work` in turn, but waits for it no longer than the patience. A hanging call is counted; once it
 * returns, what waits is written.
 */
async function patiently(opened: Opened, work: () => Promise<void>): Promise<void> {
  if (opened.hangs) return;
  const done = opened.serial(work);
  await new Promise<void>((resolve, reject) => {
    const cancel = systemTimer(opened.options.patienceMs ?? patienceMs, () => {
      if (!opened.hangs) {
        opened.hangs = true;
        unanswered(opened.state);
        void opened
          .serial(async () => {})
          .then(() => {
            opened.hangs = false;
            return opened.serial(() => writeWaiting(opened));
          });
      }
      resolve();
    });
    done.then(resolve, reject).finally(cancel);
  });
}

function unwritten({ early, journal }: Opened): number {
  return early.records.length + (journal === undefined ? 0 : unwrittenRecords(journal));
}

async function keep(
  opened: Opened,
  record: JournalRecord,
  stale: string | undefined,
  first: Dated['first'],
): Promise<boolean> {
  if (opened.closing) return false;
  if (stale !== undefined) opened.writes.delete(stale);
  const { journal } = opened;
  if (journal === undefined || first !== undefined || opened.early.records.length > 0) {
    const dated = { record, timeMs: opened.options.now(), ...(first === undefined ? {} : { first }) };
    const early = letWait(opened.early, dated);
    if (early === undefined) return false;
    opened.early = early;
    if (journal !== undefined) await patiently(opened, () => writeEarly(opened, journal));
    return true;
  }
  let kept = letWaitInJournal(journal, record);
  if (!kept && opened.hangs) journal.failedAppends++;
  await patiently(opened, async () => {
    // A record that finds no room among the waiting may still be written together with them.
    const written = kept ? await retryJournal(journal) : (await appendJournal(journal, record)).ok;
    kept ||= written;
    if (!written) opened.refused = true;
    else if (opened.writes.size === 0) opened.refused = false;
  });
  return kept;
}

async function writeEarly(opened: Opened, journal: Journal): Promise<void> {
  const made = await handOver(opened, journal);
  if (!(await retryJournal(journal)) || !made) opened.refused = true;
  else if (opened.writes.size === 0) opened.refused = false;
}

/**
 * Moves records whose precondition now holds to the journal, in order; returns whether none is left. Runs in
 * turn, so nobody else removes one.
 */
async function handOver(opened: Opened, journal: Journal): Promise<boolean> {
  for (let [next] = opened.early.records; next !== undefined; [next] = opened.early.records) {
    if (next.first !== undefined && !(await next.first()).ok) return false;
    opened.early = opened.early.records
      .slice(1)
      .reduce<Waiting>((waiting, one) => letWait(waiting, one) ?? waiting, noneWaits);
    const waiting = letWait(journal.waiting, next);
    if (waiting === undefined) journal.failedAppends++;
    else journal.waiting = waiting;
  }
  return true;
}

/** Writes the journal first: stored state must not be ahead of what is recorded. */
async function writeWaiting(opened: Opened): Promise<void> {
  if (opened.closed || opened.journal === undefined) return;
  opened.refused = !(await writeAll(opened, opened.journal));
}

/** Writes everything that waits; returns whether that succeeded. */
async function writeAll(opened: Opened, journal: Journal): Promise<boolean> {
  const made = await handOver(opened, journal);
  if (!(await retryJournal(journal)) || !made) return false;
  for (const [name, write] of [...opened.writes]) {
    if (!(await write(journalHead(journal))).ok) return false;
    if (opened.writes.get(name) === write) opened.writes.delete(name);
  }
  return true;
}

async function retry(opened: Opened, waits: boolean): Promise<void> {
  if (opened.closed) return;
  if (opened.lock === undefined) {
    const busy = await take(opened);
    if (opened.journal === undefined) {
      opened.unheld = busy ?? opened.unheld;
      return;
    }
  }
  if (waits) await writeWaiting(opened);
  else if (!opened.state.writable) await probeState(opened.state);
}

/** Reports whether this process may still write into the directory. */
function mayWrite(state: StateDirectory): Promise<boolean> {
  return state.guard().then(
    () => true,
    () => false,
  );
}

async function close(opened: Opened): Promise<void> {
  if (opened.closed) return;
  await writeWaiting(opened);
  const { journal, state, options } = opened;
  if (journal !== undefined) {
    const records = unwritten(opened);
    const time = new Date(options.now()).toISOString();
    if (records > 0 && (await mayWrite(state)))
      await leaveNote(state.path, { records, time, why: state.problem ?? 'unknown' });
    await closeJournal(journal);
  }
  opened.closed = true;
  // The abstract name first: a process that finds the socket gone must find nothing else in the way.
  await opened.lock?.inode.release();
  await opened.lock?.socket.release();
}
