/**
 * Append-only files of lines: written with fsync by one process, read and followed by others. A line counts once its
 * newline is on the disk; what a failed or interrupted write left behind is cut, never built upon.
 */
import { constants, promises as fs, watch } from 'node:fs';
import path from 'node:path';
import { syncDirectory } from './atomic.ts';
import { errorCode } from './errors.ts';

/** A file that only grows. */
export interface AppendFile {
  readonly path: string;
  /** Bytes that are known to be on the disk. */
  readonly size: () => number;
  /** Writes all bytes and flushes them; throws the system's error, and then the file ends where it did before. */
  readonly append: (bytes: Uint8Array) => Promise<void>;
  /** Cuts the file to that many bytes, durably. */
  readonly cut: (size: number) => Promise<void>;
  /** Whose it is, and how many names it has. */
  readonly stat: () => Promise<{ readonly uid: number; readonly nlink: number }>;
  /** False when somebody else grew, cut, removed or replaced the file. */
  readonly untouched: () => Promise<boolean>;
  readonly close: () => Promise<void>;
}

const appendFlags =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** EFTYPE, the BSDs' "inappropriate file type", for what is no regular file. */
function refuseSpecial(file: string, stat: { readonly isFile: () => boolean }): void {
  if (!stat.isFile()) throw Object.assign(new Error(`${file} is no regular file`), { code: 'EFTYPE' });
}

/** The names in a directory, sorted; none where there is no such directory. Throws the system's other errors: unreadable is not empty. */
export async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await fs.readdir(directory)).sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Runs `use` on a file's bytes; undefined where there is none. Throws the system's error, ELOOP for a link, EFTYPE for what is no file. */
export async function withBytes<T>(
  file: string,
  use: (readAt: (offset: number, length: number) => Promise<Buffer>, size: number) => Promise<T>,
): Promise<T | undefined> {
  let handle: fs.FileHandle;
  try {
    handle = await fs.open(file, readFlags);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const stat = await handle.stat();
    refuseSpecial(file, stat);
    const readAt = async (offset: number, length: number) => {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await handle.read(buffer, 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    return await use(readAt, stat.size);
  } finally {
    await handle.close();
  }
}

/** Opens a file for appending, created 0600 when it is absent. Refuses links and anything but a regular file. */
export async function openAppend(file: string): Promise<AppendFile> {
  const handle = await fs.open(file, appendFlags, 0o600);
  let size: number;
  try {
    const stat = await handle.stat();
    refuseSpecial(file, stat);
    size = stat.size;
    await syncDirectory(path.dirname(file));
  } catch (error) {
    await handle.close();
    throw error;
  }
  let torn = false; // bytes past `size` may be on the disk

  const cut = async (to: number) => {
    await handle.truncate(to);
    await handle.sync();
    size = to;
    torn = false;
  };

  return {
    path: file,
    size: () => size,
    stat: () => handle.stat(),
    cut,
    async append(bytes) {
      if (torn) await cut(size);
      torn = true;
      try {
        await writeAll(handle, bytes);
        // After a failed fsync the kernel may have thrown the pages away: what is on the disk is then unknown.
        await handle.datasync();
        size += bytes.length;
        torn = false;
      } catch (error) {
        // Where even this fails, the next append tries again before it writes.
        await cut(size).catch(() => {});
        throw error;
      }
    },
    async untouched() {
      const stat = await handle.stat();
      if (stat.nlink === 0 || (stat.size !== size && !torn)) return false;
      const named = await fs.lstat(file).catch(() => undefined);
      return named !== undefined && named.ino === stat.ino && named.dev === stat.dev;
    },
    close: () => handle.close(),
  };
}

/** Repeats short writes, which a nearly full disk answers before it says ENOSPC. */
async function writeAll(handle: fs.FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, null);
    done += bytesWritten;
  }
}

/** Writes over the beginning of a file in place, which needs no room on a full disk, and flushes; one that is absent is made 0600. */
export async function overwrite(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await fs.open(file, appendFlags & ~constants.O_APPEND, 0o600);
  try {
    refuseSpecial(file, await handle.stat());
    await writeAll(handle, bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** A line without its newline, and the offset behind that newline. */
export interface FileLine {
  readonly bytes: Buffer;
  readonly end: number;
}

/** The complete lines of a file from an offset on; bytes behind the last newline are left. Throws as {@link withBytes} does, and ENOENT. */
export async function* readLines(file: string, offset = 0): AsyncGenerator<FileLine> {
  const handle = await fs.open(file, readFlags);
  try {
    refuseSpecial(file, await handle.stat());
    let rest: Buffer[] = [];
    let end = offset;
    for (let at = offset; ; ) {
      const chunk = Buffer.allocUnsafe(256 * 1024);
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      let start = 0;
      for (
        let newline = chunk.indexOf(10);
        newline !== -1 && newline < bytesRead;
        newline = chunk.indexOf(10, start)
      ) {
        const bytes = Buffer.concat([...rest, chunk.subarray(start, newline)]);
        rest = [];
        end += bytes.length + 1;
        start = newline + 1;
        yield { bytes, end };
      }
      if (start < bytesRead) rest.push(chunk.subarray(start, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

/**
 * Yields whenever something in a directory may have changed: at once, at each event of inotify, and at the latest after
 * `everyMs` (events can be lost, and some file systems have none). Ends with the signal.
 */
export async function* directoryChanges(
  directory: string,
  signal: AbortSignal,
  everyMs = 1000,
): AsyncGenerator<void> {
  let wake: () => void = () => {};
  let changed = false;
  const notice = () => {
    changed = true;
    wake();
  };
  const startWatching = () => {
    try {
      const started = watch(directory, { persistent: false }, notice);
      started.on('error', () => started.close());
      return started;
    } catch {
      return undefined; // absent or no watch left: the period serves
    }
  };
  const watcher = startWatching();
  signal.addEventListener('abort', notice);
  try {
    while (!signal.aborted) {
      changed = false;
      yield;
      if (changed || signal.aborted) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everyMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    signal.removeEventListener('abort', notice);
    watcher?.close();
  }
}
