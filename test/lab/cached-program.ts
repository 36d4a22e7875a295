/**
 * Builds a test program that is started hundreds of times as one file with V8's code cache, as the build does
 * for `check` (decision 0065). Reading and compiling its modules at each start would take longer than its
 * work.
 */
import { join } from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';
import { execa } from 'execa';
import { patienceMs } from './eventually.ts';

/** The launcher, which runs the program beside it and exports what scripts/code-cache.cjs needs. */
const launcher = `
  import { join } from 'node:path';
  import { runCached } from './src/host/code-cache.ts';
  export const codeCache = join(__dirname, 'program.cache');
  export const script = runCached(join(__dirname, 'program.cjs'), codeCache);
`;

/**
 * Bundles a TypeScript program (without top-level await) into `folder` and runs it once with `args`; V8
 * caches the code of this run. Returns the file to start. Throws if the program cannot be bundled or fails.
 */
export async function makeCachedProgram(
  entry: string,
  folder: string,
  args: readonly string[],
): Promise<string> {
  const root = join(import.meta.dirname, '../..');
  const file = join(folder, 'launcher.cjs');
  const shared = {
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'warning',
  } as const;
  await build({
    ...shared,
    entryPoints: [entry],
    outfile: join(folder, 'program.cjs'),
    // `runCached` expects one function with the parameters of a CommonJS module.
    banner: { js: '(function (exports, require, module, __filename) {' },
    footer: { js: '})' },
  });
  await build({ ...shared, stdin: { contents: launcher, resolveDir: root, loader: 'ts' }, outfile: file });
  const made = [join(root, 'scripts/code-cache.cjs'), file, ...args];
  await execa(process.execPath, made, { timeout: patienceMs });
  return file;
}
