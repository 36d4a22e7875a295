/** What was read of a file, remembered by its stamp for as long as it is among the newest. */

import { clearedOnRefusal } from '../host/counted-fs.ts';
import type { Stamp } from '../host/files.ts';
import { readerName } from '../host/reader.ts';

/** The key of a file as it is now, for whoever is read for. */
export function stampKey(realPath: string, stamp: Stamp): string {
  return `${readerName()}\0${realPath}\0${stamp.inode}\0${stamp.size}\0${stamp.mtimeMs}\0${stamp.ctimeMs}`;
}

/** A bounded memory: a long-lived process must not keep every binary that it ever saw. */
export function remembered<T>(limit: number): (key: string, make: () => T) => T {
  const known = clearedOnRefusal(new Map<string, T>());
  return (key, make) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = make();
    if (known.size >= limit) known.delete(known.keys().next().value as string);
    known.set(key, made);
    return made;
  };
}
