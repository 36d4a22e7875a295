/** Names in directories that anybody may fill: a bounded number is read, and what a directory cannot be is told apart without a question for each. */
import { opendirSync } from 'node:fs';
import { nameOf } from './byte-names.ts';
import { countRefusal } from './counted-fs.ts';
import { pathOf, type RootedPath, stampOf } from './files.ts';
import { traceNames } from './read-trace.ts';
import { mayRead } from './reader.ts';
import { withHeld } from './root.ts';

/** Some names in a directory. */
export interface SomeNames {
  /** Sorted, of what is of the wanted kind, or may be: not every file system says it (readdir(3), d_type). */
  readonly names: readonly string[];
  /** Entries that were read, of any kind. */
  readonly read: number;
  /** Whether there are no more. */
  readonly whole: boolean;
}

/** How many entries are read between two questions whether it is late: a few milliseconds, on a machine that has other things to do. */
const askedEach = 512;

/** Reads at most so many entries of a directory of the host, or fewer where it gets late; undefined when it cannot be read. */
export function readSomeNames(
  rootedPath: RootedPath,
  kind: 'directory' | 'file',
  most: number,
  isLate: () => boolean = () => false,
): SomeNames | undefined {
  const file = pathOf(rootedPath);
  stampOf(rootedPath); // notes it as it was before it was read
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
  // Its type says strings; names that are no UTF-8 need their bytes.
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
