// envsnap in real shells: a rollback of five variables, and the prompt's hook with nothing to do; beside direnv, which is built where PATH has none. Each
// is the median wall time of a script that does it many times, less that of the same script without it.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const program = path.resolve(import.meta.dirname, '../dist/godrift.js');
const start = { bash: ['--norc'], zsh: ['-f'], fish: ['--no-config'] };
const budgets = { bash: 3, zsh: 3, fish: 12 };
const rounds = 9;
const times = 100;
const names = ['GOFLAGS', 'GOTOOLCHAIN', 'CGO_ENABLED', 'GOOS', 'GOARCH'];

/** Of the one that is built. */
const direnvVersion = 'v2.37.1';
let searchPath = process.env.PATH;

const has = (command) =>
  spawnSync(command, ['--version'], { stdio: 'ignore', env: { ...process.env, PATH: searchPath } }).status ===
  0;

/** A script that does `body` that many times. */
function repeated(shell, before, body, count) {
  const loop =
    shell === 'fish'
      ? `set i 0\nwhile test $i -lt ${count}\nset i (math $i + 1)\n${body}\nend`
      : `i=0\nwhile [ $i -lt ${count} ]; do i=$((i + 1))\n${body}\ndone`;
  return `${before}\n${loop}\n`;
}

/** Median milliseconds of one `body` more than of one `base`, in turns. */
function costOf(shell, home, before, body, base = 'true') {
  const scripts = [body, base].map((text) => repeated(shell, before, text, times));
  const walls = scripts.map(() => []);
  for (let round = 0; round <= rounds; round++)
    for (const [index, script] of scripts.entries()) {
      const file = path.join(home, 'script');
      writeFileSync(file, script);
      const began = performance.now();
      const { status, stderr } = spawnSync(shell, [...start[shell], file], {
        cwd: home,
        env: { HOME: home, PATH: searchPath, XDG_CONFIG_HOME: path.join(home, 'config') },
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`${shell}: ${stderr}`);
      if (round > 0) walls[index].push(performance.now() - began);
    }
  const [withIt, without] = walls.map((list) => list.sort((a, b) => a - b)[rounds >> 1]);
  return Math.max(0, withIt - without) / times;
}

/** What direnv needs for the same change, entering and leaving counted as two, and at a prompt where nothing is new. */
function direnvCosts(shell, home) {
  const project = path.join(home, 'project');
  mkdirSync(project, { recursive: true });
  writeFileSync(path.join(project, '.envrc'), names.map((name) => `export ${name}=saved\n`).join(''));
  execFileSync('direnv', ['allow', project], {
    env: { HOME: home, PATH: searchPath, XDG_CONFIG_HOME: path.join(home, 'config') },
  });
  const look =
    shell === 'fish'
      ? 'direnv export fish 2>/dev/null | source'
      : `eval "$(direnv export ${shell} 2>/dev/null)"`;
  return {
    change:
      costOf(shell, home, '', `cd ${project}; ${look}; cd ${home}; ${look}`, `cd ${project}; cd ${home}`) / 2,
    idle: costOf(shell, home, `cd ${project}; ${look}`, look),
  };
}

/** The rows of one shell. */
function rowsOf(shell) {
  const home = mkdtempSync(path.join(tmpdir(), 'godrift-bench-shell-'));
  chmodSync(home, 0o700);
  try {
    const env = { HOME: home, PATH: searchPath };
    const init = path.join(home, `init.${shell}`);
    writeFileSync(
      init,
      execFileSync(process.execPath, [program, 'shell-init', shell, '--hot-reload'], { env }),
    );
    const set = (value) =>
      names
        .map((name) => (shell === 'fish' ? `set -gx ${name} ${value}` : `export ${name}=${value}`))
        .join('\n');
    const before = `. ${init}\n${set('saved')}\nenvsnap save >/dev/null\nenvsnap publish >/dev/null\n__envsnap_prompt >/dev/null`;
    const rollback = costOf(shell, home, before, `${set('new')}\nenvsnap rollback >/dev/null`, set('new'));
    const idle = costOf(shell, home, before, '__envsnap_prompt');
    const direnv = has('direnv') ? direnvCosts(shell, home) : undefined;
    const row = (what, value, budget, peer, share) => ({
      what: `${shell}: ${what}`,
      value: `${value.toFixed(3)} ms`,
      ...(peer === undefined
        ? { peer: 'no direnv here', budget: `< ${budget} ms`, ok: value < budget }
        : {
            peer: `direnv ${peer.toFixed(2)} ms`,
            ratio: value / peer,
            budget: `< ${budget} ms, <= ${share}`,
            ok: value < budget && value / peer <= share,
          }),
    });
    return [
      row('rollback', rollback, budgets[shell], direnv?.change, 0.5),
      row('idle prompt', idle, 0.1, direnv?.idle, 0.05),
    ];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

export const name = 'shell';

/** Builds direnv into a folder; false where its module cannot be had. By a module of its own: `go install` asks a proxy for more than one version. */
function buildDirenv(folder) {
  const env = { ...process.env, GOFLAGS: '-mod=mod', GOOS: '', GOARCH: '' };
  const module = 'github.com/direnv/direnv/v2';
  return [
    ['mod', 'init', 'example.com/peer'],
    ['mod', 'edit', `-require=${module}@${direnvVersion}`],
    ['build', '-o', 'direnv', module],
  ].every((args) => spawnSync('go', args, { cwd: folder, env, stdio: 'ignore' }).status === 0);
}

export function run() {
  const bin = mkdtempSync(path.join(tmpdir(), 'godrift-bench-direnv-'));
  try {
    if (!has('direnv') && buildDirenv(bin)) searchPath = `${bin}:${process.env.PATH}`;
    return Object.keys(start).filter(has).flatMap(rowsOf);
  } finally {
    rmSync(bin, { recursive: true, force: true });
  }
}
