/** Signals: SIGTERM and SIGINT stop, SIGHUP reloads; a second stop signal ends the process at once (exit 1). */
import process from 'node:process';

/** Installs the handlers; `stop` is called once. */
export function onSignals(handlers: { readonly stop: () => void; readonly reload: () => void }): void {
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(1);
    stopping = true;
    handlers.stop();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', handlers.reload);
}

/**
 * Signals with which users, terminals and service managers end a command; closing a terminal sends SIGHUP.
 */
const ending = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Held signals: none of them ends the process. */
export interface HeldSignals {
  /** Signals received and not forgotten. */
  readonly came: ReadonlySet<NodeJS.Signals>;
  /** Forgets a signal that was meant for another process. */
  readonly forget: (signal: NodeJS.Signals) => void;
  /** Sets the function that is called for each later signal. */
  readonly tell: (again: () => void) => void;
  /** Lets the signals end the process again. */
  readonly release: () => void;
}

/**
 * Holds the signals that end a command, however often they are sent, for a command that has promised to clean
 * up.
 */
export function holdSignals(): HeldSignals {
  const came = new Set<NodeJS.Signals>();
  let again = () => {};
  const hear = (signal: NodeJS.Signals) => {
    came.add(signal);
    again();
  };
  for (const signal of ending) process.on(signal, hear);
  return {
    came,
    forget: (signal) => void came.delete(signal),
    tell: (hearing) => {
      again = hearing;
    },
    release: () => {
      for (const signal of ending) process.off(signal, hear);
    },
  };
}

/** Number of threads that were told to end and have not. */
let hanging = 0;

function killWhatHangs(): void {
  if (hanging > 0) process.kill(process.pid, 'SIGKILL');
}

/**
 * Waits for a thread to end. One that hangs in a system call on a dead file system never does, and Node's
 * exit would wait for it. So if the process exits meanwhile it kills itself, after everything else was
 * written.
 */
export async function untilEnded(ending: Promise<unknown>): Promise<void> {
  if (process.listeners('exit').includes(killWhatHangs) === false) process.on('exit', killWhatHangs);
  hanging++;
  try {
    await ending;
  } finally {
    hanging--;
  }
}

/**
 * Exits with the process's exit code after `ms`, whatever still runs; the timer itself keeps nothing alive.
 */
export function exitAfter(ms: number): void {
  setTimeout(() => process.exit(), ms).unref();
}
