import { describe, expect, it } from 'vitest';
import { parseSanitizerPlatforms } from '../../../src/go/sanitizer-platforms.ts';

/** A source file in the form of internal/platform/supported.go. */
const source = (name = 'RaceDetectorSupported') => `package platform

// A comment about the race detector.
func ${name}(goos, goarch string) bool {
\tswitch goos {
\tcase "linux":
\t\treturn goarch == "amd64" || goarch == "arm64"
\tcase "freebsd", "windows":
\t\treturn goarch == "amd64"
\tdefault:
\t\treturn false
\t}
}

func MSanSupported(goos, goarch string) bool {
\tswitch goos {
\tcase "linux":
\t\treturn goarch == "amd64"
\t}
}

func ASanSupported(goos, goarch string) bool {
\tswitch goos {
\tcase "linux":
\t\treturn goarch == "riscv64"
\t}
}
`;

describe('platforms of the sanitizers', () => {
  it('reads each pair of a case', () => {
    expect(parseSanitizerPlatforms(source())).toEqual({
      race: new Set(['linux/amd64', 'linux/arm64', 'freebsd/amd64', 'windows/amd64']),
      msan: new Set(['linux/amd64']),
      asan: new Set(['linux/riscv64']),
    });
  });

  it('returns nothing for a source that it does not understand', () => {
    expect(parseSanitizerPlatforms('')).toBeUndefined();
    expect(parseSanitizerPlatforms(source('Other'))).toBeUndefined();
  });
});
