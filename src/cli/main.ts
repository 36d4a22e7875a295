/**
 * The program: arguments in, exit code out. The only place that exits. Commands are loaded on demand, so that `check`
 * never loads OpenTelemetry or the HTTP server.
 */

import process from 'node:process';
import { AppError } from '../catalog/errors.ts';
import { visibleLines } from '../catalog/visible.ts';
import { errorCode } from '../host/errors.ts';
import { damagedWord, ownDirectory, ownEnvironment } from '../host/machine.ts';
import { exitAfter } from '../host/signals.ts';
import { standardOutput } from '../host/standard-output.ts';
import { keepYoungHeapSmall } from '../host/young-heap.ts';
import { runProgram } from './program.ts';

if (process.argv[2] === 'serve') keepYoungHeapSmall();

if (process.platform === 'win32') {
  process.stderr.write(
    'godrift: cannot run on Windows: godrift watches Linux and macOS; run it in WSL or in a container\n',
  );
  process.exit(2);
}

const stdout = standardOutput(process.stdout);

// As when a terminal is closed: what is under way, and must be ended in order, is not ended by what it says.
process.stderr.on('error', () => {});

/** Where the program was started. Throws AppError. */
function workingDirectory(): string {
  const refusal = (why: string, todo: string) => new AppError('cannot tell the working directory', why, todo);
  let directory: string | undefined;
  try {
    directory = ownDirectory();
  } catch {
    throw refusal('it was removed, or lies outside of the root', 'go to a directory that is there');
  }
  if (directory === undefined) throw refusal('its name is no UTF-8', 'give it a name that is');
  return directory;
}

/** The words behind the name of the program. Throws AppError for a name that would mean another file. */
function commandLine(): readonly string[] {
  const words = process.argv.slice(2);
  const damaged = damagedWord(words);
  if (damaged === undefined) return words;
  throw new AppError(`cannot use ${damaged}`, 'it is no UTF-8', 'give the file a name that is');
}

/** Throws AppError where the answer could not be printed. A reader that goes (`godrift events | head`) has decided so, and changes no exit code. */
async function expectPrinted(code: number): Promise<void> {
  await stdout.written();
  if (!stdout.lost.aborted || errorCode(stdout.lost.reason) === 'EPIPE') return;
  const { systemReason } = await import('../store/state-directory.ts');
  throw new AppError(
    'cannot print the answer',
    systemReason(stdout.lost.reason),
    `make room, or send it elsewhere: all else was done, with exit code ${code}`,
  );
}

/** Says what went wrong; 2 is the exit code then. */
function tellError(error: unknown): void {
  if (error instanceof AppError) {
    process.stderr.write(`godrift: ${error.message}\n`);
  } else {
    process.stderr.write(
      `godrift: unexpected error, please report it: ${visibleLines(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`,
    );
  }
  process.exitCode = 2;
}

// Node itself would end with 1, which is the answer that something was found.
process.on('uncaughtException', (error) => {
  tellError(error);
  process.exit();
});

async function main(): Promise<void> {
  try {
    const code = await runProgram(commandLine(), {
      env: ownEnvironment(),
      // Asked for by what needs one: a health check does not.
      get cwd() {
        return workingDirectory();
      },
      stdout,
      stderr: process.stderr,
      stdin: () => process.stdin,
      isInteractive: () => process.stdin.isTTY === true && process.stderr.isTTY === true,
    });
    await expectPrinted(code);
    process.exitCode = code;
  } catch (error) {
    tellError(error);
    // What was opened before the error (a lock, a thread) must not keep a process that has nothing to do.
    exitAfter(1_000);
  }
}

/** Resolves when the program has done what it was told; it never rejects. */
export const ended: Promise<void> = main();
