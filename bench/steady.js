// What a resident exporter of 200 targets takes: when nothing changes, and while it reads what builds brought into the cache.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fill } from './shared/build-cache.js';
import { freePort, untilPage } from './shared/exporter.js';

const program = path.resolve(import.meta.dirname, '../dist/godrift.js');
const count = 200;
const patience = { everyMs: 200, limitMs: 180_000 };
/** Clock ticks a second in /proc (proc_pid_stat(5)); Linux has had no other number for user space. */
const ticks = 100;

function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

function memoryMb(pid, field) {
  return (
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
  );
}

/** Share of a core that a process took in that time. */
async function share(pid, seconds) {
  const [before, start] = [cpuSeconds(pid), performance.now()];
  await delay(seconds * 1000);
  return (cpuSeconds(pid) - before) / ((performance.now() - start) / 1000);
}

function makeTargets(home) {
  const targets = Array.from({ length: count }, (_, index) => {
    const workspace = path.join(home, 'src', `service-${index}`);
    mkdirSync(workspace, { recursive: true });
    writeFileSync(path.join(workspace, 'go.mod'), `module example.com/service${index}\n\ngo 1.21\n`);
    return { name: `service-${index}`, workspace };
  });
  writeFileSync(path.join(home, 'godrift.yml'), JSON.stringify({ targets }));
}

const percent = (part) => `${(part * 100).toFixed(2)} %`;

export default {
  name: 'steady',
  async run() {
    if (process.platform !== 'linux') return [];
    const home = mkdtempSync(path.join(tmpdir(), 'godrift-bench-steady-'));
    makeTargets(home);
    fill(path.join(home, '.cache/go-build'), 1e7);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/metrics`;
    const env = { HOME: home, PATH: process.env.PATH, GODRIFT_STATE_DIRECTORY: path.join(home, 'state') };
    const args = [
      '--max-semi-space-size=1',
      program,
      'serve',
      `--config.file=${path.join(home, 'godrift.yml')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    const exporter = spawn(process.execPath, args, { cwd: home, env, stdio: 'ignore' });
    const { pid } = exporter;
    try {
      const learned = (page) => page.split('kind="learned"').length > count;
      await untilPage(url, learned, patience);
      const most = memoryMb(pid, 'VmHWM');
      await delay(30_000);
      const idle = await share(pid, 60);
      const resident = memoryMb(pid, 'VmRSS');
      fill(path.join(home, '.cache/go-build'), 2.5e9);
      const audit = await share(pid, 90);
      return [
        {
          what: `${count} targets every 15 s, nothing changes`,
          value: percent(idle),
          peer: 'a core',
          ratio: idle,
          budget: '< 0.01',
          ok: idle < 0.01,
        },
        {
          what: 'beyond that, 2.5 GB new in the cache',
          value: percent(audit - idle),
          peer: 'a core',
          ratio: audit - idle,
          budget: '<= 0.10',
          ok: audit - idle <= 0.1,
        },
        {
          what: 'resident memory then',
          value: `${resident.toFixed(0)} MB`,
          budget: '< 150 MB',
          ok: resident < 150,
        },
        { what: 'most resident memory before', value: `${most.toFixed(0)} MB` },
      ];
    } finally {
      const ended = new Promise((resolve) => exporter.once('exit', resolve));
      exporter.kill('SIGTERM');
      await ended;
      rmSync(home, { recursive: true, force: true });
    }
  },
};
