/** The event log of `godrift serve`: its cursor, its file, its bound on the disk. */
import {
  type JournalHead,
  journalDirectory,
  journalHead,
  journalTail,
  overflowEnd,
  readJournal,
} from '../../store/journal.ts';
import type { Store } from '../../store/store.ts';
import { createEventLog, type EventLog, type EventLogSettings } from '../../tell/events/event-log.ts';
import type { Logger } from '../../tell/log.ts';

/** The cursor of the event log in the state directory. */
export const eventLogCursor = 'event-log';

/**
 * Opens the event log where its cursor stands, once there is a journal; one that was never configured before begins at the end. Without
 * settings the cursor goes, for it would keep the journal from being pruned. `limitBytes` of the journal may wait. Throws while the journal or the
 * cursor cannot be read.
 */
export async function openEventLog(
  store: Store,
  settings: EventLogSettings | undefined,
  limitBytes: number,
  log: Logger,
): Promise<EventLog | undefined> {
  const journal = store.journal();
  if (journal === undefined) return undefined;
  if (settings === undefined) {
    await store.dropCursor(eventLogCursor);
    return undefined;
  }
  const { cursor, healed, owed } = await store.cursor(eventLogCursor);
  if (healed !== undefined) log.warn({}, healed);
  const position = owed ? cursor : store.begin();
  if (!owed) await store.moveCursor(eventLogCursor, position);
  const directory = journalDirectory(store.state.path);
  return createEventLog(settings, {
    reader: (behind) => journalTail(directory, behind),
    lineAt: (seq) => lineAt(directory, seq),
    head: () => journalHead(journal),
    position,
    overflow: (behind) => overflowEnd(directory, behind, limitBytes),
    advance: (line) => store.moveCursor(eventLogCursor, line),
    log: (message, fields) => log.warn(fields, message),
  });
}

async function lineAt(directory: string, seq: number): Promise<JournalHead | undefined> {
  for await (const line of readJournal(directory, { from: seq }))
    return line.seq === seq ? { seq, hash: line.hash } : undefined;
  return undefined;
}
