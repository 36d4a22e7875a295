/** Lines about build caches that a command asks to be written into the journal, because a running exporter holds it; and which of them want an end. */
import * as z from 'zod';
import {
  type CacheOperation,
  cacheOperations,
  type IntentEvent,
  type OutcomeEvent,
} from '../drift/events.ts';
import { appendJournal, eventOf, readJournal } from './journal.ts';
import { explainRequest, type Outcome, type Recorder, refuse } from './record-exemption.ts';

const count = z.int().nonnegative().max(1e9);
const about = {
  facets: z.tuple([z.literal('cache')]),
  operation: z.enum(cacheOperations),
  directory: z.string().startsWith('/').max(4096),
  why: z.string().min(1).max(4096),
};

const lineSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('intent'),
    ...about,
    steps: count,
    files: z.array(z.string().max(4096)).max(200),
  }),
  z.strictObject({
    type: z.literal('outcome'),
    ...about,
    result: z.enum(['applied', 'undone', 'failed']),
    done: count,
    needless: count,
    failed: count,
  }),
]);

/** Writes a line about a build cache; checks what it is given. */
export async function recordCacheLine(
  { journal }: Pick<Recorder, 'journal'>,
  body: unknown,
): Promise<Outcome<{ readonly recorded: true }>> {
  const parsed = lineSchema.safeParse(body);
  if (!parsed.success) return refuse(400, explainRequest(parsed.error));
  const told = await appendJournal(journal, parsed.data satisfies IntentEvent | OutcomeEvent);
  return told.ok ? { ok: true, value: { recorded: true } } : refuse(503, told.problem);
}

/** Whether the newest line of a journal about that operation on that directory is an intent: nobody has told how it ended. */
export async function isCacheIntentOpen(
  journal: string,
  operation: CacheOperation,
  directory: string,
): Promise<boolean> {
  let isOpen = false;
  for await (const line of readJournal(journal)) {
    const event = eventOf(line);
    if ((event.type !== 'intent' && event.type !== 'outcome') || event.operation !== operation) continue;
    if (event.directory === directory) isOpen = event.type === 'intent';
  }
  return isOpen;
}
