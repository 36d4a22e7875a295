/** The outbox of `godrift serve`: its cursor, its endpoint, its bound on the disk. */
import { systemClock } from '../../host/machine.ts';
import {
  type JournalHead,
  journalDirectory,
  journalHead,
  journalTail,
  overflowEnd,
} from '../../store/journal.ts';
import type { Store } from '../../store/open.ts';
import type { Logger } from '../../tell/log.ts';
import { createSender, readEndpoint } from '../../tell/outbox/endpoint.ts';
import { createOutbox, type Outbox } from '../../tell/outbox/outbox.ts';

/** The cursor of the outbox in the state directory. */
export const outboxCursor = 'otlp';

/** Opens the outbox where its cursor stands, once there is a journal; `limitBytes` of it may wait to be sent. */
export async function openOutbox(
  store: Store,
  env: ReadonlyMap<string, string>,
  limitBytes: number,
  log: Logger,
): Promise<Outbox> {
  const { cursor, healed } = await store.cursor(outboxCursor);
  if (healed !== undefined) log.warn({}, healed);
  const directory = journalDirectory(store.state.path);
  const endpoint = readEndpoint(env, (problem) => log.error({}, problem));
  return createOutbox({
    reader: (behind) => journalTail(directory, behind),
    head: () => headOf(store) ?? cursor,
    position: cursor,
    sender: endpoint === undefined ? undefined : createSender(endpoint, systemClock),
    overflow: (behind) => overflowEnd(directory, behind, limitBytes),
    advance: (line) => store.moveCursor(outboxCursor, line),
    log: (message, fields) => log.warn(fields, message),
    now: () => performance.now(),
    chance: Math.random,
  });
}

/** The end of the journal, where there is one. */
function headOf(store: Store): JournalHead | undefined {
  const journal = store.journal();
  return journal === undefined ? undefined : journalHead(journal);
}
