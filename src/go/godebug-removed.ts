/**
 * Removed GODEBUG settings. A program built by Go 1.27 or later stops at its start if GODEBUG requests
 * removed behaviour (internal/godebugs/table.go of go1.27.4, checked by the differential tests;
 * runtime/proc.go, "removed GODEBUG"). This table is needed because a tool may have been built by a newer Go
 * than the toolchain whose own table is at hand.
 */
import { goMinor } from './defaults.ts';
import { type Godebugs, removedGodebugs } from './goroot-source.ts';

/** Minor version of the first Go whose programs stop; older ones ignore settings that they do not know. */
const fatalSince = 27;

/**
 * Reports whether programs that this Go built, including go itself, stop at their start for a removed
 * setting.
 */
export function diesOfRemoved(version: string): boolean {
  return goMinor(version) >= fatalSince;
}

const setting = (name: string, removed: number, ...old: string[]) => ({ name, removed, old });

/**
 * The removed settings of the newest known Go: name, minor version that removed the setting, and the refused
 * values.
 */
export const removedSettings: Godebugs['removed'] = [
  setting('x509sha1', 24, '1'),
  setting('tlskyber', 24, '0'),
  setting('gotypesalias', 27, '0'),
  setting('tlsunsafeekm', 27, '1'),
  setting('tlsrsakex', 27, '1'),
  setting('tls3des', 27, '1'),
  setting('tls10server', 27, '1'),
  setting('x509keypairleaf', 27, '0'),
  setting('asynctimerchan', 27, '1', '2'),
];

/**
 * Returns the settings in a GODEBUG value that request behaviour which a Go (version without the `go` prefix)
 * has removed. The toolchain's own table is not enough before 1.27: that of 1.24 omits removed settings, and
 * that of 1.26 lists them without the refused values.
 */
export function removedFor(value: string, version: string): ReturnType<typeof removedGodebugs> {
  const minor = goMinor(version);
  return removedGodebugs(value, {
    known: [],
    removed: removedSettings.filter((one) => one.removed <= minor),
  });
}

/**
 * Returns the settings in a GODEBUG value that stop a program built by this Go (version without the `go`
 * prefix) at its start.
 */
export function fatalGodebugs(value: string, builtWith: string): ReturnType<typeof removedGodebugs> {
  return diesOfRemoved(builtWith) ? removedFor(value, builtWith) : [];
}
