/**
 * Records lines about build caches in the journal, for a command, while a running exporter holds the journal;
 * and finds intents without outcome.
 */
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

/** Validates and writes a line about a build cache. */
export async function recordCacheLine(
  { journal }: Pick<Recorder, 'journal'>,
  body: unknown,
): Promise<Outcome<{ readonly recorded: true }>> {
  const parsed = lineSchema.safeParse(body);
  if (!parsed.success) return refuse(400, explainRequest(parsed.error));
  const told = await appendJournal(journal, parsed.data satisfies IntentEvent | OutcomeEvent);
  return told.ok ? { ok: true, value: { recorded: true } } : refuse(503, told.problem);
}

/**
 * Reports whether the newest line about that operation on that directory is an intent, so that its outcome is
 * unknown.
 */
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
