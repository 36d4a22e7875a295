/**
 * What `godrift` starts: for `check`, and without a command, check.cjs with the code that V8 made of it when it was built, which it need not
 * make again (a third of the time of a check); for everything else main.mjs. A cache that does not fit is passed over by V8 itself.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import vm from 'node:vm';

/** The beginning of the digest of check.cjs: a cache of another one is never taken. */
declare const CHECK_DIGEST: string;

/** The code cache for the Node that runs; V8 takes it only from its own version. */
const codeCache = path.join(__dirname, `check-${CHECK_DIGEST}-${process.version}-${process.arch}.cache`);

function readCache(): Buffer | undefined {
  try {
    return readFileSync(codeCache);
  } catch {
    return undefined; // built by another version of Node
  }
}

function runCheck(): { readonly script: vm.Script; readonly codeCache: string } {
  const filename = path.join(__dirname, 'check.cjs');
  const cachedData = readCache();
  const script = new vm.Script(readFileSync(filename, 'utf8'), {
    filename,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(filename), module, filename);
  return { script, codeCache };
}

const command = process.argv[2];
/** What was started, for who makes the code cache; undefined where it was not check.cjs. */
export const started = command === undefined || command === 'check' ? runCheck() : undefined;
if (started === undefined) void import('./main.mjs' as string);
