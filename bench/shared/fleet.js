// A running exporter over many targets, each with an environment file of its own, as CI steps leave them.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, untilPage } from './exporter.js';

const patience = { everyMs: 200, limitMs: 300_000 };
/** Clock ticks a second in /proc (proc_pid_stat(5)); Linux has had no other number for user space. */
const ticks = 100;

/** CPU seconds of a process since its start, its threads included and not what it started. */
export function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

/** A field of /proc/<pid>/status in MB: VmRSS, VmHWM. */
export function memoryMb(pid, field) {
  return (
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
  );
}

/** Share of a core that each process took in that time, all in the same one. */
export async function shares(pids, seconds) {
  const [before, start] = [pids.map(cpuSeconds), performance.now()];
  await delay(seconds * 1000);
  const passed = (performance.now() - start) / 1000;
  return pids.map((pid, index) => (cpuSeconds(pid) - before[index]) / passed);
}

/** Waits until a process takes less than `share` of a core, for two minutes at most: what follows its start is over then. */
export async function untilQuiet(pid, share) {
  for (let seconds = 0; seconds < 120; seconds += 2) if ((await shares([pid], 2))[0] < share) return;
}

/**
 * Starts the program over `count` targets in a folder of its own, and waits until each was looked at. `variables` makes what a target's environment has
 * beside HOME, PATH and GOENV, or in their place, from its folder; `env` is more of the exporter's own. Answers the process, the page's address, `home`, the
 * files of each target, and `stop`, which removes all of it.
 */
export async function startFleet(program, count, { interval, variables = () => ({}), env: more = {} } = {}) {
  const home = mkdtempSync(path.join(tmpdir(), 'godrift-bench-fleet-'));
  mkdirSync(path.join(home, '.config/go'), { recursive: true });
  const targets = Array.from({ length: count }, (_, index) => {
    const name = `service-${index}`;
    const workspace = path.join(home, 'src', name);
    mkdirSync(workspace, { recursive: true });
    writeFileSync(path.join(workspace, 'go.mod'), `module example.com/service${index}\n\ngo 1.21\n`);
    const file = path.join(home, `${name}.env`);
    const goenv = path.join(home, `${name}.goenv`);
    const given = { HOME: home, PATH: process.env.PATH, GOENV: goenv, ...variables(workspace) };
    writeFileSync(
      file,
      Object.entries(given)
        .map(([key, value]) => `${key}=${value}\0`)
        .join(''),
    );
    writeFileSync(goenv, '');
    return { name, workspace, environment: { from: 'file', path: file } };
  });
  writeFileSync(path.join(home, 'godrift.yml'), JSON.stringify({ targets }));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/metrics`;
  const args = [
    program,
    'serve',
    `--config.file=${path.join(home, 'godrift.yml')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    ...(interval === undefined ? [] : ['--interval', interval]),
  ];
  const state = path.join(home, 'state');
  const env = { HOME: home, PATH: process.env.PATH, GODRIFT_STATE_DIRECTORY: state, ...more };
  const exporter = spawn(process.execPath, args, { cwd: home, env, stdio: 'ignore' });
  const ended = new Promise((resolve) => exporter.once('exit', resolve));
  const stop = async () => {
    exporter.kill('SIGTERM');
    await ended;
    rmSync(home, { recursive: true, force: true });
  };
  try {
    // On a busy machine the page comes before the last looks, with targets that say they are late.
    const readable = /^godrift_target_readable\{.*reason="ok"\} 1$/gm;
    const seen = untilPage(url, (page) => (page.match(readable)?.length ?? 0) >= count, patience);
    await Promise.race([
      seen,
      ended.then((code) => Promise.reject(new Error(`the exporter ended with ${code}`))),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: exporter.pid, url, home, targets, stop };
}
