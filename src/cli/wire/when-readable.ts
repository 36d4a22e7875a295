/** What reads the journal behind a cursor is opened when both can be read: until then it waits, and says why once. */
import { AppError } from '../../catalog/errors.ts';
import { isSystemError } from '../../host/errors.ts';
import { systemReason } from '../../store/state-directory.ts';
import type { Store } from '../../store/store.ts';
import type { Logger } from '../../tell/log.ts';

/** Makes what opens it: undefined without a journal, and while the journal or the cursor cannot be read. `what` waits meanwhile. */
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

/** Why the journal or a cursor cannot be read; throws what is a fault of ours. */
function whyUnread(error: unknown): string {
  if (error instanceof AppError) return error.message;
  if (isSystemError(error)) return `the journal cannot be read: ${systemReason(error)}`;
  throw error;
}
