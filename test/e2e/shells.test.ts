/**
 * envsnap of the built program in real shells: random environments, untouched variables, refusals, and
 * rollbacks without a process.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { program } from '../lab/godrift.ts';
import { actualReports, casesOf, expectedReport, type Shell, scriptOf } from '../lab/shell-cases.ts';
import { onPath, scratch } from '../lab/toolchains.ts';

const start: Readonly<Record<Shell, readonly string[]>> = {
  bash: ['--norc'],
  zsh: ['-f'],
  fish: ['--no-config'],
};
const shells: Shell[] = [];
for (const shell of Object.keys(start) as Shell[]) {
  if ((await onPath(shell)) !== undefined) shells.push(shell);
  else console.error(`SKIPPED: envsnap in ${shell} needs ${shell}`);
}
const strace = await onPath('strace');

/**
 * A home with the output of shell-init in a file; `run` runs a script in
 * which `@init` is the path of that file.
 */
async function worldOf(shell: Shell, ...options: readonly string[]) {
  const home = scratch('home');
  const state = join(home, '.local/state/godrift/shells');
  const env = { HOME: home, PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' };
  const { stdout } = await execa(process.execPath, [program, 'shell-init', shell, ...options], {
    env,
    extendEnv: false,
    stripFinalNewline: false,
  });
  const init = join(home, `init.${shell}`);
  writeFileSync(init, stdout);
  const run = async (script: string, before: readonly string[] = []) => {
    const file = join(home, 'script');
    writeFileSync(file, script.replaceAll('@init', init), 'latin1');
    const [command = '', ...args] = [...before, shell, ...start[shell], file];
    const { stdout, stderr, exitCode } = await execa(command, args, {
      env,
      extendEnv: false,
      reject: false,
      encoding: 'latin1',
      stripFinalNewline: false,
      stdin: 'ignore',
    });
    return { stdout, stderr, exitCode };
  };
  return { home, state, init, run };
}

const status = { bash: '$?', zsh: '$?', fish: '$status' } as const;
/** Returns the command that sets an exported variable. */
const exported = (shell: Shell, name: string, value: string) =>
  shell === 'fish' ? `set -gx ${name} ${value}` : `export ${name}=${value}`;

describe.each(shells)('envsnap in %s', (shell) => {
  it('restores 1000 random environments byte for byte', async () => {
    const { home, init, run } = await worldOf(shell);
    const cases = casesOf(1000, 12);
    const out = join(home, 'out');
    const { stderr, exitCode } = await run(scriptOf(shell, cases, init, out));
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    const reports = actualReports(readFileSync(out, 'latin1'));
    expect(reports).toHaveLength(cases.length);
    const wrong = cases.filter((one, at) => String(expectedReport(one)) !== String(reports[at]));
    expect(wrong).toEqual([]);
  });

  it('writes files of mode 0600 without values that may hold a secret', async () => {
    const { state, run } = await worldOf(shell);
    const script = [
      'umask 000',
      '. @init',
      exported(shell, 'GOFLAGS', "'-ldflags=-X main.key=hunter2'"),
      exported(shell, 'GOPROXY', "'https://me:hunter2@proxy.example'"),
      exported(shell, 'GOAUTH', "'netrc hunter2'"),
      exported(shell, 'GOTOOLCHAIN', 'go1.26.1'),
      'envsnap save',
      exported(shell, 'GOPROXY', 'off'),
      'envsnap diff',
      'envsnap rollback',
    ].join('\n');
    const { stdout, stderr } = await run(script);
    expect(stderr).toBe('');
    expect(stdout).toContain('~ GOPROXY: redacted -> redacted\n');
    expect(stdout).toContain('envsnap: rolled back to default: GOPROXY');
    const file = join(state, 'default.envsnap');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const folder of [state, join(state, '..')]) expect(statSync(folder).mode & 0o777).toBe(0o700);
    const text = readFileSync(file, 'latin1');
    expect(text).toContain('\0x\0GOTOOLCHAIN\0go1.26.1\0');
    expect(text + stdout).not.toContain('hunter2');
    // Another shell does not know the secret values and reports that.
    const other = await run(
      `. @init\n${exported(shell, 'GOTOOLCHAIN', 'local')}\nenvsnap rollback\nenvsnap diff`,
    );
    expect(other.stdout).toContain('envsnap: rolled back to default: GOTOOLCHAIN');
    expect(other.stderr).toContain('cannot restore GOFLAGS: its value may hold a secret');
  });

  it('evaluates no part of a snapshot file, and sets only the variables that it manages', async () => {
    const { home, state, run } = await worldOf(shell);
    mkdirSync(state, { recursive: true, mode: 0o700 });
    chmodSync(join(state, '..'), 0o700);
    chmodSync(join(state, '../..'), 0o700);
    const evil = `$(touch ${home}/evil)`;
    const records = [`a[${evil}]`, evil, '@', '*', 'LD_PRELOAD', 'PROMPT_COMMAND', ''].flatMap((name) => [
      'x',
      name,
      evil,
    ]);
    const fields = [
      'godrift envsnap 1',
      evil,
      evil,
      '1',
      `b[${evil}]`,
      ...records,
      'x',
      'GOOS',
      `a[${evil}]`,
      'end',
    ];
    writeFileSync(join(state, 'default.envsnap'), `${fields.join('\0')}\0`, { mode: 0o600 });
    const integer = shell === 'fish' ? '' : 'typeset -i GOOS=1\n';
    const { stdout } = await run(
      `. @init\n${integer}envsnap list\nenvsnap diff\nenvsnap rollback\n/usr/bin/env`,
    );
    expect(existsSync(join(home, 'evil'))).toBe(false);
    expect(stdout).toContain(`GOOS=a[${evil}]\n`);
    expect(stdout).not.toContain('LD_PRELOAD');
    // A truncated file is refused.
    writeFileSync(join(state, 'default.envsnap'), fields.slice(0, -2).join('\0'), { mode: 0o600 });
    const cut = await run(`. @init\nenvsnap rollback\necho ${status[shell]}`);
    expect(cut.stdout).toBe('2\n');
    expect(cut.stderr).toMatch(/^envsnap: cannot read snapshot default: it is damaged; [^\n]*\n$/);
  });

  it('refuses directories that others can write, files of another user, and symlinks', async () => {
    const { home, state, run } = await worldOf(shell);
    const saved = await run(`. @init\nenvsnap save`);
    expect(saved.stderr).toBe('');
    const refused = async (what: 'save' | 'rollback', why: string) => {
      const { stdout, stderr } = await run(`. @init\nenvsnap ${what}\necho ${status[shell]}`);
      expect(stdout, stderr).toBe('2\n');
      expect(stderr).toMatch(/^envsnap: [^\n]*\n$/);
      expect(stderr).toContain(why);
    };
    for (const [folder, mode] of [
      [state, 0o770],
      [join(home, '.local/state'), 0o775],
      [join(home, '.local/state'), 0o1777],
      [join(home, '.local'), 0o777],
    ] as const) {
      chmodSync(folder, mode);
      await refused('save', 'others can write into');
      if (shell === 'zsh') await refused('rollback', 'others can write into');
      chmodSync(folder, 0o700);
    }
    if (process.getuid?.() === 0) {
      chownSync(join(state, 'default.envsnap'), 65534, 65534);
      await refused('rollback', 'belongs to another user');
      chownSync(join(state, 'default.envsnap'), 0, 0);
    }
    const file = join(state, 'default.envsnap');
    writeFileSync(join(home, 'elsewhere'), readFileSync(file), { mode: 0o600 });
    rmSync(file);
    symlinkSync(join(home, 'elsewhere'), file);
    await refused('rollback', 'symbolic link');
  });

  it.skipIf(strace === undefined)('rolls back without starting a process', async () => {
    const { home, run } = await worldOf(shell);
    const set = (value: string) =>
      ['GOOS', 'GOARCH', 'GOROOT', 'CGO_ENABLED'].map((name) => exported(shell, name, value)).join('\n');
    await run(`. @init\n${set('one')}\nenvsnap save`);
    const trace = join(home, 'trace');
    const { stdout } = await run(`. @init\n${set('two')}\nenvsnap rollback`, [
      ...['strace', '-f', '-qq', '-e', 'trace=execve,fork,vfork,clone,clone3', '-o', trace],
    ]);
    expect(stdout).toContain('rolled back to default: ');
    const started = readFileSync(trace, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.includes('CLONE_THREAD'));
    expect(started).toHaveLength(1);
    expect(started[0]).toContain('execve(');
  });

  it('exits with 1 and names variables that it cannot restore because a local variable of the caller hides them', async () => {
    const { run } = await worldOf(shell);
    const caller = {
      bash: 'g() { local GOFLAGS=-zz GOWORK=/x GOENV=/e; envsnap rollback; echo "status $?"; }; g',
      zsh: 'g() { local -x GOFLAGS=-zz GOWORK=/x GOENV=/e; envsnap rollback; echo "status $?"; }; g',
      fish: 'begin; set -lx GOFLAGS -zz; set -lx GOWORK /x; set -lx GOENV /e; envsnap rollback; echo status $status; end',
    }[shell];
    const saved = [
      '. @init',
      exported(shell, 'GOFLAGS', '-mod=mod'),
      exported(shell, 'GOOS', 'linux'),
      'envsnap save',
      exported(shell, 'GOOS', 'plan9'),
    ];
    const { stdout, stderr } = await run([...saved, exported(shell, 'GOWORK', 'off'), caller].join('\n'));
    expect(stdout).toMatch(/rolled back to default:.* GOOS\b/);
    expect(stdout).not.toMatch(/rolled back to default:.* GOFLAGS/);
    expect(stdout).toContain('status 1\n');
    expect(stderr).toMatch(/^envsnap: cannot restore GOFLAGS: .* local /m);
    expect(stderr).not.toContain('universal');
    // Only bash can unset a variable that a local variable hides.
    if (shell === 'bash') expect(stdout).toMatch(/rolled back to default:.* GOWORK\b/);
    else expect(stderr).toMatch(/^envsnap: cannot restore GOWORK: .* local /m);
  });

  it('diff exits with 1 if only the shell that saved a snapshot knows one of its values', async () => {
    const { run } = await worldOf(shell);
    const secret = exported(shell, 'GOPROXY', "'https://me:hunter2@proxy.example'");
    expect((await run(`. @init\n${secret}\nenvsnap save\nenvsnap diff`)).exitCode).toBe(0);
    const { stdout, exitCode } = await run('. @init\nenvsnap diff');
    expect({ stdout, exitCode }).toEqual({
      stdout: '? GOPROXY: known to the shell that saved it alone\n',
      exitCode: 1,
    });
  });

  it('--hot-reload: loads a snapshot published by another shell at the next prompt, once', async () => {
    const { run } = await worldOf(shell, '--hot-reload');
    const prompt =
      shell === 'fish'
        ? 'emit fish_prompt'
        : shell === 'zsh'
          ? 'for hook in $precmd_functions; do $hook; done'
          : '__envsnap_prompt';
    const script = [
      '. @init',
      '. @init',
      exported(shell, 'GOOS', 'linux'),
      'envsnap save p',
      exported(shell, 'GOOS', 'plan9'),
      prompt,
      'echo before $GOOS',
      `${shell} -c '. @init; envsnap publish p' >/dev/null`,
      prompt,
      'echo after $GOOS',
      exported(shell, 'GOOS', 'plan9'),
      prompt,
      'echo own $GOOS',
    ].join('\n');
    const { stdout, stderr } = await run(script);
    expect(stderr).toBe('');
    expect(stdout.split('\n').slice(1)).toEqual([
      'before plan9',
      'envsnap: rolled back to p (published): GOOS',
      'after linux',
      'own plan9',
      '',
    ]);
  });
});

