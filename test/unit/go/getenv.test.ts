import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GoFacts } from '../../../src/go/defaults.ts';
import { goenvPath, gorootEnvPath, goVariableNames, resolveVariables } from '../../../src/go/getenv.ts';
import { parseGoenv } from '../../../src/go/goenv.ts';

const facts: GoFacts = {
  version: '1.26.8',
  os: 'linux',
  arch: 'amd64',
  goroot: '/usr/local/go',
  home: '/home/u',
  lookPath: () => '/usr/bin/gcc',
};
const file = (path: string, text: string) => ({ path, file: parseGoenv(new TextEncoder().encode(text)) });

function resolve(
  process: Record<string, string>,
  goenv?: string,
  gorootEnv?: string,
  own: Partial<GoFacts> = {},
) {
  return resolveVariables({
    process: new Map(Object.entries(process)),
    ...(goenv !== undefined && { goenv: file('/home/u/.config/go/env', goenv) }),
    ...(gorootEnv !== undefined && { gorootEnv: file('/usr/local/go/go.env', gorootEnv) }),
    facts: { ...facts, ...own },
  });
}

describe('resolveVariables', () => {
  test('prefers process, then GOENV, then go.env, then the default, and lists hidden values as shadows', () => {
    const goflags = resolve({ GOFLAGS: '-v' }, '\nGOFLAGS=-x\n', 'GOFLAGS=-n\n').get('GOFLAGS');
    expect(goflags).toEqual({
      name: 'GOFLAGS',
      value: '-v',
      origin: { kind: 'process' },
      shadows: [
        { origin: { kind: 'goenv', path: '/home/u/.config/go/env', line: 2 }, value: '-x' },
        { origin: { kind: 'goroot', path: '/usr/local/go/go.env', line: 1 }, value: '-n' },
      ],
      default: '',
    });
    expect(resolve({}, 'CC=clang').get('CC')).toMatchObject({
      value: 'clang',
      origin: { kind: 'goenv', line: 1 },
      default: 'gcc',
    });
    expect(resolve({}).get('CC')).toMatchObject({ value: 'gcc', origin: { kind: 'default' }, shadows: [] });
  });

  test('ignores an empty process variable, while an empty GOENV line hides go.env', () => {
    expect(resolve({ GOFLAGS: '' }, 'GOFLAGS=-x').get('GOFLAGS')).toMatchObject({
      value: '-x',
      origin: { kind: 'goenv' },
    });
    expect(resolve({}, 'GOTOOLCHAIN=', 'GOTOOLCHAIN=auto').get('GOTOOLCHAIN')).toMatchObject({
      value: '',
      origin: { kind: 'goenv', line: 1 },
      shadows: [{ value: 'auto' }],
    });
    expect(resolve({}, 'CC=', 'CC=clang').get('CC')).toMatchObject({
      value: 'gcc',
      origin: { kind: 'default' },
    });
  });

  test('takes the last of duplicate lines in GOENV and the first in go.env', () => {
    expect(resolve({}, 'GOVCS=a\nGOVCS=b').get('GOVCS')).toMatchObject({ value: 'b', origin: { line: 2 } });
    expect(resolve({}, undefined, 'GOVCS=a\nGOVCS=b').get('GOVCS')).toMatchObject({
      value: 'a',
      origin: { line: 1 },
    });
  });

  test('reads some variables from the process only and others from no setting', () => {
    const all = resolve(
      { GODEBUG: 'a=1', GOVERSION: 'go9' },
      'GODEBUG=b=1\nGOENV=/x\nHTTPS_PROXY=http://p\nGOHOSTOS=plan9\n',
    );
    expect(all.get('GODEBUG')).toMatchObject({ value: 'a=1', origin: { kind: 'process' }, shadows: [] });
    expect(all.get('GOENV')?.value).toBe('/home/u/.config/go/env');
    expect(all.get('HTTPS_PROXY')?.value).toBe('');
    expect(all.get('GOHOSTOS')?.value).toBe('linux');
    expect(all.get('GOVERSION')?.value).toBe('go1.26.8');
  });

  test('takes GOROOT unchanged from the process, cleaned from GOENV, and never from go.env', () => {
    expect(resolve({ GOROOT: '/a/../b' }, 'GOROOT=/c').get('GOROOT')?.value).toBe('/a/../b');
    expect(resolve({}, 'GOROOT=/c/').get('GOROOT')).toMatchObject({ value: '/c', origin: { kind: 'goenv' } });
    expect(resolve({}, 'GOROOT=', 'GOROOT=/d').get('GOROOT')).toMatchObject({
      value: '/usr/local/go',
      origin: { kind: 'default' },
      shadows: [],
    });
  });

  test('replaces values that Go does not accept, and keeps the written text', () => {
    expect(resolve({ CGO_ENABLED: 'yes' }).get('CGO_ENABLED')).toMatchObject({
      value: '1',
      origin: { kind: 'default' },
      shadows: [{ value: 'yes' }],
    });
    expect(resolve({ GOCACHE: 'relative' }).get('GOCACHE')).toMatchObject({
      value: 'off',
      written: 'relative',
      origin: { kind: 'process' },
    });
    expect(
      resolve({ GOWORK: 'auto' }, undefined, undefined, { goWork: '/w/go.work' }).get('GOWORK'),
    ).toMatchObject({
      value: '/w/go.work',
      origin: { kind: 'file', path: '/w/go.work' },
    });
    expect(resolve({ CGO_CFLAGS: ' -O0  -g ' }).get('CGO_CFLAGS')?.value).toBe('-O0 -g');
  });

  test('names the variable from which a default follows', () => {
    const all = resolve({ GOPRIVATE: 'a.b', GOPATH: '/p:/q' });
    expect(all.get('GONOSUMDB')).toMatchObject({
      value: 'a.b',
      origin: { kind: 'default', from: 'GOPRIVATE' },
    });
    expect(all.get('GOMODCACHE')).toMatchObject({
      value: '/p/pkg/mod',
      origin: { kind: 'default', from: 'GOPATH' },
    });
    expect(resolve({ GOOS: 'windows' }).get('GOEXE')).toMatchObject({
      value: '.exe',
      origin: { from: 'GOOS' },
    });
  });

  test('never throws and returns every variable, for any text in any layer', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.constantFrom('', 'off', 'auto', '/a:/b', "'", '1'),
    );
    const name = fc.constantFrom(...goVariableNames);
    fc.assert(
      fc.property(
        fc.dictionary(name, text),
        fc.dictionary(name, text),
        fc.dictionary(name, text),
        (process, user, shipped) => {
          const lines = (record: Record<string, string>) =>
            Object.entries(record)
              .map(([key, value]) => `${key}=${value}`)
              .join('\n');
          const all = resolve(process, lines(user), lines(shipped));
          expect([...all.keys()]).toEqual(goVariableNames);
          for (const each of all.values()) {
            if (each.origin.kind === 'process') expect(process[each.name]).not.toBe('');
          }
        },
      ),
    );
  });
});

