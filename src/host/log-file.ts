/**
 * A log that other programs read and rotate: appended to with fsync, 0600 whatever the umask, never through a link, and rotated by size as
 * `FILE.1`, `FILE.2` and so on. Nothing is cut but a last line without its newline.
 */
import { constants, promises as fs } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { type AppendFile, openAppend, withBytes } from './append.ts';
import { syncDirectory } from './atomic.ts';
import { errorCode } from './errors.ts';

/** A foreign file, or one with a second name, is written by somebody's leave only. */
function refuse(code: 'EPERM' | 'EMLINK', file: string): never {
  throw Object.assign(new Error(`${code}: ${file}`), { code });
}

/** Opens a log for appending, made 0600 where it is absent. Throws the system's error; ELOOP for a link, EMLINK for a second name, EPERM for another user's file. */
export async function openLogFile(file: string): Promise<AppendFile> {
  await makePrivate(file);
  const opened = await openAppend(file);
  try {
    const { nlink, uid } = await opened.stat();
    if (nlink !== 1) refuse('EMLINK', file);
    if (uid !== process.geteuid?.()) refuse('EPERM', file);
    return opened;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Makes the file where it is absent; one that is there keeps its mode, for whoever rotates it may have given it to a group. */
async function makePrivate(file: string): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  try {
    const handle = await fs.open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      await handle.chmod(0o600);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** The last complete line of a file. */
export interface LastLine {
  /** Without its newline; undefined where there is none. */
  readonly line: Buffer | undefined;
  /** Offset behind its newline. */
  readonly end: number;
  /** What stands behind it, at most 64 KiB of it: the beginning of a line. */
  readonly rest: Buffer;
}

/** The error for what is no log of ours. */
export const foreign = (file: string) => Object.assign(new Error(file), { code: 'EFOREIGN' });

const newline = 10;
const restBytes = 64 * 1024;
/** No line of a log of ours is longer, and none that was cut off behind it: twice what a line of the journal may hold (store/journal-line.ts). */
export const lastLineLimitBytes = 32 * 1024 * 1024;

/**
 * The last complete line; undefined where there is no such file. Throws the system's error, ELOOP for a link, and EFOREIGN where no line ends in
 * the last {@link lastLineLimitBytes}: nobody reads gigabytes of something else to learn that.
 */
export function readLastLine(file: string): Promise<LastLine | undefined> {
  return withBytes(file, async (readAt, size): Promise<LastLine> => {
    for (let length = 64 * 1024; ; length *= 2) {
      if (length > lastLineLimitBytes) throw foreign(file);
      const start = Math.max(0, size - length);
      const bytes = await readAt(start, size - start);
      const last = bytes.lastIndexOf(newline);
      const before = last <= 0 ? -1 : bytes.lastIndexOf(newline, last - 1);
      if (last === -1 && start === 0) return { line: undefined, end: 0, rest: bytes.subarray(0, restBytes) };
      if (last !== -1 && (before !== -1 || start === 0))
        return {
          line: bytes.subarray(before + 1, last),
          end: start + last + 1,
          rest: bytes.subarray(last + 1, last + 1 + restBytes),
        };
    }
  });
}

/** Moves `FILE` to `FILE.1`, `FILE.1` to `FILE.2` and so on; of those behind `keep` the last is replaced. Interrupted anywhere it loses no more than that one. */
export async function rotateLogFile(file: string, keep: number): Promise<void> {
  for (let number = keep; number >= 1; number--) {
    const from = number === 1 ? file : `${file}.${number - 1}`;
    try {
      await fs.rename(from, `${file}.${number}`);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
  await syncDirectory(path.dirname(file));
}
