/**
 * Opens a reader of the journal once the journal and the reader's cursor can be read. Until then the reason
 * is logged once.
 */
import { AppError } from '../../catalog/errors.ts';
import { isSystemError } from '../../host/errors.ts';
import { systemReason } from '../../store/state-directory.ts';
import type { Store } from '../../store/store.ts';
import type { Logger } from '../../tell/log.ts';

/**
 * Returns a function that calls `open` and resolves to undefined while the journal is missing or the journal
 * or the cursor cannot be read. `what` names the delayed data in the log.
 */
export function whenReadable<T>(
  what: 'spans' | 'events',
  store: Store,
  log: Logger,
  open: () => Promise<T | undefined>,
): () => Promise<T | undefined> {
  let said: string | undefined;
  return async () => {
    if (store.journal() === undefined) return undefined;
    try {
      const opened = await open();
      said = undefined;
      return opened;
    } catch (error) {
      const why = whyUnread(error);
      if (said !== why) log.warn({}, `${what} wait: ${why}`);
      said = why;
      return undefined;
    }
  };
}

/** Returns why the journal or a cursor cannot be read. Rethrows any other error, which is a bug. */
function whyUnread(error: unknown): string {
  if (error instanceof AppError) return error.message;
  if (isSystemError(error)) return `the journal cannot be read: ${systemReason(error)}`;
  throw error;
}
