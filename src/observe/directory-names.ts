/** Names in directories such as /usr/bin, which hold thousands: read again only when something in them came, went or was renamed. */

import { listDirectory, type Place, pathOf, stampOf } from '../host/files.ts';
import { noteNames } from '../host/look.ts';
import { forgottenOnRefusal } from '../host/noted-fs.ts';
import { readerName } from '../host/reader.ts';

const known = forgottenOnRefusal(
  new Map<string, { readonly mark: string; readonly names: ReadonlySet<string> }>(),
);
const nothing: ReadonlySet<string> = new Set();
/** Directories that are remembered; a PATH has some twenty. */
const limit = 200;

/** The names in a directory, sorted; empty when it cannot be read. */
export function namesIn(place: Place): ReadonlySet<string> {
  const stamp = stampOf(place);
  if (stamp?.directory !== true) return nothing;
  noteNames(pathOf(place));
  // What one may list is not another's.
  const key = `${readerName()}\0${place.root}\0${place.path}`;
  const mark = `${stamp.inode} ${stamp.mtimeMs} ${stamp.ctimeMs}`;
  const found = known.get(key);
  if (found?.mark === mark) return found.names;
  const names = new Set(listDirectory(place));
  known.delete(key);
  if (known.size >= limit) known.delete(known.keys().next().value as string);
  known.set(key, { mark, names });
  return names;
}
