/** Names in directories such as /usr/bin, which hold thousands: read again only when something in them came, went or was renamed. */

import { clearedOnRefusal } from '../host/counted-fs.ts';
import { listDirectory, pathOf, type RootedPath, stampOf } from '../host/files.ts';
import { traceNames } from '../host/read-trace.ts';
import { readerName } from '../host/reader.ts';

const known = clearedOnRefusal(
  new Map<string, { readonly mark: string; readonly names: ReadonlySet<string> }>(),
);
const nothing: ReadonlySet<string> = new Set();
/** Directories that are remembered; a PATH has some twenty. */
const limit = 200;

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
  const names = new Set(listDirectory(rootedPath));
  known.delete(key);
  if (known.size >= limit) known.delete(known.keys().next().value as string);
  known.set(key, { mark, names });
  return names;
}
