import { describe, expect, it } from 'vitest';
import { refusingHost } from '../../../src/go/platform.ts';

describe('refusingHost', () => {
  it.each([
    ['linux', 'amd64', 'linux', 'x64', undefined],
    ['linux', '386', 'linux', 'x64', undefined],
    ['linux', 'arm', 'linux', 'arm64', undefined],
    ['darwin', 'amd64', 'darwin', 'arm64', undefined],
    ['linux', 'arm64', 'linux', 'x64', 'linux/amd64'],
    ['darwin', 'arm64', 'linux', 'arm64', 'linux/arm64'],
    ['linux', 'amd64', 'linux', 'arm64', 'linux/arm64'],
    // Node has one name for both byte orders of ppc64; systems other than Linux and macOS are not judged.
    ['linux', 'ppc64le', 'linux', 'ppc64', undefined],
    ['freebsd', 'amd64', 'freebsd', 'x64', undefined],
  ])(
    'a %s/%s binary on the Node platform %s %s is refused by the host: %s',
    (os, arch, platform, cpu, host) => {
      expect(refusingHost({ os, arch }, { platform, arch: cpu })).toBe(host);
    },
  );
});
