/**
 * Records the result of a blame in the journal, for a command, while a running exporter holds the journal.
 */
import * as z from 'zod';
import { facets } from '../catalog/facets.ts';
import { type BlameEvent, blameResults } from '../drift/blame-event.ts';
import { appendJournal } from './journal.ts';
import { explainRequest, type Outcome, type Recorder, refuse } from './record-exemption.ts';

const text = z.string().max(4096);
const texts = z.array(text).max(100);
const ms = z.int().nonnegative();

const lineSchema = z.strictObject({
  type: z.literal('blame'),
  target: text,
  workspace: text,
  facets: z.array(z.enum(facets)).max(facets.length),
  result: z.enum(blameResults),
  command: text,
  entries: texts,
  repairs: texts,
  why: text,
  worlds: z.int().nonnegative().max(1e6),
  who: z.string().max(256),
  start: ms,
  end: ms,
  resource: z.record(z.string().max(256), text),
  version: z.string().max(256),
  trace_id: z.string().regex(/^[0-9a-f]{32}$/),
  parent_span_id: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .exactOptional(),
  span_id: z.string().regex(/^[0-9a-f]{16}$/),
});

/** Validates and writes the line. */
export async function recordBlame(
  { journal }: Pick<Recorder, 'journal'>,
  body: unknown,
): Promise<Outcome<{ readonly recorded: true }>> {
  const parsed = lineSchema.safeParse(body);
  if (!parsed.success) return refuse(400, explainRequest(parsed.error));
  const told = await appendJournal(journal, parsed.data satisfies BlameEvent);
  return told.ok ? { ok: true, value: { recorded: true } } : refuse(503, told.problem);
}
