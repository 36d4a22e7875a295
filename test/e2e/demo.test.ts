// `godrift demo` as a user runs it: with files in HOME, a Go on PATH and another one in ~/sdk. With the real
// servers it plays the walk-through of the README on the shipped configurations. Every test also checks that
// the demo leaves no process behind; most check that no file is left or changed.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, patienceMs, program } from '../lab/godrift.ts';
import { ensureServer } from '../lab/servers.ts';
import { ensureToolchain, scratch } from '../lab/toolchains.ts';

const go126 = await ensureToolchain('1.26.0');
const go127 = await ensureToolchain('1.27.4');

const readme = join(import.meta.dirname, '../../README.md');

interface User {
  readonly home: string;
  readonly tmp: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A user with a GOENV file, a state directory and a shell full of settings that must not reach the sandbox. */
function makeUser(): User {
  const home = scratch('user');
  const tmp = scratch('tmp');
  mkdirSync(join(home, '.config/go'), { recursive: true });
  mkdirSync(join(home, '.local/state/godrift'), { recursive: true });
  mkdirSync(join(home, 'sdk'));
  writeFileSync(join(home, '.config/go/env'), 'GOFLAGS=-mod=vendor\n');
  symlinkSync(go127.goroot, join(home, 'sdk/go1.27.4'));
  const env = {
    HOME: home,
    TMPDIR: tmp,
    PATH: `${join(go126.goroot, 'bin')}:/usr/bin:/bin`,
    GOFLAGS: '-mod=vendor',
    GODRIFT_LOG_LEVEL: 'nonsense',
    NO_COLOR: '1',
  };
  return { home, tmp, env };
}

/** Every file of a tree with size, time and content, to detect any change. */
function inventory(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('sdk/'))
    .map((name) => {
      const stat = statSync(join(directory, name));
      const content = stat.isFile() ? readFileSync(join(directory, name), 'utf8') : '';
      return `${name} ${stat.size} ${stat.mtimeMs} ${content}`;
    })
    .sort();
}

/** Processes whose environment names this user's temporary folder. */
function processesOf({ tmp }: User): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(tmp);
      } catch {
        return false;
      }
    });
}

const users: User[] = [];

function start(user: User, args: readonly string[], started = program) {
  users.push(user);
  return execa(process.execPath, [started, 'demo', ...args], {
    env: user.env,
    extendEnv: false,
    cwd: user.home,
    reject: false,
    stdin: 'ignore',
    stripFinalNewline: false,
    timeout: 2 * patienceMs,
  });
}

/** A copy of the package that lacks check.cjs, so that `godrift check` cannot start. */
function damagedPackage(): string {
  const [root, copy] = [join(program, '../..'), scratch('damaged')];
  cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true });
  rmSync(join(copy, 'dist/check.cjs'));
  for (const name of ['demo', 'prometheus']) symlinkSync(join(root, name), join(copy, name));
  return join(copy, 'dist/godrift.js');
}

/** Asserts that the texts occur in this order. */
function inOrder(output: string, ...texts: readonly (string | RegExp)[]): void {
  let rest = output;
  for (const text of texts) {
    const at = typeof text === 'string' ? rest.indexOf(text) : rest.search(text);
    expect(at, `${text} in:\n${rest}`).toBeGreaterThanOrEqual(0);
    rest = rest.slice(at);
  }
}

/** A folder with the three servers that the demo needs. */
async function serversFolder(): Promise<string> {
  const folder = scratch('servers');
  for (const name of ['prometheus', 'alertmanager', 'jaeger'] as const)
    symlinkSync(await ensureServer(name), join(folder, name));
  return folder;
}

afterEach(async () => {
  // Every case checks this; a process that has just ended may still be listed.
  for (const user of users.splice(0))
    await eventually('the processes to be gone', async () => processesOf(user).length === 0);
});

