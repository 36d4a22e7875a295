/** Whether a directory that is to be repaired is a build cache at all: a repair removes files, and a name may lead to anything. */

import { errorCode, isSystemError } from '../../../host/errors.ts';
import { linksOn } from '../../../host/files.ts';
import { lstatSync } from '../../../host/root.ts';
import { prefixes } from './scan.ts';

/** Go makes all 256 when it opens a cache (cmd/go/internal/cache, Open); some may be damaged. */
const leastFolders = 200;

function kindOf(file: string): 'file' | 'directory' | 'other' | undefined {
  const stat = lstatSync(file);
  if (stat === undefined) return undefined;
  return stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : 'other';
}

/**
 * Why nothing is to be removed from a directory, in words that follow it; undefined for a build cache that nobody but root, this user and its own
 * user leads to. `named` is what the directory was called, `real` where it is; `ownUid` is this user's.
 */
export function whyNoCache(named: string, real: string, ownUid: number): string | undefined {
  try {
    return whyLinked(named, ownUid) ?? whyUnlike(real);
  } catch (error) {
    // A mode that bars this user from it.
    if (!isSystemError(error)) throw error;
    return `cannot be looked at (${errorCode(error)})`;
  }
}

function whyLinked(named: string, ownUid: number): string | undefined {
  for (const link of linksOn(named)) {
    const uid = lstatSync(link)?.uid;
    if (uid !== undefined && uid !== 0 && uid !== ownUid)
      return `is reached by the link ${link}, which belongs to uid ${uid}`;
  }
  return undefined;
}

function whyUnlike(real: string): string | undefined {
  // Both are written by go alone: README when a cache is made, trim.txt when it was cleaned first.
  if (kindOf(`${real}/README`) !== 'file' && kindOf(`${real}/trim.txt`) !== 'file')
    return 'is no build cache: it has neither the README nor the trim.txt of one';
  const folders = prefixes.filter((prefix) => kindOf(`${real}/${prefix}`) === 'directory').length;
  return folders < leastFolders
    ? `is no build cache: it has ${folders} of the ${prefixes.length} folders of one`
    : undefined;
}
