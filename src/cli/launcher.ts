/**
 * What `godrift` starts: for `check`, and without a command, check.cjs with the code that V8 made of it when it was built; for everything else
 * main.mjs (decision record 0065).
 */
import path from 'node:path';
import process from 'node:process';
import { AppError } from '../catalog/errors.ts';
import { runCached } from '../host/code-cache.ts';

/** The beginning of the digest of check.cjs: a cache of another one is never taken. */
declare const CHECK_DIGEST: string;

/** The code cache for the Node that runs. */
export const codeCache = path.join(
  __dirname,
  `check-${CHECK_DIGEST}-${process.version}-${process.arch}.cache`,
);

/** Says that a file of the program is missing or damaged. Node would end with 1, which is the answer that something drifted. */
function refuseToStart(error: unknown): void {
  const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  const refusal = new AppError(
    'cannot start',
    `a file of the program cannot be used (${why})`,
    'install godrift again',
  );
  process.stderr.write(`godrift: ${refusal.message}\n`);
  process.exitCode = 2;
}

/** Starts check.cjs; undefined where it cannot be used. */
function startCheck(): ReturnType<typeof runCached> | undefined {
  try {
    return runCached(path.join(__dirname, 'check.cjs'), codeCache);
  } catch (error) {
    refuseToStart(error);
    return undefined;
  }
}

const command = process.argv[2];
const isCheck = command === undefined || command === 'check';
/** What was started, for who makes the code cache; undefined where it was not check.cjs. */
export const script = isCheck ? startCheck() : undefined;
if (!isCheck) import('./main.mjs' as string).catch(refuseToStart);
