/**
 * A bounded cache, the only one of the program: content read from files or derived from it, by a key that
 * includes the state of the file. A process that runs for months must not keep every file that it ever read.
 */
import { clearedOnRefusal } from './counted-fs.ts';
import type { Stamp } from './file-model.ts';
import { readerName } from './reader.ts';

/** A cache of at most `limit` values that evicts the least recently used one. */
export class LruCache<T> {
  readonly #limit: number;
  /** In the order of use: a Map keeps insertion order. */
  readonly #values = new Map<string, T>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** Returns a value and marks it as the newest; undefined if absent. */
  get(key: string): T | undefined {
    if (!this.#values.has(key)) return undefined;
    return this.set(key, this.#values.get(key) as T);
  }

  /** Stores a value as the newest, and returns it. */
  set(key: string, value: T): T {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#limit) this.#values.delete(this.#values.keys().next().value as string);
    return value;
  }

  /** Returns a value, computed by `make` if absent; if `make` throws, nothing is stored. */
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

/**
 * Creates a cache of data read from files. It is cleared before the next observation whenever the system
 * refused a read (counted-fs.ts).
 */
export function readCache<T>(limit: number): LruCache<T> {
  return clearedOnRefusal(new LruCache<T>(limit));
}

/**
 * Returns the key of a file in its present state, separate for each user read for: their permissions differ.
 */
export function stampKey(realPath: string, stamp: Stamp): string {
  return `${readerName()}\0${realPath}\0${stamp.inode}\0${stamp.size}\0${stamp.mtimeMs}\0${stamp.ctimeMs}`;
}
