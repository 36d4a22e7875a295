/** Whether files are still those that were read: asked without holding anybody up, for they may lie on a disk that is dead. */
import { stat } from 'node:fs/promises';
import { errorCode } from './errors.ts';

/** What was written this short a time ago, ms, may be written once more without a new time: clocks of file systems tick that slowly. */
const tickMs = 100;

/** What a list of files looks like. */
export interface FilesStamp {
  readonly stamp: string;
  /** False where a file is so new that a further change may not be seen. */
  readonly settled: boolean;
}

/** Looks at files; links are followed, so that a link that leads elsewhere is another file. `now` in ms since the epoch. Never rejects. */
export async function stampFiles(files: readonly string[], now: number): Promise<FilesStamp> {
  let settled = true;
  const stamps = await Promise.all(
    files.map(async (file) => {
      try {
        const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = await stat(file, { bigint: true });
        // A time that lies ahead says nothing either.
        if (Number(ctimeMs) > now - tickMs) settled = false;
        return [dev, ino, size, mtimeNs, ctimeNs].join(':');
      } catch (error) {
        return errorCode(error);
      }
    }),
  );
  return { stamp: stamps.join(' '), settled };
}
