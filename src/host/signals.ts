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

/** Signals by which people, terminals and service managers end a command; SIGHUP comes when a terminal is closed. */
const ending = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Signals that are held: none of them ends the process. */
export interface HeldSignals {
  /** Those that came and were not forgotten. */
  readonly came: ReadonlySet<NodeJS.Signals>;
  /** Forgets one that was somebody else's. */
  readonly forget: (signal: NodeJS.Signals) => void;
  /** `again` hears of each one from now on. */
  readonly tell: (again: () => void) => void;
  /** Each ends the process again. */
  readonly release: () => void;
}

/** Holds the signals that end a command, for one that has promised to clean up: however often somebody sends them. */
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

/** Threads that were told to end and have not. */
let hanging = 0;

function killWhatHangs(): void {
  if (hanging > 0) process.kill(process.pid, 'SIGKILL');
}

/**
 * Waits for a thread to end. One that hangs in a system call of a dead file system never does, and Node's own exit would wait for it: when the
 * process ends meanwhile, it is killed, after all else was written.
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

/** Ends the process with its exit code when `ms` have passed, whatever still runs; the timer itself keeps nothing alive. */
export function exitAfter(ms: number): void {
  setTimeout(() => process.exit(), ms).unref();
}