describe.each(shells.filter((shell) => shell !== 'fish'))('envsnap with special options of %s', (shell) => {
  it.each(
    shell === 'bash'
      ? [
          'set -euo pipefail',
          'set -o posix',
          'set -fC',
          'IFS=xqGO:=',
          'shopt -s nocasematch failglob; set -a',
          'shopt -s expand_aliases; alias local=false if=false',
        ]
      : [
          'emulate sh',
          'emulate ksh',
          'setopt errexit nounset noclobber ksharrays shwordsplit globsubst',
          'setopt nomatch allexport',
          'IFS=xqGO:=',
          'alias local=false; alias -g typeset=false done=false esac=false',
        ],
  )('saves and restores with %s and redefined commands', async (rules) => {
    const { run } = await worldOf(shell);
    // POSIX mode forbids functions with the names of special builtins.
    const special = rules.includes('posix') ? [] : ['unset', 'shift', 'return', 'export', 'set'];
    const usual = ['printf', 'read', 'test', 'print', 'mapfile', 'cd', 'command', 'umask', 'zstat'];
    const hijacked = [...usual, ...special]
      .map((name) => `function ${name} { builtin echo HIJACKED >&2; }`)
      .join('\n');
    const script = [
      rules,
      'eval "$(/bin/cat @init)"',
      hijacked,
      "builtin export GOOS=$'x q\\n\\n' GOFLAGS='-ldflags=-X a.b=c' GOARCH=",
      'GOWORK=off',
      'builtin unset GOENV',
      'envsnap save',
      'builtin export GOOS=1 GOFLAGS=2 GOARCH=3 GOWORK=4 GOENV=5',
      'envsnap rollback',
      '/usr/bin/env -0',
    ].join('\n');
    const { stdout, stderr } = await run(script);
    expect(stderr).toBe('');
    const lines = stdout
      .split('\0')
      .map((line) =>
        line.slice(line.indexOf('\n') >= 0 && line.includes('envsnap:') ? line.lastIndexOf('\n') + 1 : 0),
      );
    expect(lines).toEqual(expect.arrayContaining(['GOOS=x q\n\n', 'GOFLAGS=-ldflags=-X a.b=c', 'GOARCH=']));
    expect(lines.filter((line) => /^(?:GOENV|HIJACKED)/.test(line))).toEqual([]);
  });

  it('names read-only variables and arrays that it cannot restore, and restores the others', async () => {
    const { run } = await worldOf(shell);
    const { stdout, stderr } = await run(
      [
        '. @init',
        'export GOOS=linux GOARCH=amd64 GO386=same CGO_ENABLED=0',
        'envsnap save',
        'export GOOS=plan9 GOARCH=arm CGO_ENABLED=1',
        'readonly GOOS GO386; unset GOARCH; GOARCH=(a b)',
        'readonly GOWORK=new',
        'envsnap diff | /bin/grep GOARCH',
        'envsnap rollback',
        'echo "$? $GOOS ${GOARCH[*]} $CGO_ENABLED"',
      ].join('\n'),
    );
    expect(stderr.split('\n').sort()).toEqual([
      '',
      expect.stringMatching(/^envsnap: cannot restore GOARCH: it is an array/),
      'envsnap: cannot restore GOOS: it is read-only; the others are restored',
      'envsnap: cannot restore GOWORK: it is read-only; the others are restored',
    ]);
    expect(stdout).toMatch(/^~ GOARCH: \$?'?amd64'? -> an array/m);
    expect(stdout).toContain('rolled back to default: CGO_ENABLED\n1 plan9 a b 0\n');
    const array = await run(
      '. @init\nexport GOFLAGS=-v\nenvsnap save one\nunset GOFLAGS; GOFLAGS=(a b)\nenvsnap diff one',
    );
    expect(array.exitCode).toBe(1);
  });
});

describe.skipIf(!shells.includes('bash'))('PROMPT_COMMAND of bash with --hot-reload', () => {
  it.each([
    ['an unset PROMPT_COMMAND', 'unset PROMPT_COMMAND', '[__envsnap_prompt]'],
    ['a string', "PROMPT_COMMAND='_direnv_hook'", '[_direnv_hook;__envsnap_prompt]'],
    ['a string that ends in a separator', "PROMPT_COMMAND='a; '", '[a; \n__envsnap_prompt]'],
    ['an array', 'PROMPT_COMMAND=(_direnv_hook b)', '[_direnv_hook][b][__envsnap_prompt]'],
  ])('adds its hook once to %s', async (_, before, after) => {
    const { run } = await worldOf('bash', '--hot-reload');
    const { stdout, stderr } = await run(
      `set -eu\n${before}\n. @init\n. @init\nprintf '[%s]' "\${PROMPT_COMMAND[@]}"`,
    );
    expect({ stdout, stderr }).toEqual({ stdout: after, stderr: '' });
  });
});
