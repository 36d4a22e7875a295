/**
 * The door for the command that a person tries (`godrift try`, decision record 0109): it is typed by whoever runs it, so it gets what a shell would give it, the terminal, the
 * whole environment and every right of its user. Nothing else goes through here.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { errorCode } from './errors.ts';

/** Between asking a command to end and ending it, ms. */
const patienceMs = 5_000;

/** Signals that are the command's as well: the terminal sends SIGINT to both, the others come to this process alone. */
const passedOn = ['SIGTERM', 'SIGHUP'] as const;

/** Runs a command to its end; why it did not pass, undefined where it did. After `timeoutMs` it is ended. Never rejects. */
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
