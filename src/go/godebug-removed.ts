/**
 * GODEBUG settings that a program built by Go 1.27 or later dies of when they ask for what was removed (internal/godebugs/table.go of
 * go1.27.4, checked by the differential tests; runtime/proc.go, "removed GODEBUG"). A tool may be newer than the toolchain, whose own table
 * then says nothing.
 */
import { goMinor } from './defaults.ts';
import { type Godebugs, removedGodebugs } from './goroot-source.ts';

/** First Go whose programs stop; those before ignore what they do not know. */
const fatalSince = 27;

/** Whether programs that this Go built, itself among them, stop at their start for a removed setting. */
export function diesOfRemoved(version: string): boolean {
  return goMinor(version) >= fatalSince;
}

const setting = (name: string, removed: number, ...old: string[]) => ({ name, removed, old });

/** The table of the newest Go that this list knows. */
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
 * The settings in a GODEBUG value that ask a Go (without its `go` prefix) for what it has removed. Its own table does not tell before 1.27: that of
 * 1.24 leaves out what was removed, and that of 1.26 names it without the values that asked for it.
 */
export function removedFor(value: string, version: string): ReturnType<typeof removedGodebugs> {
  const minor = goMinor(version);
  return removedGodebugs(value, {
    known: [],
    removed: removedSettings.filter((one) => one.removed <= minor),
  });
}

/** The settings in a GODEBUG value that stop a program built by this Go (without its `go` prefix) at its start. */
export function fatalGodebugs(value: string, builtWith: string): ReturnType<typeof removedGodebugs> {
  return diesOfRemoved(builtWith) ? removedFor(value, builtWith) : [];
}
