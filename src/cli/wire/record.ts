/** Keeping a record and saying that it happened, which are one: what is not kept is not said as if it were. */
import type { Store } from '../../store/store.ts';
import type { Logger } from '../../tell/log.ts';

/** A record of a target, and the line of the log that goes before it. */
export interface Said {
  readonly target: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Logs what happened and records it by `keep`. A store that takes nothing more is no reason for a line: the next start looks again, and finds and
 * says the same.
 */
export async function recordAndSay(
  log: Logger,
  store: Pick<Store, 'closing'>,
  { target, message, fields }: Said,
  keep: () => Promise<boolean>,
): Promise<void> {
  if (store.closing()) return;
  log.info({ target, ...fields }, message);
  if (await keep()) return;
  if (store.closing()) log.warn({ target }, 'not recorded: the exporter stops; the next start looks again');
  else log.error({ target }, 'not recorded: too much waits for the disk already');
}
