// Bundles src/ into dist/. `godrift.js` is the launcher. It loads check.cjs for `check`: one file with V8's
// code cache beside it, which starts fast. For all other commands it loads main.mjs, whose chunks are loaded
// on demand.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/**
 * Returns the commit that is built: GODRIFT_REVISION if set (the Dockerfile has no checkout), else HEAD, else
 * `unknown`.
 */
function revision() {
  if (process.env.GODRIFT_REVISION) return process.env.GODRIFT_REVISION;
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}

const nodeModule = createRequire(import.meta.url);

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  // Prefers the ES modules of a package, since unused parts of them are dropped.
  mainFields: ['module', 'main'],
  minifySyntax: true,
  // The text of a module stays in memory for as long as the module does.
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  // The real path behind a symlinked node_modules must not become part of the bundle.
  preserveSymlinks: true,
};

/**
 * Folders of the packages bundled into dist/; the bill of materials and the licenses must name them
 * (scripts/release.js).
 */
const bundled = new Set();

async function bundle(options) {
  const { metafile } = await build({ ...shared, ...options });
  for (const input of Object.keys(metafile.inputs)) {
    const [folder] = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? [];
    if (folder !== undefined) bundled.add(folder);
  }
}
const define = {
  GODRIFT_VERSION: JSON.stringify(version),
  GODRIFT_REVISION: JSON.stringify(revision()),
};

/**
 * Builds all commands and the threads (src/host/threads.ts), split into chunks that a command loads as
 * needed.
 */
async function buildMain() {
  await bundle({
    entryPoints: {
      main: 'src/cli/main.ts',
      'threads/pool': 'src/observe/pool/pool-thread.ts',
      'threads/rollback': 'src/cli/rollback/thread.ts',
      'threads/discovery': 'src/observe/discovery/discovery-thread.ts',
      'threads/pass': 'src/cli/pass-thread.ts',
      'threads/bcrypt': 'src/tell/http/bcrypt-thread.ts',
    },
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    define,
    // CommonJS dependencies in an ES module bundle still call require() for Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
}

/** Leaves the other commands out of check.cjs, which never runs them. */
const checkAlone = {
  name: 'check-alone',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/commands\// }, ({ kind, path: wanted }) =>
      kind === 'dynamic-import' && wanted !== './commands/check.ts'
        ? { path: wanted, external: true }
        : undefined,
    );
  },
};

/** Node modules that a check rarely needs: loading them takes a tenth of its time. */
const seldomNeeded = /^(?:node:)?(child_process|http|https|net|perf_hooks|worker_threads|zlib)$/;

/** Loads these modules on first use. */
const loadedWhenUsed = {
  name: 'loaded-when-used',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: seldomNeeded }, ({ path: wanted, namespace }) =>
      namespace === 'when-used'
        ? { path: wanted, external: true }
        : { path: wanted.replace(/^node:/, ''), namespace: 'when-used' },
    );
    onLoad({ filter: /.*/, namespace: 'when-used' }, ({ path: name }) => {
      const getters = Object.keys(nodeModule(`node:${name}`)).map(
        (key) => `get ${key}() { return require('node:${name}').${key}; }`,
      );
      return { contents: `module.exports = { ${getters.join(', ')} };` };
    });
  },
};

/**
 * Builds `check` as one file with one function that takes the arguments of a CommonJS module. Returns its
 * path.
 */
async function buildCheck() {
  const file = 'dist/check.cjs';
  await bundle({
    entryPoints: ['src/cli/main.ts'],
    outfile: file,
    format: 'cjs',
    define: { ...define, 'import.meta.url': '__url' },
    plugins: [checkAlone, loadedWhenUsed],
    banner: {
      js: "(function (exports, require, module, __filename) { const __url = require('node:url').pathToFileURL(__filename).href;",
    },
    footer: { js: '})' },
  });
  return file;
}

/** Builds the launcher. `digest` identifies the code cache of this check.cjs. */
async function buildLauncher(digest) {
  await bundle({
    entryPoints: ['src/cli/launcher.ts'],
    outfile: 'dist/godrift.js',
    format: 'cjs',
    define: { CHECK_DIGEST: JSON.stringify(digest) },
    external: ['./main.mjs'],
    banner: { js: '#!/usr/bin/env node' },
  });
  // The rest of the package is ES modules; a CommonJS file starts 5 ms sooner.
  writeFileSync('dist/package.json', '{"type":"commonjs"}\n');
}

/**
 * Runs a check and stores V8's code cache of it. Only this version of Node can use the cache; others compile
 * again.
 */
function makeCodeCache() {
  const scratch = mkdtempSync(path.join(tmpdir(), 'godrift-build-'));
  try {
    const workspace = path.join(scratch, 'app');
    mkdirSync(workspace);
    writeFileSync(path.join(workspace, 'go.mod'), 'module example.com/app\n\ngo 1.21\n');
    const args = [path.resolve('scripts/code-cache.cjs'), path.resolve('dist/godrift.js'), 'check'];
    const env = { HOME: scratch, PATH: process.env.PATH };
    // The result of the check does not matter: there is no Go where an image is built.
    spawnSync(process.execPath, args, { cwd: workspace, env, stdio: 'ignore' });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * Throws if a file has a character beyond Latin-1, which doubles the memory of its text. esbuild escapes all
 * but tagged templates.
 */
function expectLatin(file) {
  if (/[^\x00-\xff]/.test(readFileSync(file, 'utf8')))
    throw new Error(`${file} holds a letter beyond Latin-1: a tagged template needs an entity or a value`);
}

rmSync('dist', { recursive: true, force: true });
await buildMain();
for (const name of readdirSync('dist', { recursive: true }))
  if (name.endsWith('.mjs')) expectLatin(path.join('dist', name));
// `shell-init` reads these files at run time (src/undo/shells/source.ts).
for (const shell of ['bash', 'zsh', 'fish'])
  cpSync(`src/undo/shells/envsnap.${shell}`, `dist/shells/envsnap.${shell}`);
const check = await buildCheck();
await buildLauncher(createHash('sha256').update(readFileSync(check)).digest('hex').slice(0, 16));
makeCodeCache();
mkdirSync('build', { recursive: true });
writeFileSync('build/bundled.json', `${JSON.stringify([...bundled].sort(), undefined, 2)}\n`);
