// `godrift check` as a whole process in a warm workspace: wall time and memory, beside an empty Node program.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { peakMb } from './shared/peak.js';

const program = path.resolve(import.meta.dirname, '../dist/godrift.js');
const rounds = 15;

/** Median wall time in ms of a Node program. */
function wall(args, options) {
  const times = [];
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    spawnSync(process.execPath, args, { ...options, stdio: 'ignore' });
    if (round > 0) times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[rounds >> 1];
}

export default {
  name: 'check',
  run() {
    const home = mkdtempSync(path.join(tmpdir(), 'godrift-bench-check-'));
    const workspace = path.join(home, 'app');
    mkdirSync(workspace);
    writeFileSync(path.join(workspace, 'go.mod'), 'module example.com/app\n\ngo 1.21\n');
    const options = { cwd: workspace, env: { HOME: home, PATH: process.env.PATH } };
    execFileSync(process.execPath, [program, 'version'], options);
    const check = wall([program, 'check'], options);
    const empty = wall(['-e', ''], options);
    const memory = peakMb([program, 'check'], options);
    rmSync(home, { recursive: true });
    return [
      {
        what: 'check, wall',
        value: `${check.toFixed(0)} ms`,
        peer: `node -e '' ${empty.toFixed(0)} ms`,
        ratio: check / empty,
        budget: '< 200 ms',
        ok: check < 200,
      },
      { what: 'check, peak memory', value: `${memory.toFixed(0)} MB`, budget: '< 60 MB', ok: memory < 60 },
    ];
  },
};
