/**
 * The one bounded memory of the program: what was read of a file or worked out of it, by a key that names the state of the file. A process that
 * runs for months must not keep every file that it ever saw.
 */
import { clearedOnRefusal } from './counted-fs.ts';
import type { Stamp } from './file-model.ts';
import { readerName } from './reader.ts';

/** Values by a key, at most `limit` of them: the one that was not asked for longest goes first. */
export class LruCache<T> {
  readonly #limit: number;
  /** In the order of use: a Map keeps the order in which keys were added. */
  readonly #values = new Map<string, T>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** The value, which is the newest from now on; undefined without one. */
  get(key: string): T | undefined {
    if (!this.#values.has(key)) return undefined;
    return this.set(key, this.#values.get(key) as T);
  }

  /** Keeps a value as the newest, and answers it. */
  set(key: string, value: T): T {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#limit) this.#values.delete(this.#values.keys().next().value as string);
    return value;
  }

  /** The value, made first where there is none; what throws leaves nothing. */
  getOrMake(key: string, make: () => T): T {
    return this.#values.has(key) ? (this.get(key) as T) : this.set(key, make());
  }

  delete(key: string): void {
    this.#values.delete(key);
  }

  clear(): void {
    this.#values.clear();
  }
}

/** A cache of what was made of files: emptied before the next observation after the system refused to read one (counted-fs.ts). */
export function readCache<T>(limit: number): LruCache<T> {
  return clearedOnRefusal(new LruCache<T>(limit));
}

/** The key of a file as it is now, for whoever is read for: what one may read is not another's. */
export function stampKey(realPath: string, stamp: Stamp): string {
  return `${readerName()}\0${realPath}\0${stamp.inode}\0${stamp.size}\0${stamp.mtimeMs}\0${stamp.ctimeMs}`;
}
