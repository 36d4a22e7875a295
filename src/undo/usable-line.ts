/**
 * Which lines of the journal can be remembered. A line that somebody damaged may hold anything, and the chain tells that it was changed; what is remembered
 * takes nothing from it that it could not be read back with.
 */
import * as z from 'zod';
import { facets } from '../catalog/facets.ts';
import type { JournalEvent } from '../drift/events.ts';
import { rollbackResults } from './memory.ts';

const text = z.string().exactOptional();
const ms = z.number().exactOptional();

/** What is read of any line, where it is there. */
const fields = z.looseObject({
  target: text,
  workspace: text,
  id: text,
  kind: text,
  operation: text,
  facets: z.array(z.enum(facets)).exactOptional(),
  signatures: z.partialRecord(z.enum(facets), z.string()).exactOptional(),
  start: ms,
  end: ms,
  expires: ms,
  confirm_by: ms,
  result: z.enum(rollbackResults).exactOptional(),
  mode: text,
  replaced: text,
  reverts: text,
  who: text,
  trigger: text,
  reason: text,
  key: text,
  plan: text,
  record: text,
  steps: z.int().nonnegative().exactOptional(),
  files: z.array(z.string()).exactOptional(),
  phase: text,
  trace_id: text,
  span_id: text,
  action: text,
});
type Field = keyof z.infer<typeof fields>;

const named = ['target', 'workspace'] as const;
const asked = [...named, 'id', 'facets'] as const;

/** What a line of that type cannot be without. */
const needed: Partial<Record<JournalEvent['type'], readonly Field[]>> = {
  drift: [...named, 'signatures', 'end'],
  resolved: [...named, 'end'],
  baseline: [...named, 'kind'],
  intent: asked,
  outcome: [...asked, 'result', 'start', 'end'],
  refusal: asked,
  approval: [...asked, 'who', 'trigger', 'plan', 'steps', 'files', 'start', 'expires'],
  try: [...asked, 'phase', 'replaced', 'trace_id', 'span_id'],
  control: ['action', 'who'],
};

/** Whether a line is about rollbacks and drifts, and whole as far as it is read. */
export function isUsable(event: JournalEvent): boolean {
  const wanted = Object.hasOwn(needed, event.type) ? needed[event.type] : undefined;
  if (wanted === undefined) return false;
  // The build cache has operations of its own in these lines.
  if ('operation' in event && event.operation !== 'rollback') return false;
  const read = fields.safeParse(event);
  return read.success && wanted.every((field) => read.data[field] !== undefined);
}
