/**
 * Writes of commands into the state directory (decision record 0003). A running exporter holds the lock and
 * is asked through its socket. Otherwise the command takes the lock for a moment and writes the journal
 * itself.
 */

import { AppError } from '../catalog/errors.ts';
import { visible } from '../catalog/visible.ts';
import { withSocketAddress } from '../host/lock.ts';
import { readMachine, systemClock } from '../host/machine.ts';
import { requestSocket, type SocketAnswer } from '../host/socket-request.ts';
import { openStore } from '../store/open.ts';
import type { Outcome, Recorder } from '../store/record-exemption.ts';
import { adminSocketPath } from '../store/state-directory.ts';
import type { Terminal } from './terminal.ts';

/** How long to wait for other commands that hold the lock, ms. */
const patienceMs = 5_000;
const pauseMs = 50;

/** Returns the name of the user, for records. */
export function whoAmI(): string {
  const { user, uid } = readMachine();
  return user ?? `uid ${uid}`;
}

/** The admin API call that has the effect of `alone`. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** How long the answer may take, ms; {@link patienceMs} by default. */
  readonly answerMs?: number;
}

/** Sends a request to the exporter of a state directory. */
export async function askExporter(
  stateDirectory: string,
  { method, path, body, answerMs = patienceMs }: Call,
): Promise<SocketAnswer> {
  return await withSocketAddress(adminSocketPath(stateDirectory), (socket) =>
    requestSocket(socket, method, path, body, answerMs),
  );
}

/**
 * Runs `work` under the lock of the state directory; undefined while another process holds it. Throws
 * AppError if nothing can be written.
 */
export async function underLock<T>(
  terminal: Terminal,
  stateDirectory: string,
  work: (recorder: Recorder) => Promise<T>,
): Promise<{ readonly value: T } | undefined> {
  const store = await openStore(stateDirectory, { now: systemClock });
  if ('busy' in store) return undefined;
  try {
    const { state } = store;
    const journal = store.journal();
    if (journal === undefined)
      throw new AppError(
        `cannot write into ${state.path}`,
        store.unheld() ?? 'it cannot be locked',
        'make it writable for this user',
      );
    const report = (problem: string) => terminal.stderr.write(`godrift: ${visible(problem)}\n`);
    return { value: await work({ state, journal, now: systemClock, report }) };
  } finally {
    await store.close();
  }
}

/**
 * Writes by `alone` under the lock, or by `call` if an exporter holds it. Returns the result of `alone`, or
 * the exporter's JSON answer. Throws AppError `cannot <what>` with the reason and `todo` if the write is
 * refused, and if the directory stays locked.
 */
export async function record<T>(
  terminal: Terminal,
  stateDirectory: string,
  what: string,
  call: Call,
  alone: (recorder: Recorder) => Promise<Outcome<T>>,
  todo = 'correct that',
): Promise<T> {
  for (const end = performance.now() + patienceMs; performance.now() < end; await pause()) {
    const own = await underLock(terminal, stateDirectory, alone);
    if (own?.value.ok === true) return own.value.value;
    if (own?.value.ok === false) throw refused(what, own.value, todo);
    const answer = await askExporter(stateDirectory, call);
    if (answer.ok && answer.status < 300) return JSON.parse(answer.body) as T;
    if (answer.ok) throw refused(what, { status: answer.status, problem: answer.body.trim() }, todo);
    if (!answer.refused)
      throw new AppError(`cannot ${what}`, answer.why, 'see whether the exporter still runs');
  }
  throw new AppError(
    `cannot ${what}`,
    `another process holds ${stateDirectory} and answers nothing`,
    'end it, or try again',
  );
}

/**
 * Returns the error of a refused write. Status 503 means a temporary obstacle: an exporter that is starting,
 * a full disk.
 */
function refused(
  what: string,
  { status, problem }: { readonly status: number; readonly problem: string },
  todo: string,
): AppError {
  return new AppError(`cannot ${what}`, problem, status === 503 ? 'try again once that is over' : todo);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, pauseMs));
}
