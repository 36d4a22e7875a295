/** The environment that a go command resolves, from plain data. */
import { describe, expect, it } from 'vitest';
import type { SettingsFile } from '../../../src/go/getenv.ts';
import { parseGoenv } from '../../../src/go/goenv.ts';
import {
  goworkSearch,
  goworkSetting,
  inTemporary,
  isGoworkSet,
  resolveEnvironment,
  selectFrom,
  shippedToolchain,
  withoutGoroot,
} from '../../../src/go/resolve-environment.ts';

const go = { version: '1.26.8', runtimeVersion: 'go1.26.8', os: 'linux', arch: 'amd64', goroot: '/go' };
const file = (path: string, text: string): SettingsFile => ({ path, file: parseGoenv(Buffer.from(text)) });

/**
 * Resolves these process variables and this GOENV text; `files` maps paths of go.env files to their texts.
 */
function resolved(
  variables: Readonly<Record<string, string>>,
  goenv?: string,
  files: Readonly<Record<string, string>> = { '/go/go.env': 'GOTOOLCHAIN=auto\n' },
) {
  const around = {
    variables: new Map(Object.entries(variables)),
    workspace: '/w',
    gomodPath: '/w/go.mod',
    goworkPath: undefined,
    lookPath: () => undefined,
  };
  const read = (path: string) => (files[path] === undefined ? undefined : file(path, files[path]));
  const user = goenv === undefined ? undefined : file('/home/go/env', goenv);
  return { around, read, answer: resolveEnvironment(go, {}, around, user, read) };
}

it('shippedToolchain returns the first GOTOOLCHAIN line of a go.env, as go does', () => {
  expect(shippedToolchain(file('/go/go.env', 'GOTOOLCHAIN=local\nGOTOOLCHAIN=go1.99.1\n'))).toBe('local');
});

describe('resolveEnvironment', () => {
  it('reads the go.env of the GOROOT that GOENV sets, and prefers the process environment', () => {
    const { answer } = resolved({ GOFLAGS: '-v' }, 'GOROOT=/other\nGOFLAGS=-x\n', {
      '/other/go.env': 'GOTOOLCHAIN=local\n',
    });
    expect(answer.envFile).toBe('/other/go.env');
    expect(answer.variables.get('GOTOOLCHAIN')).toMatchObject({ value: 'local', origin: { kind: 'goroot' } });
    expect(answer.variables.get('GOFLAGS')).toMatchObject({ value: '-v', origin: { kind: 'process' } });
  });

  it('ignores the GOROOT of the process for a toolchain that go switches to (withoutGoroot)', () => {
    const { around, read } = resolved({ GOROOT: '/go-by-hand' });
    const next = { ...go, goroot: '/next' };
    const { variables } = resolveEnvironment(next, {}, withoutGoroot(around), undefined, read);
    expect(variables.get('GOROOT')).toMatchObject({ value: '/next', origin: { kind: 'default' } });
    expect(around.variables.get('GOROOT')).toBe('/go-by-hand');
  });
});

describe('go.work', () => {
  it.each([
    ['/w', '', '1.26.8', 'upward'],
    ['/w', 'auto', '1.26.8', 'upward'],
    ['/w', 'off', '1.26.8', undefined],
    ['/w', '/elsewhere/go.work', '1.26.8', { path: '/elsewhere/go.work' }],
    ['', '', '1.26.8', undefined],
    ['/w', '', '1.17.13', undefined],
    ['/w', '', 'devel', 'upward'],
  ])(
    'goworkSearch of workspace "%s" with GOWORK=%s and go %s is %j',
    (workspace, setting, version, where) => {
      expect(goworkSearch(workspace, setting, version)).toEqual(where);
    },
  );

  it('isGoworkSet reports whether the process or GOENV sets GOWORK', () => {
    const by = (variables: Readonly<Record<string, string>>, goenv?: string) => {
      const { answer } = resolved(variables, goenv);
      return [goworkSetting(answer), isGoworkSet(answer)];
    };
    expect(by({ GOWORK: 'off' })).toEqual(['off', true]);
    expect(by({}, 'GOWORK=/x/go.work\n')).toEqual(['/x/go.work', true]);
    expect(by({})).toEqual(['', false]);
  });
});

describe('inTemporary', () => {
  it.each([
    ['/tmp/go.mod', {}, true],
    ['/tmp/a/go.mod', {}, false],
    ['/t/go.mod', { TMPDIR: '/t/' }, true],
    ['/go.mod', { TMPDIR: '/' }, true],
    [undefined, {}, false],
  ])(
    'go.mod %s with %j is directly in the temporary directory: %s',
    (gomod, variables: Readonly<Record<string, string>>, seen) => {
      expect(inTemporary(gomod, new Map(Object.entries(variables)))).toBe(seen);
    },
  );
});

describe('the toolchain', () => {
  const available = (version: string, has: 'path' | 'cache' | 'nothing') => ({
    project: { file: 'go.mod', path: '/w/go.mod', go: version, goLine: 3, hasGoMod: true } as const,
    onPath: new Set(has === 'path' ? [`go${version}`] : []),
    cached: new Map(has === 'cache' ? [[`go${version}`, 'unpacked']] : []),
    databaseHosts: undefined,
  });
  const proxies = { GOPROXY: 'https://proxy.example', GOSUMDB: 'off' };

  it.each([
    ['1.26.1', 'nothing', {}, 'local'],
    ['1.27.0', 'path', {}, 'path'],
    ['1.27.0', 'path', { GOTOOLCHAIN: 'local' }, 'local'],
    ['1.27.0', 'nothing', { GOPROXY: 'off' }, 'not-found'],
  ] as const)(
    'for the go line %s with the toolchain in %s and %j is %s',
    (version, has, variables, outcome) => {
      const { answer } = resolved({ ...proxies, ...variables });
      expect(selectFrom(go, answer, available(version, has)).outcome).toBe(outcome);
    },
  );

  it('has a reason that names the file and line of GOTOOLCHAIN', () => {
    const { answer } = resolved(proxies, '\nGOTOOLCHAIN=go1.25.0\n');
    expect(selectFrom(go, answer, available('1.21', 'nothing')).reason).toContain('/home/go/env:2');
  });
});
