import { describe, expect, it } from 'vitest';
import { found, worldOf } from './world.ts';

describe('cgo-no-compiler', () => {
  it('suggests unsetting the variable that selects the compiler', () => {
    const repair = (values: Readonly<Record<string, string>>) =>
      found('cgo-no-compiler', {
        process: values,
        env: { ...worldOf({ process: values }).env, compilerFound: false },
      })[0]?.repair;
    expect(repair({ CC: 'nosuch' })).toBe('install nosuch, or unset CC');
    expect(repair({ CGO_ENABLED: '1' })).toBe('install gcc, or unset CGO_ENABLED');
    expect(repair({ CGO_ENABLED: '0' })).toBeUndefined();
  });

  it('names the missing program: a compiler launcher, or a path that no package provides', () => {
    const findingFor = (CC: string, compilerMissing: string) => {
      const process = { CGO_ENABLED: '1', CC };
      const env = { ...worldOf({ process }).env, compilerFound: false, compilerMissing };
      return found('cgo-no-compiler', { process, env })[0];
    };
    expect(findingFor('ccache gcc', 'ccache')).toMatchObject({
      summary: expect.stringContaining('ccache of the C compiler ccache gcc is not found'),
      repair: 'install ccache, or unset CC',
    });
    expect(findingFor('/usr/bin', '/usr/bin')?.repair).toBe(
      'name a C compiler that is there in CC, or unset CC',
    );
  });

  it('reports cross-compilation with the compiler of the host', () => {
    const findingsFor = (values: Readonly<Record<string, string>>) =>
      found('cgo-no-compiler', { process: { CGO_ENABLED: '1', ...values } });
    expect(findingsFor({ GOARCH: 'arm64' })).toHaveLength(1);
    expect(findingsFor({ GOOS: 'windows' })).toHaveLength(1);
    for (const fine of [
      { GOARCH: '386' },
      { GOARCH: 'arm64', CC: 'aarch64-linux-gnu-gcc' },
      { GOOS: 'js', GOARCH: 'wasm' },
    ])
      expect(findingsFor(fine)).toEqual([]);
  });

  it('has level major if GOFLAGS requires external linking', () => {
    const level = (GOFLAGS: string) => {
      const process = { CGO_ENABLED: '1', GOFLAGS };
      return found('cgo-no-compiler', {
        process,
        env: { ...worldOf({ process }).env, compilerFound: false },
      })[0]?.level;
    };
    for (const flags of [
      '-ldflags=-linkmode=external',
      "'-ldflags=-s -linkmode external'",
      '-ldflags=all=--linkmode=external',
      '-buildmode=c-shared',
      '-linkshared',
    ])
      expect(level(flags), flags).toBe('major');
    for (const flags of ['-ldflags=-linkmode=internal', '-ldflags=-extld=clang', '-buildmode=pie'])
      expect(level(flags), flags).toBe('minor');
  });
});
