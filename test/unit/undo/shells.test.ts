/** The output of shell-init, the values that stay out of files, and the directory of snapshots. The shells themselves: test/e2e/shells.test.ts. */
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../../src/cli/program.ts';
import { redactValue } from '../../../src/go/redact.ts';
import { keptVariables, mayHoldSecret, secretVerdicts } from '../../../src/undo/shells/kept-variables.ts';
import { refuseSharedDirectory } from '../../../src/undo/shells/private-directory.ts';
import { scratch } from '../../lab/toolchains.ts';

describe('variables of a snapshot', () => {
  it('are those that decide a build, without secrets and command lines', () => {
    const names = keptVariables.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['PATH', 'GOFLAGS', 'CC', 'CGO_ENABLED', 'GOROOT', 'GOTOOLCHAIN']),
    );
    for (const absent of [
      'GOAUTH',
      'GOCACHEPROG',
      'GOPACKAGESDRIVER',
      'HTTPS_PROXY',
      'NETRC',
      'GOGCCFLAGS',
      'HOME',
    ])
      expect(names).not.toContain(absent);
    for (const name of names) expect(name).toMatch(/^[A-Z][A-Z0-9_]*$/);
  });

  const pieces = [
    ...[
      '-O2',
      '-g',
      '-Wall',
      '-I/usr/include',
      '-lm',
      '-D',
      'KEY',
      '=',
      '-X',
      'main.k',
      'token',
      ' ',
      '  ',
      '\t',
      '\n',
      '"',
      "'",
      '\\',
    ],
    ...[
      'https',
      '://',
      'host',
      '/',
      '@',
      ':',
      'user',
      '?',
      '#',
      ',',
      '|',
      'direct',
      'off',
      '-ldflags',
      '-mod',
      'mod',
      '-tags',
      '--',
      'gcc',
      'zig',
    ],
    ...[
      '-toolexec',
      '-Wl,-z',
      '-Wp,',
      '-fplugin-arg-',
      '-std',
      'c11',
      '-L',
      '-march',
      'native',
      '-v',
      '-p',
      '4',
      ';',
      'git',
      '.x',
      '*',
    ],
  ];
  it.each(Object.keys(secretVerdicts) as (keyof typeof secretVerdicts)[])(
    'of kind %s: what the redaction would change is written into no file',
    (kind) => {
      const value = fc.array(fc.constantFrom(...pieces), { maxLength: 9 }).map((list) => list.join(''));
      fc.assert(
        fc.property(value, (text) => {
          fc.pre(redactValue(kind, text) !== text);
          expect(mayHoldSecret(kind, text), JSON.stringify(text)).toBe(true);
        }),
        { numRuns: 4000 },
      );
    },
  );

  it('of several words: one that is known makes no other one known', () => {
    for (const value of ['-mod=\t-O2|', '-O2| -mod=mod', '-mod=mod -O2/x'])
      expect(mayHoldSecret('linker-values', value)).toBe(true);
  });

  it.each([
    ['none', '/usr/local/go/bin:/opt/python@3.12/bin'],
    ['linker-values', '-mod=mod'],
    ['linker-values', '-trimpath -race'],
    ['compiler-flags', '-O2 -g'],
    ['compiler-flags', 'gcc'],
    ['url-userinfo', 'direct'],
    ['url-userinfo', 'corp.example/*,git.corp.example'],
  ] as const)('of kind %s: %s is kept', (kind, value) => {
    expect(mayHoldSecret(kind, value)).toBe(false);
  });
});

describe('shell-init', () => {
  const run = async (args: readonly string[], env: Record<string, string>) => {
    let printed = '';
    const stdout = { write: (words: string) => (printed += words) };
    const code = await runProgram(['shell-init', ...args], {
      env: new Map(Object.entries(env)),
      cwd: '/',
      stdout,
      stderr: stdout,
    });
    return { code, printed };
  };

  it('prints the file of the shell, with the variables and without a value', async () => {
    const home = scratch('home');
    const { code, printed } = await run(['bash'], { HOME: home, GOFLAGS: '-secret', GOTOOLCHAIN: 'go9' });
    expect(code).toBe(0);
    expect(printed).toContain('__envsnap_names=(PATH GOOS ');
    for (const absent of ['\n# @data@\n', '-secret', 'go9', home, '__envsnap_watch\n__envsnap_watch'])
      expect(printed).not.toContain(absent);
    expect(printed.endsWith('\n__envsnap_watch\n')).toBe(false);
    expect(
      (await run(['bash', '--hot-reload'], { HOME: home })).printed.endsWith('\n__envsnap_watch\n'),
    ).toBe(true);
  });

  it('names the shells that it knows', async () => {
    await expect(run(['tcsh'], { HOME: '/root' })).rejects.toThrow(
      'cannot run shell-init tcsh: envsnap does not support this shell; name one of bash, zsh, fish',
    );
  });

  it('refuses a directory in which others could replace snapshots', async () => {
    const top = scratch('place');
    const state = path.join(top, 'a/state/godrift');
    mkdirSync(path.join(state, 'shells'), { recursive: true });
    await refuseSharedDirectory(state);
    for (const [folder, mode] of [
      [path.join(state, 'shells'), 0o770],
      [state, 0o702],
      [path.dirname(state), 0o1777],
      [path.join(top, 'a'), 0o770],
    ] as const) {
      chmodSync(folder, mode);
      await expect(refuseSharedDirectory(state)).rejects.toThrow(`others can write into ${folder}`);
      chmodSync(folder, 0o700);
    }
    // Nobody can exchange what is another's there.
    chmodSync(path.join(top, 'a'), 0o1777);
    await refuseSharedDirectory(state);
    symlinkSync(state, path.join(top, 'link'));
    await expect(refuseSharedDirectory(path.join(top, 'link'))).rejects.toThrow('is a symbolic link');
    // What is not there yet is judged by the nearest directory that is.
    await expect(refuseSharedDirectory(path.join(top, 'a/b/c/godrift'))).rejects.toThrow(
      `others can write into ${top}/a`,
    );
  });
});
