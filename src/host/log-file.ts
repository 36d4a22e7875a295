/**
 * A log that other programs read and rotate: appended with fsync, created with mode 0600 whatever the umask,
 * never through a symlink, and rotated by size as `FILE.1`, `FILE.2` and so on. Only an incomplete last line
 * is ever cut off.
 */
import { constants, promises as fs } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { type AppendFile, openAppend, withBytes } from './append.ts';
import { syncDirectory } from './atomic.ts';
import { errorCode } from './errors.ts';

/** Throws: godrift writes neither to a file of another user nor to one with a second hard link. */
function refuse(code: 'EPERM' | 'EMLINK', file: string): never {
  throw Object.assign(new Error(`${code}: ${file}`), { code });
}

/**
 * Opens a log for appending, created with mode 0600 if absent. Throws the system's error; ELOOP for a
 * symlink, EMLINK for a second hard link, EPERM for a file of another user.
 */
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

/**
 * Creates the file if absent; an existing one keeps its mode, which a rotating program may have set for a
 * group.
 */
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
  /** Without its newline; undefined if the file has no complete line. */
  readonly line: Buffer | undefined;
  /** Offset just past its newline. */
  readonly end: number;
  /** What follows it, at most 64 KiB: the beginning of an incomplete line. */
  readonly rest: Buffer;
}

/** Returns the error for a file that is not a log of godrift. */
export const foreign = (file: string) => Object.assign(new Error(file), { code: 'EFOREIGN' });

const newline = 10;
const restBytes = 64 * 1024;
/**
 * Longest line of our log including an incomplete one after it: twice the limit of a journal line
 * (store/journal-line.ts).
 */
export const lastLineLimitBytes = 32 * 1024 * 1024;

/**
 * Returns the last complete line; undefined if the file does not exist. Throws the system's error, ELOOP for
 * a symlink, and EFOREIGN if no line ends within the last {@link lastLineLimitBytes}, so that a huge file of
 * another kind is not read through.
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

/**
 * Renames `FILE` to `FILE.1`, `FILE.1` to `FILE.2` and so on, replacing `FILE.<keep>`. An interruption loses
 * nothing else.
 */
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
