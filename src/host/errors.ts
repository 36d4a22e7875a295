/** What the file system's errors say, and two that are thrown in its words. */

/** An errno code such as `ENOENT`, or `''`. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** Whether the system refused something, and no fault of ours was thrown. */
export function isSystemError(error: unknown): boolean {
  return /^E[A-Z0-9]+$/.test(errorCode(error));
}

/** The error of what Go would read and this program will not; its `code` is the whole reason, for a reader. */
export function beyondLimit(why: string): Error {
  return Object.assign(new Error(why), { code: why });
}

/** {@link beyondLimit} for a file of more than so many bytes, a whole number of MiB. */
export function tooLarge(name: string, limitBytes: number): Error {
  return beyondLimit(`${name} is larger than ${limitBytes / (1 << 20)} MiB`);
}

/** What a read gives; undefined where it throws, for what may vanish while it is read and is left out then, as the files of /proc. */
export function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
