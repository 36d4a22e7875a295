/**
 * What `godrift` starts: for `check`, and without a command, check.cjs with the code that V8 made of it when it was built; for everything else
 * main.mjs (decision record 0065).
 */
import path from 'node:path';
import process from 'node:process';
import { runCached } from '../host/code-cache.ts';

/** The beginning of the digest of check.cjs: a cache of another one is never taken. */
declare const CHECK_DIGEST: string;

/** The code cache for the Node that runs. */
export const codeCache = path.join(
  __dirname,
  `check-${CHECK_DIGEST}-${process.version}-${process.arch}.cache`,
);

const command = process.argv[2];
/** What was started, for who makes the code cache; undefined where it was not check.cjs. */
export const script =
  command === undefined || command === 'check'
    ? runCached(path.join(__dirname, 'check.cjs'), codeCache)
    : undefined;
if (script === undefined) void import('./main.mjs' as string);
