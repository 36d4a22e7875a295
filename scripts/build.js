// Bundles src/ into dist/. `godrift.js` is what is started: it takes check.cjs for `check`, one file that Node reads in a moment because what
// V8 made of it the last time lies beside it, and main.mjs for everything else, whose chunks are loaded on demand.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** The commit that is built: GODRIFT_REVISION where there is no checkout (the Dockerfile), else git's, else `unknown`. */
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
  // The ES modules of a package, where it has both: of them only what is used is taken.
  mainFields: ['module', 'main'],
  minifySyntax: true,
  // The text of a module stays in memory for as long as the module does.
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  // Where a link of node_modules leads is no part of what is built.
  preserveSymlinks: true,
};

/** Folders of the packages of which something went into dist/: what a list of parts and of licenses must name (scripts/release.js). */
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

/** All commands and the threads (src/host/threads.ts): what a command does not need lies in chunks of its own. */
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

/** The other commands stay outside of check.cjs, which is never started for them. */
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

/** Modules of Node that a check may need, and mostly does not: together they take a tenth of its time to load. */
const seldomNeeded = /^(?:node:)?(child_process|http|https|net|perf_hooks|worker_threads|zlib)$/;

/** Has these loaded when something of them is first used. */
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

/** `check` as one function in one file, which gets what a CommonJS module gets. Answers its path. */
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

/** What is started. `digest` names the code cache of this very check.cjs. */
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

/** Lets V8 keep what it compiled in a check: of this version of Node, which alone can use it. Another one compiles anew. */
function makeCodeCache() {
  const scratch = mkdtempSync(path.join(tmpdir(), 'godrift-build-'));
  try {
    const workspace = path.join(scratch, 'app');
    mkdirSync(workspace);
    writeFileSync(path.join(workspace, 'go.mod'), 'module example.com/app\n\ngo 1.21\n');
    const args = [path.resolve('scripts/code-cache.cjs'), path.resolve('dist/godrift.js'), 'check'];
    const env = { HOME: scratch, PATH: process.env.PATH };
    // What the check says does not matter: an image that is built has no Go.
    spawnSync(process.execPath, args, { cwd: workspace, env, stdio: 'ignore' });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** One letter beyond Latin-1 doubles what V8 needs for the whole text of a file. The bundler escapes them all but in tagged templates. */
function expectLatin(file) {
  if (/[^\x00-\xff]/.test(readFileSync(file, 'utf8')))
    throw new Error(`${file} holds a letter beyond Latin-1: a tagged template needs an entity or a value`);
}

rmSync('dist', { recursive: true, force: true });
await buildMain();
for (const name of readdirSync('dist', { recursive: true }))
  if (name.endsWith('.mjs')) expectLatin(path.join('dist', name));
// What `shell-init` prints is read when it is asked for (src/undo/shells/source.ts).
for (const shell of ['bash', 'zsh', 'fish'])
  cpSync(`src/undo/shells/envsnap.${shell}`, `dist/shells/envsnap.${shell}`);
const check = await buildCheck();
await buildLauncher(createHash('sha256').update(readFileSync(check)).digest('hex').slice(0, 16));
makeCodeCache();
mkdirSync('build', { recursive: true });
writeFileSync('build/bundled.json', `${JSON.stringify([...bundled].sort(), undefined, 2)}\n`);
