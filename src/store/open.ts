/**
 * The one opener of a state directory: the lock, the journal and the cursors belong together, and nobody else opens one
 * of them alone. Who held the lock before may be writing until its very end, so the lock is the first thing that is
 * taken and the last that is given back, and what comes after that is refused.
 *
 * A disk that is full or read-only for a while costs nothing: what was to be kept waits, and {@link Store.retry}, which
 * the exporter calls at each pass, writes it, takes a lock that could not be had before, and tells when all is well again.
 * One that does not answer at all is not waited for either.
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

/** Slow disks flush within a second; what takes longer than this may take for ever. */
const patienceMs = 3_000;

interface Opened {
  state: StateDirectory;
  readonly options: StoreOptions;
  lock: Held | undefined;
  journal: Journal | undefined;
  begin: JournalHead;
  unheld: string | undefined;
  /** Nothing more is taken; what was taken before is still written. */
  closing: boolean;
  closed: boolean;
  /** Records from before there was a journal, or that wait for what makes them true, and those behind them. */
  early: Waiting;
  readonly writes: Map<string, Write>;
  readonly serial: Serial;
  /** The newest try to write what waits was refused by the file system. */
  refused: boolean;
  /** A call of the file system has not returned in time: until it does nobody waits, and nothing else is tried. */
  hangs: boolean;
}

interface Held {
  readonly socket: Extract<SocketLock, { held: true }>;
  readonly inode: Extract<InodeLock, { held: true }>;
}

/** Opens a state directory for a writer. AppError when what is there cannot be trusted; a place that cannot be written is opened, and says so. */
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

/** Takes the lock and opens the journal; returns who is in the way. What the file system refuses is in `unheld`. */
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
    // Its place among those that wait is behind all of them.
    opened.writes.delete(name);
    opened.writes.set(name, write);
    await patiently(opened, () => writeWaiting(opened));
  };
  return {
    state,
    journal: () => opened.journal,
    unheld: () => opened.unheld,
    unwritten: () => unwritten(opened),
    // What waits for its turn alone is no trouble: only what was refused is.
    writable: () => opened.lock !== undefined && state.writable && !stuck(),
    keep: (record, stale, first) => keep(opened, record, stale, first),
    replace,
    waits: (name) => opened.writes.has(name),
    cursor: async (name) => {
      const found = await readCursor(state, name, opened.options.now());
      // A cursor that has no file would not keep what it has still to pass.
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

/** In its turn, but nobody waits for longer than their patience; what hangs is counted, and when it returns what waits is written. */
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
    // What finds no room may still be written with what waits.
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

/** Hands the journal what waited to become true, in order; whether nothing waits for that any more. In its turn: nobody else takes a record away. */
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

/** Journal first: what is remembered must not be ahead of what is recorded. */
async function writeWaiting(opened: Opened): Promise<void> {
  if (opened.closed || opened.journal === undefined) return;
  opened.refused = !(await writeAll(opened, opened.journal));
}

/** Whether everything that waits is written now. */
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

/** Whether the directory is still ours to write into. */
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
  // The name in the abstract namespace first: who finds the socket gone must find nothing else in the way.
  await opened.lock?.inode.release();
  await opened.lock?.socket.release();
}
