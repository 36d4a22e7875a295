/**
 * Decides whether a directory to be repaired is a build cache at all: a repair removes files, and a path may
 * lead anywhere.
 */

import { errorCode, isSystemError } from '../../../host/errors.ts';
import { linksOn } from '../../../host/files.ts';
import { lstatSync } from '../../../host/root.ts';
import { prefixes } from './scan.ts';

/** Go creates all 256 when it opens a cache (cmd/go/internal/cache, Open); some may be damaged. */
const leastFolders = 200;

function kindOf(file: string): 'file' | 'directory' | 'other' | undefined {
  const stat = lstatSync(file);
  if (stat === undefined) return undefined;
  return stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : 'other';
}

/**
 * Returns why nothing may be removed from a directory, worded to follow its name. Undefined for a build cache
 * reached only through symlinks of root or this user. `named` is the path as given, `real` its real path,
 * `ownUid` this user's uid.
 */
export function whyNotBuildCache(named: string, real: string, ownUid: number): string | undefined {
  try {
    return whyLinked(named, ownUid) ?? whyUnlike(real);
  } catch (error) {
    // The directory is closed to this user.
    if (!isSystemError(error)) throw error;
    return `cannot be examined (${errorCode(error)})`;
  }
}

function whyLinked(named: string, ownUid: number): string | undefined {
  for (const link of linksOn(named)) {
    const uid = lstatSync(link)?.uid;
    if (uid !== undefined && uid !== 0 && uid !== ownUid)
      return `is reached through the symlink ${link}, which belongs to uid ${uid}`;
  }
  return undefined;
}

function whyUnlike(real: string): string | undefined {
  // Only `go` writes these: README when it creates a cache, trim.txt when it first trims it.
  if (kindOf(`${real}/README`) !== 'file' && kindOf(`${real}/trim.txt`) !== 'file')
    return 'is not a build cache: it has neither README nor trim.txt';
  const folders = prefixes.filter((prefix) => kindOf(`${real}/${prefix}`) === 'directory').length;
  return folders < leastFolders
    ? `is not a build cache: it has only ${folders} of the ${prefixes.length} subdirectories`
    : undefined;
}
