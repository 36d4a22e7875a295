/**
 * Runs the command of `godrift try` (decision record 0109). Its user typed it, so it gets what a shell would
 * give it: the terminal, the whole environment and all permissions. Nothing else uses this module.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { errorCode } from './errors.ts';

/** Time from SIGTERM to SIGKILL, ms. */
const patienceMs = 5_000;

/**
 * Signals passed on to the command. The terminal sends SIGINT to both; the others reach this process alone.
 */
const passedOn = ['SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a command to its end; returns why it failed, undefined if it succeeded. After `timeoutMs` it is
 * killed. Never rejects.
 */
export async function runTriedCommand(
  [program, ...args]: readonly [string, ...string[]],
  { cwd, timeoutMs }: { readonly cwd: string; readonly timeoutMs: number },
): Promise<string | undefined> {
  const child = spawn(program, args, { cwd, stdio: 'inherit' });
  let isLate = false;
  let kill: NodeJS.Timeout | undefined;
  const limit = setTimeout(() => {
    isLate = true;
    child.kill('SIGTERM');
    kill = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  }, timeoutMs);
  const pass = (signal: NodeJS.Signals) => void child.kill(signal);
  const stay = () => {};
  process.on('SIGINT', stay);
  for (const signal of passedOn) process.on(signal, pass);
  try {
    return await new Promise<string | undefined>((resolve) => {
      child.once('error', (error) => resolve(`it cannot be run (${errorCode(error) || 'failed'})`));
      child.once('exit', (code, signal) => {
        if (isLate) resolve(`it did not end within ${Math.round(timeoutMs / 1000)} s`);
        else if (code === 0) resolve(undefined);
        else resolve(code === null ? `it was ended by ${signal}` : `exit ${code}`);
      });
    });
  } finally {
    clearTimeout(limit);
    clearTimeout(kill);
    process.off('SIGINT', stay);
    for (const signal of passedOn) process.off(signal, pass);
  }
}