test('goenvPath and gorootEnvPath return the files that go reads', () => {
  const env = (record: Record<string, string>) => new Map(Object.entries(record));
  expect(goenvPath(env({}), facts)).toBe('/home/u/.config/go/env');
  expect(goenvPath(env({ GOENV: 'off' }), facts)).toBeUndefined();
  expect(goenvPath(env({ GOENV: 'rel/env' }), facts)).toBe('rel/env');
  expect(goenvPath(env({}), { ...facts, home: '' })).toBeUndefined();
  const goenv = parseGoenv(new TextEncoder().encode('GOROOT=/from/goenv'));
  expect(gorootEnvPath(env({ GOROOT: '/p' }), goenv, facts)).toBe('/from/goenv/go.env');
  expect(gorootEnvPath(env({ GOROOT: '/p/' }), undefined, facts)).toBe('/p/go.env');
  expect(gorootEnvPath(env({}), undefined, facts)).toBe('/usr/local/go/go.env');
});

test('a Go before 1.21 has no go.env, reads no GOTOOLCHAIN, and has GOPROXY and GOSUMDB compiled in', () => {
  const old: GoFacts = {
    ...facts,
    version: '1.20.14',
    sources: { compiledSettings: new Map([['GOSUMDB', 'sum.example.com']]) },
  };
  expect(gorootEnvPath(new Map(), undefined, old)).toBeUndefined();
  const variables = resolveVariables({ process: new Map([['GOTOOLCHAIN', 'go1.27.4']]), facts: old });
  const valueAndOrigin = (name: string) => {
    const { value = '', origin } = variables.get(name) ?? {};
    return [value, origin?.kind];
  };
  expect(valueAndOrigin('GOSUMDB')).toEqual(['sum.example.com', 'default']);
  expect(valueAndOrigin('GOPROXY')).toEqual(['', 'default']);
  expect(valueAndOrigin('GOTOOLCHAIN')).toEqual(['', 'default']);
});
