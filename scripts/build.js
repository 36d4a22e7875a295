// Bundles src/ into dist/: one entry that starts fast; what `check` does not need (OpenTelemetry, the HTTP server) lies in
// chunks that are loaded on demand.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
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

rmSync('dist', { recursive: true, force: true });
await build({
  // Threads are files of their own (src/host/threads.ts).
  entryPoints: {
    godrift: 'src/cli/main.ts',
    'threads/crew': 'src/observe/crew-thread.ts',
    'threads/pass': 'src/cli/pass-thread.ts',
  },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
  define: {
    GODRIFT_VERSION: JSON.stringify(version),
    GODRIFT_REVISION: JSON.stringify(revision()),
  },
  // CommonJS dependencies in an ES module bundle still call require() for Node's own modules.
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
