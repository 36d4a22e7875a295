/** Runs a program of one file with what V8 compiled of it before. V8 passes over a cache that is of another version, or of another text. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import vm from 'node:vm';

function readCache(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined; // there is none for this version of Node
  }
}

/** Runs the function that the file `program` is, with what a CommonJS module gets; the answer can make the code cache of what ran. */
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
