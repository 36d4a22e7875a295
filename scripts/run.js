// `node scripts/run.js FILE.ts`: runs a TypeScript program of this checkout, with its own import.meta, which
// Node 20 cannot do by itself.
import path from 'node:path';
import process from 'node:process';
import { runnerImport } from 'vite';

await runnerImport(path.resolve(process.argv[2]));
