/**
 * The entry point of `godrift`. It starts check.cjs with its V8 code cache, made at build time, for `check`
 * and without a command, and main.mjs for everything else (decision record 0065).
 */
import path from 'node:path';
import process from 'node:process';
import { AppError } from '../catalog/errors.ts';
import { runCached } from '../host/code-cache.ts';

/** A prefix of the digest of check.cjs, so that the code cache of another build is never used. */
declare const CHECK_DIGEST: string;

/** The path of the code cache for the running Node. */
export const codeCache = path.join(
  __dirname,
  `check-${CHECK_DIGEST}-${process.version}-${process.arch}.cache`,
);

/**
 * Reports that a file of the program is missing or damaged, with exit code 2. Node itself would exit with 1,
 * which means that something drifted.
 */
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

/** Starts check.cjs; undefined if it cannot be used. */
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
/** The running script, for the build step that makes the code cache; undefined if it is not check.cjs. */
export const script = isCheck ? startCheck() : undefined;
if (!isCheck) import('./main.mjs' as string).catch(refuseToStart);
