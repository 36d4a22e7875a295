/** Helpers for system errors, and two errors of our own in their form. */

/** Returns an errno code such as `ENOENT`, or `''`. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** Reports whether an error comes from the system, not from a bug of ours. */
export function isSystemError(error: unknown): boolean {
  return /^E[A-Z0-9]+$/.test(errorCode(error));
}

/**
 * Returns an error for something that Go would read and godrift refuses as too large; its `code` is the whole
 * reason.
 */
export function beyondLimit(why: string): Error {
  return Object.assign(new Error(why), { code: why });
}

/** {@link beyondLimit} for a file larger than `limitBytes`, a whole number of MiB. */
export function tooLarge(name: string, limitBytes: number): Error {
  return beyondLimit(`${name} is larger than ${limitBytes / (1 << 20)} MiB`);
}

/**
 * Returns the result of a read, undefined if it throws: for files that may vanish meanwhile, such as those of
 * /proc.
 */
export function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
