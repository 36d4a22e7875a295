/**
 * Caches small files of the module cache by stamp: each build of a list with hundreds of modules reads the
 * same ones.
 */
import { LruCache } from '../../../host/lru.ts';
import { readerName } from '../../../host/reader.ts';
import { entryAt, readSmallSync } from '../../../host/tree.ts';
import type { SourceReader } from './source-reader.ts';

interface Known<T> {
  readonly stamp: string;
  readonly value: T;
}

/** Most cached files of one kind; the list of a large project needs a few thousand. */
const limit = 20_000;

/**
 * Returns a cached reader of files by their real path. Files are read as the current reader unless `by` is
 * given. The reader returns undefined for a file that is absent, unreadable or larger than `bytesLimit`.
 */
export function cachedReader<T>(
  read: (bytes: Buffer) => T,
  bytesLimit?: number,
): (real: string, by?: SourceReader) => T | undefined {
  const known = new LruCache<Known<T>>(limit);
  return (real, by) => {
    const entry = entryAt(real);
    // A symlink's own stamp says nothing about its target.
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
