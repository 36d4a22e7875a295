/**
 * The program: arguments in, exit code out. Commands are loaded on demand, so that `check` never loads
 * OpenTelemetry or the HTTP server.
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

// A closed stderr (a terminal that was closed) must not end work that has to finish in order.
process.stderr.on('error', () => {});

/** Returns the working directory. Throws AppError. */
function workingDirectory(): string {
  const refusal = (why: string, todo: string) => new AppError('cannot tell the working directory', why, todo);
  let directory: string | undefined;
  try {
    directory = ownDirectory();
  } catch {
    throw refusal('it was removed, or lies outside of the root', 'go to a directory that is there');
  }
  if (directory === undefined) throw refusal('its name is not valid UTF-8', 'rename it');
  return directory;
}

/**
 * Returns the arguments of the program. Throws AppError for one that is not valid UTF-8 and would name
 * another file.
 */
function commandLine(): readonly string[] {
  const words = process.argv.slice(2);
  const damaged = damagedWord(words);
  if (damaged === undefined) return words;
  throw new AppError(`cannot use ${damaged}`, 'it is not valid UTF-8', 'rename the file');
}

/**
 * Throws AppError if the output could not be written. A reader that closes the pipe (`godrift events | head`)
 * is no error.
 */
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

/** Prints an error and sets exit code 2. */
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

// Node itself would exit with 1, which means that something was found.
process.on('uncaughtException', (error) => {
  tellError(error);
  process.exit();
});

async function main(): Promise<void> {
  try {
    const code = await runProgram(commandLine(), {
      env: ownEnvironment(),
      // A getter, because some commands (healthcheck) need no working directory.
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
    // A lock or thread that was opened before the error must not keep the process alive.
    exitAfter(1_000);
  }
}

/** Resolves when the program is done; never rejects. */
export const ended: Promise<void> = main();
