/**
 * Runs a one-file program with its V8 code cache. V8 ignores a cache of another V8 version or another source
 * text.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import vm from 'node:vm';

function readCache(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined; // no cache for this version of Node
  }
}

/**
 * Runs a file that holds one function, with the arguments of a CommonJS wrapper. The returned script can
 * produce the code cache of what was compiled.
 */
export function runCached(program: string, codeCache: string): vm.Script {
  const cachedData = readCache(codeCache);
  const script = new vm.Script(readFileSync(program, 'utf8'), {
    filename: program,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(program), module, program);
  return script;
}
