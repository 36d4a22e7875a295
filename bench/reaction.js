// From a changed file to the new value on /metrics, debounce included: the real program, its own clock only (polling adds up to 2 ms).
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, untilPage } from './shared/exporter.js';

const program = path.resolve(import.meta.dirname, '../dist/godrift.js');
const rounds = 100;
const patience = { everyMs: 2, limitMs: 60_000 };

export default {
  name: 'reaction',
  async run() {
    const home = mkdtempSync(path.join(tmpdir(), 'godrift-bench-reaction-'));
    const workspace = path.join(home, 'app');
    const goenv = path.join(home, '.config/go/env');
    mkdirSync(workspace);
    mkdirSync(path.dirname(goenv), { recursive: true });
    writeFileSync(path.join(workspace, 'go.mod'), 'module example.com/app\n\ngo 1.21\n');
    writeFileSync(goenv, '');
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/metrics`;
    const env = { HOME: home, PATH: process.env.PATH, GODRIFT_STATE_DIRECTORY: path.join(home, 'state') };
    const started = performance.now();
    const args = ['serve', '--interval', '1h', '--web.listen-address', `127.0.0.1:${port}`];
    const exporter = spawn(process.execPath, [program, ...args], { cwd: workspace, env, stdio: 'ignore' });
    try {
      await untilPage(url, () => true, patience);
      const first = performance.now() - started;
      const times = [];
      for (let round = 0; round < rounds; round++) {
        const on = round % 2 === 0;
        writeFileSync(goenv, on ? 'CGO_ENABLED=0\n' : '');
        const told = (page) => page.includes('name="CGO_ENABLED",value="0"') === on;
        times.push(await untilPage(url, told, patience));
      }
      times.sort((a, b) => a - b);
      const p50 = times[rounds >> 1];
      const p99 = times[Math.ceil(rounds * 0.99) - 1];
      return [
        {
          what: 'start to first page',
          value: `${first.toFixed(0)} ms`,
          budget: '< 3000 ms',
          ok: first < 3000,
        },
        { what: 'file change to page, p50', value: `${p50.toFixed(0)} ms` },
        {
          what: 'file change to page, p99',
          value: `${p99.toFixed(0)} ms`,
          budget: '< 250 ms',
          ok: p99 < 250,
        },
      ];
    } finally {
      exporter.kill();
      await new Promise((resolve) => exporter.once('exit', resolve));
      rmSync(home, { recursive: true, force: true });
    }
  },
};
