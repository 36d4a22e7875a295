/** Names in directories such as /usr/bin, which hold thousands: read again only when something in them came, went or was renamed. */

import { listDirectory, pathOf, type RootedPath, stampOf } from '../../host/files.ts';
import { readCache } from '../../host/lru.ts';
import { traceNames } from '../../host/read-trace.ts';
import { readerName } from '../../host/reader.ts';

/** A PATH has some twenty directories. */
const known = readCache<{ readonly mark: string; readonly names: ReadonlySet<string> }>(200);
const nothing: ReadonlySet<string> = new Set();

/** The names in a directory, sorted; empty when it cannot be read. */
export function namesIn(rootedPath: RootedPath): ReadonlySet<string> {
  const stamp = stampOf(rootedPath);
  if (stamp?.directory !== true) return nothing;
  traceNames(pathOf(rootedPath));
  // What one may list is not another's.
  const key = `${readerName()}\0${rootedPath.root}\0${rootedPath.path}`;
  const mark = `${stamp.inode} ${stamp.mtimeMs} ${stamp.ctimeMs}`;
  const found = known.get(key);
  if (found?.mark === mark) return found.names;
  return known.set(key, { mark, names: new Set(listDirectory(rootedPath)) }).names;
}
