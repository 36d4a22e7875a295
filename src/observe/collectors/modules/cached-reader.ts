/** Small files of the module cache, read again only when their stamp changed: a list of hundreds asks for the same ones each time. */
import { LruCache } from '../../../host/lru.ts';
import { readerName } from '../../../host/reader.ts';
import { entryAt, readSmallSync } from '../../../host/tree.ts';
import type { SourceReader } from './source-reader.ts';

interface Known<T> {
  readonly stamp: string;
  readonly value: T;
}

/** Files of one kind; a list of a large project has some thousands. */
const limit = 20_000;

/** A reader of files by their real path, `by` whom is read for alone where nobody else is given; undefined for what is absent or no readable file of at most `bytesLimit`. */
export function cachedReader<T>(
  read: (bytes: Buffer) => T,
  bytesLimit?: number,
): (real: string, by?: SourceReader) => T | undefined {
  const known = new LruCache<Known<T>>(limit);
  return (real, by) => {
    const entry = entryAt(real);
    // A link's own stamp says nothing of what it leads to.
    const stamp =
      entry?.kind === 'file' ? `${entry.inode} ${entry.size} ${entry.mtimeMs} ${entry.ctimeMs}` : undefined;
    const key = `${by?.name ?? readerName()}\0${real}`;
    const before = known.get(key);
    if (stamp !== undefined && before?.stamp === stamp) return before.value;
    const bytes = entry === undefined ? undefined : (by?.read ?? readSmallSync)(real, bytesLimit);
    if (bytes === undefined) return undefined;
    const value = read(bytes);
    if (stamp !== undefined) known.set(key, { stamp, value });
    return value;
  };
}
