/**
 * Caches the names in directories such as /usr/bin, which contain thousands. A directory is read again only
 * after an entry was created, removed or renamed.
 */

import { listDirectory, pathOf, type RootedPath, stampOf } from '../../host/files.ts';
import { readCache } from '../../host/lru.ts';
import { traceNames } from '../../host/read-trace.ts';
import { readerName } from '../../host/reader.ts';

/** A PATH has about twenty directories. */
const known = readCache<{ readonly mark: string; readonly names: ReadonlySet<string> }>(200);
const nothing: ReadonlySet<string> = new Set();

/** Returns the names in a directory; empty if it is unreadable. */
export function namesIn(rootedPath: RootedPath): ReadonlySet<string> {
  const stamp = stampOf(rootedPath);
  if (stamp?.directory !== true) return nothing;
  traceNames(pathOf(rootedPath));
  // The reader is part of the key: one user's permissions are not another's.
  const key = `${readerName()}\0${rootedPath.root}\0${rootedPath.path}`;
  const mark = `${stamp.inode} ${stamp.mtimeMs} ${stamp.ctimeMs}`;
  const found = known.get(key);
  if (found?.mark === mark) return found.names;
  return known.set(key, { mark, names: new Set(listDirectory(rootedPath)) }).names;
}
