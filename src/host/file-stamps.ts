/** Detects whether files changed since they were read. Asynchronous, because they may lie on a dead disk. */
import { stat } from 'node:fs/promises';
import { errorCode } from './errors.ts';

/**
 * A file changed less than so many ms ago may change again without a new time: the clocks of file systems
 * tick that slowly.
 */
const tickMs = 100;

/** The stamps of a list of files, as one text. */
export interface FilesStamp {
  readonly stamp: string;
  /** False if a file is so new that a further change might go unnoticed. */
  readonly settled: boolean;
}

/**
 * Stats files, following links: a link that leads elsewhere is another file. `now` is in ms since the epoch.
 * Never rejects.
 */
export async function stampFiles(files: readonly string[], now: number): Promise<FilesStamp> {
  let settled = true;
  const stamps = await Promise.all(
    files.map(async (file) => {
      try {
        const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = await stat(file, { bigint: true });
        // A time in the future proves nothing either.
        if (Number(ctimeMs) > now - tickMs) settled = false;
        return [dev, ino, size, mtimeNs, ctimeNs].join(':');
      } catch (error) {
        return errorCode(error);
      }
    }),
  );
  return { stamp: stamps.join(' '), settled };
}
