/**
 * With whose rights Go sources are read, and how far links lead. What they import is told to whoever reads a report, so a file that is a link out of the
 * code, or lies behind one, is nobody's package, as no other file of a workspace is read over one (decision 0036).
 */
import { isWithin } from '../../../host/checked-program.ts';
import { insideRoot } from '../../../host/files.ts';
import { readerName } from '../../../host/reader.ts';
import { readSmallSync } from '../../../host/tree.ts';
import { type Code, codeName, judgeOf } from '../../environment/code.ts';

/** Reads the files of one module. */
export interface SourceReader {
  /** For memories of what was read. */
  readonly name: string;
  /** Bytes of a file at a path of the host or of a root; undefined for what {@link readSmallSync} reads nothing of, and what may not be read. */
  readonly read: (file: string, limit?: number) => Buffer | undefined;
}

/** For the code, and for a directory that its files name: `top`, a real path of the host or of a root. Asked of the open file. */
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

/** For the module cache, a real path of the host or of a root; what lies in it is for whoever is read for. */
export function readerOfCache(cache: string): SourceReader {
  return {
    name: [readerName(), cache].join('\0'),
    read: (file, limit) => readSmallSync(file, limit, (real) => isWithin(real, cache)),
  };
}
