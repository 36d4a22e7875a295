/** Opens the event log of `godrift serve`: its cursor, its file and the limit on unwritten journal lines. */
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

/** Name of the event log's cursor in the state directory. */
export const eventLogCursor = 'event-log';

/**
 * Opens the event log at the position of its cursor; a log that is configured for the first time begins at
 * the end of the journal. Returns undefined while there is no journal. Without `settings` it removes the
 * cursor, which would otherwise keep the journal from being pruned. At most `limitBytes` of the journal may
 * wait to be written. Throws while the journal or the cursor cannot be read.
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
