/** Lines about build caches that a command asks to be written into the journal, because a running exporter holds it. */
import * as z from 'zod';
import { cacheOperations, type IntentEvent, type OutcomeEvent } from '../drift/events.ts';
import { appendJournal } from './journal.ts';
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
