/**
 * The door for the one command that a configuration may name: it says whether a rollback did good (decision record 0108). Not observing, whose door is host/command.ts:
 * what runs here is the operator's own, passed host/checked-program.ts, and gets no shell, little of the environment, and a time.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import type { CheckedProgram } from './checked-program.ts';
import { errorCode } from './errors.ts';

/** Names that a command gets of this process' environment: where its user is, and the language. No token is among them. */
const kept = ['HOME', 'LANG', 'LC_ALL', 'LOGNAME', 'PATH', 'TMPDIR', 'TZ', 'USER'];

/** A command that runs. */
export interface RunningCommand {
  /** Why it did not pass, undefined where it did; nothing that it printed is kept. Never rejects. */
  readonly ended: Promise<string | undefined>;
  /** Ends it and all that it started. */
  readonly stop: () => void;
}

/** Starts a command; after `timeoutMs` it is ended, with all of its process group. `more` is set beside what is kept of `env`. */
export function startConfirmCommand(
  program: CheckedProgram,
  args: readonly string[],
  given: {
    readonly cwd: string;
    readonly env: ReadonlyMap<string, string>;
    readonly more: Readonly<Record<string, string>>;
    readonly timeoutMs: number;
  },
): RunningCommand {
  const { cwd, env, more, timeoutMs } = given;
  const own = kept.flatMap((name) => {
    const value = env.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const child = spawn(program, args, {
    cwd,
    env: { ...Object.fromEntries(own), ...more },
    stdio: 'ignore',
    // A process group of its own, so that what it started ends with it.
    detached: true,
  });
  const stop = () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    stop();
  }, timeoutMs);
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(`it cannot be run (${errorCode(error) || 'failed'})`));
    child.once('exit', (code, signal) =>
      resolve(
        isLate
          ? `it did not end within ${Math.round(timeoutMs / 1000)} s`
          : code === 0
            ? undefined
            : code === null
              ? `it was ended by ${signal}`
              : `exit ${code}`,
      ),
    );
  }).finally(() => clearTimeout(limit));
  return { ended, stop };
}
