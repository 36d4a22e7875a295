/**
 * A program of a test that is started hundreds of times: one file, with what V8 made of it beside it, as the build makes `check` (decision 0065).
 * Reading and compiling its modules anew each time takes more than all that it does.
 */
import { join } from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';
import { execa } from 'execa';
import { patienceMs } from './eventually.ts';

/** Starts the program beside it; exports what scripts/code-cache.cjs asks for. */
const launcher = `
  import { join } from 'node:path';
  import { runCached } from './src/host/code-cache.ts';
  export const codeCache = join(__dirname, 'program.cache');
  export const script = runCached(join(__dirname, 'program.cjs'), codeCache);
`;

/**
 * Bundles a TypeScript program (no top-level await) into the folder, and runs it once with `args`, by whose run V8 decides what is kept. Answers the file to
 * start; throws where the program cannot be bundled, or fails.
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
    // One function of what a CommonJS module gets, which is what runCached takes.
    banner: { js: '(function (exports, require, module, __filename) {' },
    footer: { js: '})' },
  });
  await build({ ...shared, stdin: { contents: launcher, resolveDir: root, loader: 'ts' }, outfile: file });
  const made = [join(root, 'scripts/code-cache.cjs'), file, ...args];
  await execa(process.execPath, made, { timeout: patienceMs });
  return file;
}
