/** The outbox of `godrift serve`: its cursor, its endpoint, its bound on the disk. */
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

/** The cursor of the outbox in the state directory. */
export const outboxCursor = 'otlp';

/** Opens the outbox where its cursor stands, once there is a journal; `limitBytes` of it may wait to be sent. */
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
  // From here on somebody is to deal with what comes, even if nothing is ever sent.
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

/** The events of lines, as often as they are asked for. */
function eventsBehind(lines: ReturnType<typeof journalTail>): () => AsyncGenerator<OutboxLine> {
  return async function* () {
    for await (const line of lines()) yield { seq: line.seq, hash: line.hash, event: eventOf(line) };
  };
}

/** What to do with spans of a time that had an endpoint, when there will be none any more. */
const howToGiveUp = `to give them up, stop godrift and remove cursors/${outboxCursor}.json of its state directory`;

/** Whether spans wait behind a line; those of a journal that cannot be read do. */
async function spansBehind(directory: string, seq: number): Promise<boolean> {
  try {
    for await (const line of readJournal(directory, { from: seq + 1 }))
      if (spanCount(eventOf(line)) > 0) return true;
    return false;
  } catch {
    return true;
  }
}

/** The end of the journal, where there is one. */
function headOf(store: Store): JournalHead | undefined {
  const journal = store.journal();
  return journal === undefined ? undefined : journalHead(journal);
}
