/** Records an event and logs it together, so that the log also says if an event was not recorded. */
import type { Store } from '../../store/store.ts';
import type { Logger } from '../../tell/log.ts';

/** The log line that precedes a record of a target. */
export interface RecordLog {
  readonly target: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Logs an event and records it by calling `keep`, which resolves to whether the store took it. Does nothing
 * if the store is closing: the next start finds and logs the same event.
 */
export async function recordAndLog(
  log: Logger,
  store: Pick<Store, 'closing'>,
  { target, message, fields }: RecordLog,
  keep: () => Promise<boolean>,
): Promise<void> {
  if (store.closing()) return;
  log.info({ target, ...fields }, message);
  if (await keep()) return;
  if (store.closing())
    log.warn({ target }, 'not recorded: the exporter is stopping; the next start looks again');
  else log.error({ target }, 'not recorded: too many records wait for the disk');
}
