/** Reads the capabilities of a git from its executable, without running it. */
import { scanFile } from '../files.ts';

/** Major, minor and patch. */
export type GitVersion = readonly [number, number, number];

/** The user agent: a NUL-terminated string of its own; the bytes before it need not be text. */
const userAgent = /(?<![\w/. -])git\/(\d+)\.(\d+)(?:\.(\d+))?[^\0\n]*\0/;
/** Longer than the longest user agent and the byte before it. */
const agentBytes = 64;

/**
 * Returns the version of a git by its user agent (default_user_agent in version.c). Undefined for a wrapper
 * script and for other files.
 */
export function gitVersion(file: string): GitVersion | undefined {
  return scanFile(file, agentBytes, (bytes) => {
    // Searched as bytes first: converting everything to text costs more than reading it.
    for (let at = bytes.indexOf('git/'); at >= 0; at = bytes.indexOf('git/', at + 1)) {
      const found = userAgent.exec(bytes.toString('latin1', Math.max(0, at - 1), at + agentBytes));
      if (found !== null && found.index <= 1)
        return [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)];
    }
    return undefined;
  });
}

/** Reports whether a version is `other` or newer. */
export function isAtLeast(version: GitVersion, other: GitVersion): boolean {
  for (const [at, part] of other.entries()) if (version[at] !== part) return (version[at] as number) > part;
  return true;
}

const marker = Buffer.from('safe.directory');

/**
 * Reports whether a git checks the owner of a repository: since 2.35.2, and in patched distribution packages.
 * False for a wrapper script.
 */
export function asksForOwner(file: string): boolean {
  const visit = (bytes: Buffer) => (bytes.includes(marker) ? true : undefined);
  return scanFile(file, marker.length, visit) ?? false;
}

/** Reports whether a git supports a `safe.directory` ending in `/*`: since 2.45.3, and 2.46. */
export const takesPrefixes = (version: GitVersion): boolean => isAtLeast(version, [2, 45, 3]);
