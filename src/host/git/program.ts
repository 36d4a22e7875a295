/** What the git on PATH is able to do, found in its file: it is not run. */
import { scanFile } from '../files.ts';

/** Major, minor and patch. */
export type GitVersion = readonly [number, number, number];

/** A text of its own, ended by NUL; what stands before it in the file need not be a text. */
const userAgent = /(?<![\w/. -])git\/(\d+)\.(\d+)(?:\.(\d+))?[^\0\n]*\0/;
/** More than the longest user agent, and the byte before it. */
const agentBytes = 64;

/** The version of a git: its user agent (default_user_agent in version.c). Undefined for a script that calls it, and for what is none. */
export function gitVersion(file: string): GitVersion | undefined {
  return scanFile(file, agentBytes, (bytes) => {
    // Looked for as bytes first: making a text of everything costs more than reading it.
    for (let at = bytes.indexOf('git/'); at >= 0; at = bytes.indexOf('git/', at + 1)) {
      const found = userAgent.exec(bytes.toString('latin1', Math.max(0, at - 1), at + agentBytes));
      if (found !== null && found.index <= 1)
        return [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)];
    }
    return undefined;
  });
}

/** Whether a version is another one or newer. */
export function isAtLeast(version: GitVersion, other: GitVersion): boolean {
  for (const [at, part] of other.entries()) if (version[at] !== part) return (version[at] as number) > part;
  return true;
}

const marker = Buffer.from('safe.directory');

/** Whether a git asks for the owner of a repository: since 2.35.2, and those that distributions mended. A script that calls it is left out. */
export function asksForOwner(file: string): boolean {
  const visit = (bytes: Buffer) => (bytes.includes(marker) ? true : undefined);
  return scanFile(file, marker.length, visit) ?? false;
}

/** Whether a git takes a `safe.directory` that ends in `/*` for everything below: since 2.45.3, and 2.46. */
export const takesPrefixes = (version: GitVersion): boolean => isAtLeast(version, [2, 45, 3]);
