/**
 * Lists directories that anybody may fill: reads a bounded number of names, and filters by kind without a
 * stat for each.
 */
import { opendirSync } from 'node:fs';
import { nameOf } from './byte-names.ts';
import { countRefusal } from './counted-fs.ts';
import { pathOf, type RootedPath, stampOf } from './files.ts';
import { traceNames } from './read-trace.ts';
import { mayRead } from './reader.ts';
import { withHeld } from './root.ts';

/** Some names of a directory. */
export interface SomeNames {
  /**
   * Sorted; of the wanted kind, or of unknown kind where the file system does not tell (readdir(3), d_type).
   * No symlinks.
   */
  readonly names: readonly string[];
  /** Number of entries read, of any kind. */
  readonly read: number;
  /** Whether that is all of the directory. */
  readonly whole: boolean;
}

/** Entries read between two checks of the deadline: a few milliseconds on a busy machine. */
const askedEach = 512;

/**
 * Reads at most `most` entries of a directory, fewer if `isLate` returns true. Undefined if it cannot be
 * read.
 */
export function readSomeNames(
  rootedPath: RootedPath,
  kind: 'directory' | 'file',
  most: number,
  isLate: () => boolean = () => false,
): SomeNames | undefined {
  const file = pathOf(rootedPath);
  stampOf(rootedPath); // records the stamp before the read
  traceNames(file);
  if (!mayRead(file)) return undefined;
  try {
    return withHeld(file, (held) => someOf(held, kind, most, isLate));
  } catch (error) {
    countRefusal(error);
    return undefined;
  }
}

function someOf(held: string, kind: 'directory' | 'file', most: number, isLate: () => boolean): SomeNames {
  // The types of Node say strings; names that are not UTF-8 need bytes.
  const directory = opendirSync(held, { encoding: 'buffer' as BufferEncoding, bufferSize: 512 });
  try {
    const names: string[] = [];
    for (let read = 0; ; read++) {
      const entry = directory.readSync();
      const whole = entry === null;
      const isEnough = read === most || (read % askedEach === askedEach - 1 && isLate());
      if (whole || isEnough) return { names: names.sort(), read, whole };
      const isOther = kind === 'directory' ? entry.isFile() : entry.isDirectory();
      if (!isOther && !entry.isSymbolicLink()) names.push(nameOf(entry.name as unknown as Buffer));
    }
  } finally {
    directory.closeSync();
  }
}
