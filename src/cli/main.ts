/**
 * The program: arguments in, exit code out. The only place that exits. Commands are loaded on demand, so that `check`
 * never loads OpenTelemetry or the HTTP server.
 */

import process from 'node:process';
import { AppError } from '../catalog/errors.ts';
import { visibleLines } from '../catalog/visible.ts';
import { ownEnvironment } from '../host/machine.ts';
import { endWithoutReader, exitAfter } from '../host/signals.ts';
import { keepYoungHeapSmall } from '../host/young-heap.ts';
import { runProgram } from './program.ts';

if (process.argv[2] === 'serve') keepYoungHeapSmall();

if (process.platform === 'win32') {
  process.stderr.write(
    'godrift: cannot run on Windows: godrift watches Linux and macOS; run it in WSL or in a container\n',
  );
  process.exit(2);
}

// A closed pipe (`godrift events | head`) is the reader's decision, not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  endWithoutReader();
});

// As when a terminal is closed: what is under way, and must be ended in order, is not ended by what it says.
process.stderr.on('error', () => {});

/** Where the program was started. Throws AppError. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    throw new AppError(
      'cannot tell the working directory',
      'it was removed, or lies outside of the root',
      'go to a directory that is there',
    );
  }
}

async function main(): Promise<void> {
  try {
    process.exitCode = await runProgram(process.argv.slice(2), {
      env: ownEnvironment(),
      // Asked for by what needs one: a health check does not.
      get cwd() {
        return workingDirectory();
      },
      stdout: process.stdout,
      stderr: process.stderr,
      stdin: () => process.stdin,
      isInteractive: () => process.stdin.isTTY === true && process.stderr.isTTY === true,
    });
  } catch (error) {
    if (error instanceof AppError) {
      process.stderr.write(`godrift: ${error.message}\n`);
    } else {
      process.stderr.write(
        `godrift: unexpected error, please report it: ${visibleLines(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`,
      );
    }
    process.exitCode = 2;
    // What was opened before the error (a lock, a thread) must not keep a process that has nothing to do.
    exitAfter(1_000);
  }
}

/** Resolves when the program has done what it was told; it never rejects. */
export const ended: Promise<void> = main();
