/**
 * Append-only files of lines: one process writes and fsyncs them, others read and follow them. A line counts
 * once its newline is on the disk. What a failed or interrupted write left behind is cut off before the next
 * append.
 */
import { constants, promises as fs, watch } from 'node:fs';
import path from 'node:path';
import { syncDirectory } from './atomic.ts';
import { errorCode } from './errors.ts';

/** An open append-only file. */
export interface AppendFile {
  readonly path: string;
  /** Size in bytes known to be on the disk. */
  readonly size: () => number;
  /**
   * Writes all bytes and flushes them. Throws the system's error; the file then ends where it ended before.
   */
  readonly append: (bytes: Uint8Array) => Promise<void>;
  /** Truncates the file to `size` bytes, durably. */
  readonly cut: (size: number) => Promise<void>;
  /** Returns the owner and the number of hard links. */
  readonly stat: () => Promise<{ readonly uid: number; readonly nlink: number }>;
  /**
   * Reports whether the file is as this process left it; false when another process grew, cut, removed or
   * replaced it.
   */
  readonly untouched: () => Promise<boolean>;
  readonly close: () => Promise<void>;
}

const appendFlags =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Throws EFTYPE, the BSDs' "inappropriate file type", unless `stat` is of a regular file. */
function refuseSpecial(file: string, stat: { readonly isFile: () => boolean }): void {
  if (!stat.isFile()) throw Object.assign(new Error(`${file} is no regular file`), { code: 'EFTYPE' });
}

/**
 * Returns the sorted names in a directory, none if it does not exist. Throws the system's other errors: an
 * unreadable directory is not an empty one.
 */
export async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await fs.readdir(directory)).sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Opens a file and runs `use` on its bytes; returns undefined if the file does not exist. Throws the system's
 * error, ELOOP for a symlink, EFTYPE for anything else that is not a regular file.
 */
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

/**
 * Opens a file for appending and creates it with mode 0600 if it is absent. Refuses symlinks and everything
 * else that is not a regular file.
 */
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
        // After a failed fsync the kernel may have dropped the dirty pages: the content of the disk is
        // unknown.
        await handle.datasync();
        size += bytes.length;
        torn = false;
      } catch (error) {
        // If even this fails, the next append cuts before it writes.
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

/** Writes all bytes, repeating short writes: a nearly full disk returns those before it reports ENOSPC. */
async function writeAll(handle: fs.FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, null);
    done += bytesWritten;
  }
}

/**
 * Overwrites the beginning of a file in place and flushes it, which needs no space on a full disk. An absent
 * file is created with mode 0600.
 */
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

/** A line without its newline; `end` is the offset just past the newline. */
export interface FileLine {
  readonly bytes: Buffer;
  readonly end: number;
}

/**
 * Yields the complete lines of a file from an offset on; bytes after the last newline are ignored. Throws as
 * {@link withBytes} does, and ENOENT.
 */
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
 * Yields whenever a directory may have changed: once at the start, at every inotify event, and at least every
 * `everyMs` milliseconds, because events can be lost and some file systems have none. Ends when the signal is
 * aborted.
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
      return undefined; // absent, or no inotify watch left: polling takes over
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
