import { describe, expect, test } from 'vitest';
import {
  cleanPath,
  type DefaultFacts,
  defaultValue,
  goMinor,
  joinPath,
  shippedSetting,
} from '../../../src/go/defaults.ts';

const base: DefaultFacts = {
  version: '1.27.4',
  os: 'linux',
  arch: 'amd64',
  goroot: '/usr/local/go',
  home: '/home/u',
  lookPath: (command) => (command === 'gcc' ? '/usr/bin/gcc' : undefined),
  effective: (name) =>
    ({ GOOS: 'linux', GOARCH: 'amd64', GOPATH: '/home/u/go', GOROOT: '/usr/local/go' })[name] ?? '',
  process: () => '',
};
const facts = (own: Partial<DefaultFacts>, effective: Record<string, string> = {}): DefaultFacts => ({
  ...base,
  ...own,
  effective: (name) => effective[name] ?? base.effective(name),
});

describe('defaultValue', () => {
  test('derives directories from HOME, XDG variables and GOPATH', () => {
    expect(defaultValue('GOPATH', base)).toBe('/home/u/go');
    expect(defaultValue('GOMODCACHE', base)).toBe('/home/u/go/pkg/mod');
    expect(defaultValue('GOCACHE', base)).toBe('/home/u/.cache/go-build');
    expect(defaultValue('GOCACHE', facts({ xdgCacheHome: '/x' }))).toBe('/x/go-build');
    expect(defaultValue('GOENV', facts({ xdgConfigHome: '/y/' }))).toBe('/y/go/env');
    expect(defaultValue('GOCACHE', facts({ home: '' }))).toBe('off');
    expect(defaultValue('GOENV', facts({ home: '' }))).toBe('');
    expect(defaultValue('GOENV', facts({ os: 'darwin' }))).toBe('/home/u/Library/Application Support/go/env');
  });

  test('has no GOPATH that equals the GOROOT known to the binary', () => {
    expect(defaultValue('GOPATH', facts({ home: '/usr/local', bakedGoroot: '/usr/local/go/' }))).toBe('');
    expect(
      defaultValue(
        'GOPATH',
        facts({ home: '/usr/local', process: (name) => (name === 'GOROOT' ? '/usr/local/go' : '') }),
      ),
    ).toBe('');
    // A release binary has no built-in GOROOT: it does not know its GOROOT before searching for it.
    expect(defaultValue('GOPATH', facts({ home: '/usr/local' }))).toBe('/usr/local/go');
  });

  test('accepts a relative XDG directory before 1.24 only', () => {
    expect(defaultValue('GOCACHE', facts({ version: '1.23.12', xdgCacheHome: 'rel' }))).toBe('rel/go-build');
    expect(defaultValue('GOCACHE', facts({ version: '1.24.0', xdgCacheHome: 'rel' }))).toBe('off');
  });

  test('disables cgo for cross-compilation and without a C compiler', () => {
    expect(defaultValue('CGO_ENABLED', base)).toBe('1');
    expect(defaultValue('CGO_ENABLED', facts({}, { GOARCH: 'arm64' }))).toBe('0');
    expect(defaultValue('CGO_ENABLED', facts({ lookPath: () => undefined }))).toBe('0');
    const cc = (name: string) => (name === 'CC' ? 'clang' : '');
    expect(defaultValue('CGO_ENABLED', facts({ lookPath: () => undefined, process: cc }))).toBe('1');
    // CC in GOENV does not count.
    expect(defaultValue('CGO_ENABLED', facts({ lookPath: () => undefined }, { CC: 'clang' }))).toBe('0');
  });

  test('has a feature level only for the target architecture', () => {
    expect(defaultValue('GOAMD64', base)).toBe('v1');
    expect(defaultValue('GOARM64', base)).toBe('');
    const arm = { GOARCH: 'arm' };
    expect(
      ['1.21.13', '1.22.12', '1.23.12', '1.27.4'].map((version) =>
        defaultValue('GOARM', facts({ version }, arm)),
      ),
    ).toEqual(['7', '7,hardfloat', '7,hardfloat', '7']);
  });

  test('computes GOBIN since 1.27', () => {
    expect(defaultValue('GOBIN', facts({ version: '1.26.0' }))).toBe('');
    expect(defaultValue('GOBIN', base)).toBe('/home/u/go/bin');
    const off = { GO111MODULE: 'off', GOPATH: '/a:/b' };
    expect(defaultValue('GOBIN', facts({ cwd: '/b/src/x' }, off))).toBe('/b/bin');
    expect(defaultValue('GOBIN', facts({ cwd: '/elsewhere' }, off))).toBe('/a/bin');
  });

  test('takes the compilers from the toolchain', () => {
    const compilers = {
      cc: {
        pairs: new Map([['linux/amd64', 'x86_64-linux-gnu-gcc']]),
        systems: new Map([['darwin', 'clang']]),
        fallback: 'gcc',
      },
      cxx: { pairs: new Map(), systems: new Map(), fallback: 'g++' },
      pkgConfig: 'pkgconf',
    };
    const sources = { compilers };
    expect(defaultValue('CC', facts({ sources }))).toBe('x86_64-linux-gnu-gcc');
    expect(defaultValue('CC', facts({ sources }, { GOOS: 'darwin' }))).toBe('clang');
    expect(defaultValue('PKG_CONFIG', facts({ sources }))).toBe('pkgconf');
    expect(defaultValue('CC', facts({}, { GOOS: 'freebsd' }))).toBe('clang');
  });

  test('derives GOMOD from go.mod and GO111MODULE', () => {
    const goMod = { path: '/w/go.mod' };
    expect(defaultValue('GOMOD', facts({ goMod }))).toBe('/w/go.mod');
    expect(defaultValue('GOMOD', base)).toBe('/dev/null');
    expect(defaultValue('GOMOD', facts({ goMod }, { GO111MODULE: 'off' }))).toBe('');
    expect(defaultValue('GOMOD', facts({}, { GO111MODULE: 'auto' }))).toBe('');
    expect(defaultValue('GOMOD', facts({ goMod: { ...goMod, inTempRoot: true } }))).toBe('/dev/null');
  });

  test('returns undefined for variables that Go does not compute', () => {
    expect(defaultValue('GOGCCFLAGS', base)).toBeUndefined();
    expect(defaultValue('HOME', base)).toBeUndefined();
    expect(defaultValue('GOTOOLCHAIN', base)).toBe('');
  });
});

test('cleanPath and joinPath follow path.Clean and path.Join; goMinor returns 0 for an unknown version', () => {
  const cases: [string, string][] = [
    ['', '.'],
    ['/', '/'],
    ['/..', '/'],
    ['a/../..', '..'],
    ['/a//b/./c/..', '/a/b'],
    ['../a/', '../a'],
  ];
  for (const [path, clean] of cases) expect(cleanPath(path), path).toBe(clean);
  expect(joinPath('', 'a', '../b')).toBe('b');
  expect(joinPath('', '')).toBe('');
  expect([goMinor('1.26.8'), goMinor('1.27rc1'), goMinor('1.28'), goMinor('devel')]).toEqual([26, 27, 28, 0]);
});

describe('shippedSetting', () => {
  test.each([
    ['GOPROXY', 'https://proxy.example.org,direct', 'https://proxy.example.org,direct'],
    ['GOTOOLCHAIN', 'local', 'local'],
    ['GOTOOLCHAIN', 'go1.26.0', 'auto'],
    ['GOFLAGS', '-tags=a', undefined],
  ])('compares %s=%s as %s', (name, value, shipped) => {
    expect(shippedSetting(name, value)).toBe(shipped);
  });
});
