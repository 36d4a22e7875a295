/** What a go command is asked of its surroundings, all of it given as plain data. */
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

/** Resolves with these variables and settings; `files` are those of go.env by their path. */
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

it('the GOTOOLCHAIN of a go.env is the first of its lines, as go reads it', () => {
  expect(shippedToolchain(file('/go/go.env', 'GOTOOLCHAIN=local\nGOTOOLCHAIN=go1.99.1\n'))).toBe('local');
});

describe('the variables', () => {
  it('are those of the go.env of the tree that GOENV names, and of the process before it', () => {
    const { answer } = resolved({ GOFLAGS: '-v' }, 'GOROOT=/other\nGOFLAGS=-x\n', {
      '/other/go.env': 'GOTOOLCHAIN=local\n',
    });
    expect(answer.envFile).toBe('/other/go.env');
    expect(answer.variables.get('GOTOOLCHAIN')).toMatchObject({ value: 'local', origin: { kind: 'goroot' } });
    expect(answer.variables.get('GOFLAGS')).toMatchObject({ value: '-v', origin: { kind: 'process' } });
  });

  it('are read by a toolchain that is switched to without the GOROOT of the process', () => {
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
    'of the workspace "%s" with GOWORK=%s and go %s is looked for: %j',
    (workspace, setting, version, where) => {
      expect(goworkSearch(workspace, setting, version)).toEqual(where);
    },
  );

  it('is set by the process, GOENV or a line in go.env, and by nobody else', () => {
    const by = (variables: Readonly<Record<string, string>>, goenv?: string) => {
      const { answer } = resolved(variables, goenv);
      return [goworkSetting(answer), isGoworkSet(answer)];
    };
    expect(by({ GOWORK: 'off' })).toEqual(['off', true]);
    expect(by({}, 'GOWORK=/x/go.work\n')).toEqual(['/x/go.work', true]);
    expect(by({})).toEqual(['', false]);
  });
});

describe('a go.mod in the directory for temporary files', () => {
  it.each([
    ['/tmp/go.mod', {}, true],
    ['/tmp/a/go.mod', {}, false],
    ['/t/go.mod', { TMPDIR: '/t/' }, true],
    ['/go.mod', { TMPDIR: '/' }, true],
    [undefined, {}, false],
  ])('%s with %j: %s', (gomod, variables: Readonly<Record<string, string>>, seen) => {
    expect(inTemporary(gomod, new Map(Object.entries(variables)))).toBe(seen);
  });
});

describe('the toolchain', () => {
  const hand = (version: string, has: 'path' | 'cache' | 'nothing') => ({
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
  ] as const)('for go %s with %s at hand and %j is %s', (version, has, variables, outcome) => {
    const { answer } = resolved({ ...proxies, ...variables });
    expect(selectFrom(go, answer, hand(version, has)).outcome).toBe(outcome);
  });

  it('is said to be chosen by the line that says so', () => {
    const { answer } = resolved(proxies, '\nGOTOOLCHAIN=go1.25.0\n');
    expect(selectFrom(go, answer, hand('1.21', 'nothing')).reason).toContain('/home/go/env:2');
  });
});