describe('godrift demo', () => {
  it('plays every story from drift to repair, and leaves no file behind', async () => {
    const user = makeUser();
    const before = inventory(user.home);
    const { stdout, stderr, exitCode } = await start(user, ['all']);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    inOrder(
      stdout,
      'go1.26.0',
      'go1.27.4',
      'goflags: a forgotten go env -w GOFLAGS=-mod=mod',
      'All is well',
      /│ module example\.com\/app\n/,
      'ok  nothing drifted',
      'It drifts',
      '$ go env -w GOFLAGS=-mod=mod',
      'What godrift says',
      'godrift_conflict_info{target="app",rule="goflags-rewrites-gomod",level="minor"} 1',
      'godrift_drift_level{target="app",facet="env"} 2',
      /│ go 1\.26\.0\n/,
      'godrift check   exit 1',
      'added env.GOFLAGS  (none) → -mod=mod',
      'It heals',
      '$ go env -u GOFLAGS',
      '/metrics     clean after',
      'ok  nothing drifted',
      / drift +app: env drifted \(minor\): env\.GOFLAGS \(none\) → -mod=mod/,
      / resolved +app: /,
      'toolchain: another go first on PATH',
      'go version go1.26.0',
      'key="toolchain.version",expected="1.26.0",actual="1.27.4"',
      'go version go1.27.4',
      'env: a variable that the project requires is gone',
      'godrift_env_required_missing{target="app",name="GOPRIVATE"} 1',
      'required-variable-missing',
      // Played, or skipped with a reason, depending on what the exporter observes.
      'gowork: ',
      'cache: ',
      'rollback: what drifted is put back as it was accepted',
      "$ godrift baseline accept --reason 'all is well'",
      '$ go env -w GOARCH=riscv64 GOFLAGS=-tags=experiment',
      'It is put back',
      '$ godrift rollback --dry-run',
      /GOARCH {2}riscv64 → \(none\)/,
      'rollback of env applied and verified: 1 put back',
      '$ godrift events --trace ',
      'step restore-file',
      'verify',
      'ok  nothing drifted',
    );
    expect(stdout).not.toContain('\u001b');
    expect(stdout).not.toContain(`${user.home}/.config`);
    expect(inventory(user.home)).toEqual(before);
    expect(readdirSync(user.tmp)).toEqual([]);
  });

  it('changes the pin of the project if there is no second go', async () => {
    const user = makeUser();
    const alone = { ...user, env: { ...user.env, HOME: scratch('alone') } };
    const { stdout, exitCode, stderr } = await start(alone, ['toolchain']);
    expect(exitCode, stderr).toBe(0);
    inOrder(
      stdout,
      '$ echo 1.20.14 > .go-version',
      /godrift_toolchain_deviation\{.*source="\.go-version"/,
      'pin-go-version',
    );
  });

  it.each([
    [
      ['nonsense'],
      /^godrift: cannot play nonsense: .* goflags, toolchain, env, gowork, cache, rollback, or all\n$/,
    ],
    [
      ['--with-servers'],
      /^godrift: cannot give the demo with servers: there is no prometheus on PATH, there is no alertmanager on PATH, there is no jaeger on PATH; [^\n]*\n$/,
    ],
    [['--speed', 'warp'], /--speed/],
  ])('refuses %j with exit code 2', async (args, says) => {
    const user = makeUser();
    const { stderr, exitCode } = await start(user, args);
    expect(stderr).toMatch(says);
    expect(exitCode).toBe(2);
    expect(readdirSync(user.tmp)).toEqual([]);
  });

  it('refuses a server that is too old, naming the required version', async () => {
    const folder = scratch('old');
    writeFileSync(join(folder, 'prometheus'), '#!/bin/sh\necho prometheus, version 2.42.0+ds\n', {
      mode: 0o755,
    });
    const { stderr, exitCode } = await start(makeUser(), ['--with-servers', '--servers', folder]);
    expect(stderr).toContain(`${folder}/prometheus is 2.42.0+ds, and 3.0 is needed`);
    expect(exitCode).toBe(2);
  });

  it('stops at a command of the story that cannot run, and names it', async () => {
    const damaged = damagedPackage();
    const user = makeUser();
    const check = await execa(process.execPath, [damaged, 'check'], {
      env: user.env,
      extendEnv: false,
      reject: false,
    });
    expect([check.exitCode, check.stderr]).toEqual([
      2,
      expect.stringMatching(
        /^godrift: cannot start: a file of the program cannot be used \(.*check\.cjs.*\); install godrift again$/,
      ),
    ]);
    const { stdout, stderr, exitCode } = await start(user, ['env'], damaged);
    expect([exitCode, stderr]).toEqual([
      1,
      'godrift: not seen: godrift check ended with exit 2, expected 0 or 1\n',
    ]);
    expect(stdout).not.toContain('It drifts');
    expect(readdirSync(user.tmp)).toEqual([]);
  });

  it('cleans up when interrupted by Ctrl-C', async () => {
    const user = makeUser();
    const run = start(user, ['--speed', 'normal']);
    let said = '';
    run.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await eventually('the drift', async () => said.includes('It drifts'));
    run.kill('SIGINT');
    const { exitCode, stderr } = await run;
    expect(stderr).toBe('godrift: interrupted\n');
    expect(exitCode).toBe(1);
    expect(readdirSync(user.tmp)).toEqual([]);
  });

  it('ends and cleans up when the reader of its output closes the pipe', async () => {
    const user = makeUser();
    users.push(user);
    const { stdout } = await execa(
      '/bin/sh',
      ['-c', '"$0" "$1" demo | head -n 1', process.execPath, program],
      {
        env: user.env,
        extendEnv: false,
        cwd: user.home,
        timeout: patienceMs,
      },
    );
    expect(stdout).toContain('sandbox');
    await eventually('the sandbox to be gone', async () => readdirSync(user.tmp).length === 0);
  });

  it('--keep keeps the exporter running until Ctrl-C, and the sandbox beyond', async () => {
    const user = makeUser();
    const run = start(user, ['env', '--keep']);
    let said = '';
    run.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await eventually('the end of the story', async () => said.includes('Everything keeps running'));
    const exporter = /exporter +(http:\S+)/.exec(said)?.[1] as string;
    expect((await fetch(`${exporter}/-/ready`)).ok).toBe(true);
    run.kill('SIGINT');
    expect((await run).exitCode).toBe(0);
    const [sandbox = ''] = readdirSync(user.tmp);
    expect(existsSync(join(user.tmp, sandbox, 'work/app/.godrift.snapshot'))).toBe(true);
    await expect(fetch(`${exporter}/-/ready`)).rejects.toThrow();
  });
});

describe('godrift demo --with-servers', () => {
  it('shows the whole chain: metric, alert, notifications, trace, resolution', async () => {
    const user = makeUser();
    const before = inventory(user.home);
    const servers = ['--with-servers', '--servers', await serversFolder()];
    const { stdout, stderr, exitCode } = await start(user, ['toolchain', 'goflags', ...servers]);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    inOrder(
      stdout,
      'toolchain: another go first on PATH',
      'What Prometheus, Alertmanager and Jaeger say',
      'GodriftToolchainDriftMinor (warning)',
      'app: Go 1.26.0 → 1.27.4, minor drift of the toolchain',
      'Alertmanager notifies after',
      'detect drift',
      'toolchain.version 1.26.0 → 1.27.4',
      'collect toolchain',
      'It heals',
      'Alertmanager resolved after',
      'resolved',
      'resolve drift',
      'goflags: a forgotten go env -w',
      'Prometheus   fires after',
      'env.GOFLAGS (none) → -mod=mod',
      'Alertmanager resolved after',
      'resolve drift',
    );
    // The traces shown from Jaeger are those that the metrics page names.
    const named = [...stdout.matchAll(/trace_id="([0-9a-f]{32})"/g)].map(([, id]) => id);
    const shown = [...stdout.matchAll(/Jaeger +trace ([0-9a-f]{32})/g)].map(([, id]) => id);
    expect(new Set(shown)).toEqual(new Set(named));
    // Every receiver to which the shipped configuration routes a warning got a message.
    for (const receiver of ['archive (webhook)', 'notify (slack)', 'notify (wechat)', 'notify (webhook)'])
      expect(stdout).toContain(`→ ${receiver}`);
    // The alerts that the walk-through of the README promises for these two stories.
    const section = /## See it happen\n([\s\S]*?)\n## /.exec(readFileSync(readme, 'utf8'))?.[1] ?? '';
    const promised = [...section.matchAll(/`(Godrift\w+)`/g)].map(([, alert]) => alert);
    expect(promised.length).toBeGreaterThanOrEqual(2);
    for (const alert of promised) expect(stdout).toContain(`${alert} (`);
    expect(inventory(user.home)).toEqual(before);
    expect(readdirSync(user.tmp)).toEqual([]);
  });
});

describe('godrift demo sink', () => {
  it('prints what arrives until it is stopped', async () => {
    const user = makeUser();
    const run = start(user, ['sink', '--listen', '127.0.0.1:0']);
    let said = '';
    run.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const port = await eventually('the port', async () => /listening on port (\d+)/.exec(said)?.[1]);
    const body = { status: 'firing', alerts: [{ annotations: { summary: 'app: drift\u001b[2J' } }] };
    const answer = await fetch(`http://127.0.0.1:${port}/archive/webhook`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    expect(answer.ok).toBe(true);
    await eventually('the message', async () => said.includes('app: drift'));
    expect(said).toMatch(/Z → archive \(webhook\)\n +firing\n +app: drift/);
    expect(said).not.toContain('\u001b');
    run.kill('SIGTERM');
    expect((await run).exitCode).toBe(0);
  });
});
