import { describe, expect, it } from 'vitest';
import { found, worldOf } from './world.ts';

describe('cgo-no-compiler', () => {
  it('is taken back where the compiler was chosen', () => {
    const repair = (values: Readonly<Record<string, string>>) =>
      found('cgo-no-compiler', {
        process: values,
        env: { ...worldOf({ process: values }).env, compilerFound: false },
      })[0]?.repair;
    expect(repair({ CC: 'nosuch' })).toBe('install nosuch, or unset CC');
    expect(repair({ CGO_ENABLED: '1' })).toBe('install gcc, or unset CGO_ENABLED');
    expect(repair({ CGO_ENABLED: '0' })).toBeUndefined();
  });

  it('knows that the compiler of the host builds for the host', () => {
    const told = (values: Readonly<Record<string, string>>) =>
      found('cgo-no-compiler', { process: { CGO_ENABLED: '1', ...values } });
    expect(told({ GOARCH: 'arm64' })).toHaveLength(1);
    expect(told({ GOOS: 'windows' })).toHaveLength(1);
    for (const fine of [
      { GOARCH: '386' },
      { GOARCH: 'arm64', CC: 'aarch64-linux-gnu-gcc' },
      { GOOS: 'js', GOARCH: 'wasm' },
    ])
      expect(told(fine)).toEqual([]);
  });
});
