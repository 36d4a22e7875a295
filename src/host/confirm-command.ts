/**
 * Runs the one command that a configuration may name: it confirms that a rollback worked (decision record
 * 0108). Unlike the commands of observing (host/command.ts) it is the operator's own. It passed
 * host/checked-program.ts and gets no shell, a small part of the environment, and a time limit.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import type { CheckedProgram } from './checked-program.ts';
import { errorCode } from './errors.ts';

/**
 * Variables that the command gets from the environment: its user's home and language. None of them is a
 * token.
 */
const kept = ['HOME', 'LANG', 'LC_ALL', 'LOGNAME', 'PATH', 'TMPDIR', 'TZ', 'USER'];

/** A running command. */
export interface RunningCommand {
  /** Resolves to why the command failed, undefined if it succeeded; its output is dropped. Never rejects. */
  readonly ended: Promise<string | undefined>;
  /** Kills the command and all that it started. */
  readonly stop: () => void;
}

/**
 * Starts a command and kills it, with its process group, after `timeoutMs`. `more` is added to the variables
 * kept of `env`.
 */
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
    // A process group of its own, so that its children are killed with it.
    detached: true,
  });
  const stop = () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has already ended.
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
