/**
 * Opens the outbox of `godrift serve`: its cursor, its OTLP endpoint and the limit on unsent journal lines.
 */
import { systemClock } from '../../host/machine.ts';
import {
  eventOf,
  type JournalHead,
  journalDirectory,
  journalHead,
  journalTail,
  overflowEnd,
  readJournal,
} from '../../store/journal.ts';
import type { Store } from '../../store/store.ts';
import type { Logger } from '../../tell/log.ts';
import { createSender, noSender, readEndpoint, type Sender } from '../../tell/outbox/endpoint.ts';
import { createOutbox, type Outbox, type OutboxLine } from '../../tell/outbox/outbox.ts';
import { spanCount } from '../../tell/spans/spans.ts';
import { outgoingOf } from '../outgoing.ts';

/** Name of the outbox's cursor in the state directory. */
export const outboxCursor = 'otlp';

/**
 * Opens the outbox at the position of its cursor. At most `limitBytes` of the journal may wait to be sent;
 * older lines are dropped. Throws while the journal or the cursor cannot be read.
 */
export async function openOutbox(
  store: Store,
  env: ReadonlyMap<string, string>,
  limitBytes: number,
  log: Logger,
): Promise<Outbox> {
  const { cursor, healed, owed } = await store.cursor(outboxCursor);
  if (healed !== undefined) log.warn({}, healed);
  const directory = journalDirectory(store.state.path);
  const endpoint = readEndpoint(env, (problem) => log.error({}, problem));
  let sender: Sender | undefined;
  if (!('why' in endpoint)) sender = createSender(endpoint, outgoingOf(env), systemClock);
  else if (endpoint.wanted || (owed && (await spansBehind(directory, cursor.seq))))
    sender = noSender(endpoint.wanted ? endpoint.why : `${endpoint.why}; ${howToGiveUp}`);
  // The stored cursor marks the spans from here on as owed, even if none is ever sent.
  if (sender !== undefined && !owed) await store.moveCursor(outboxCursor, cursor);
  return createOutbox({
    reader: (behind) => eventsBehind(journalTail(directory, behind)),
    head: () => headOf(store) ?? cursor,
    position: cursor,
    sender,
    overflow: (behind) => overflowEnd(directory, behind, limitBytes),
    advance: (line) => store.moveCursor(outboxCursor, line, sender === undefined),
    log: (message, fields) => log.warn(fields, message),
    now: () => performance.now(),
    chance: Math.random,
  });
}

/** Wraps a reader of journal lines into a reader of events. */
function eventsBehind(lines: ReturnType<typeof journalTail>): () => AsyncGenerator<OutboxLine> {
  return async function* () {
    for await (const line of lines()) yield { seq: line.seq, hash: line.hash, event: eventOf(line) };
  };
}

/** Tells the user how to drop spans that were owed to an endpoint that is no longer configured. */
const howToGiveUp = `to give them up, stop godrift and remove cursors/${outboxCursor}.json of its state directory`;

/**
 * Reports whether any journal line after `seq` makes a span. Returns true for a journal that cannot be read.
 */
async function spansBehind(directory: string, seq: number): Promise<boolean> {
  try {
    for await (const line of readJournal(directory, { from: seq + 1 }))
      if (spanCount(eventOf(line)) > 0) return true;
    return false;
  } catch {
    return true;
  }
}

/** Returns the last line of the journal; undefined if there is no journal. */
function headOf(store: Store): JournalHead | undefined {
  const journal = store.journal();
  return journal === undefined ? undefined : journalHead(journal);
}
