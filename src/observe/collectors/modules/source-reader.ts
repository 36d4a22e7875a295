/**
 * Reads Go sources with the right credentials. Reports show what sources import, so a file that is a symlink
 * out of the code, or is reached through one, belongs to no package, just as no other file of a workspace is
 * read through such a symlink (decision 0036).
 */
import { isWithin } from '../../../host/checked-program.ts';
import { insideRoot } from '../../../host/files.ts';
import { readerName } from '../../../host/reader.ts';
import { readSmallSync } from '../../../host/tree.ts';
import { type Code, codeName, judgeOf } from '../../environment/code.ts';

/** Reads the files of one module. */
export interface SourceReader {
  /** Cache key for what this reader reads. */
  readonly name: string;
  /**
   * Returns the bytes of a file, given by a path of the host or of a root; undefined if {@link readSmallSync}
   * cannot read it, or if reading is not allowed.
   */
  readonly read: (file: string, limit?: number) => Buffer | undefined;
}

/**
 * Returns the reader for the code and a directory that its files name: `top`, a real path of the host or of a
 * root. The check is made on the open file.
 */
export function readerOfCode(code: Code, top: string): SourceReader {
  const { root } = code;
  const within = [...new Set([...code.real, insideRoot(root, top)])];
  const mayBeRead = judgeOf(code);
  return {
    name: [codeName(code), top].join('\0'),
    read: (file, limit) =>
      readSmallSync(file, limit, (real, stat) => {
        const inside = insideRoot(root, real);
        return within.some((one) => isWithin(inside, one)) && mayBeRead(real, stat);
      }),
  };
}

/**
 * Returns the reader for the module cache, a real path of the host or of a root; whatever it contains may be
 * read by the current reader.
 */
export function readerOfCache(cache: string): SourceReader {
  return {
    name: [readerName(), cache].join('\0'),
    read: (file, limit) => readSmallSync(file, limit, (real) => isWithin(real, cache)),
  };
}
