/**
 * Which lines of the journal can be remembered. A line that somebody damaged may hold anything, and the chain tells that it was changed; what is remembered
 * takes nothing from it that it could not be read back with.
 */
import * as z from 'zod';
import { facets } from '../catalog/facets.ts';
import type { JournalEvent } from '../drift/events.ts';
import { rollbackResults } from './memory.ts';

const text = z.string();
const ms = z.number();
const named = { target: text, workspace: text };
const about = { ...named, id: text, facets: z.array(z.enum(facets)).readonly() };
const asked = { who: text, trigger: text, reason: text.exactOptional(), key: text.exactOptional() };

/** Of each type of line that is remembered: what is read of it (remember.ts), and no more. */
const lines = {
  drift: z.object({
    ...named,
    signatures: z.partialRecord(z.enum(facets), text).readonly(),
    end: ms,
  }),
  resolved: z.object({ ...named, end: ms }),
  baseline: z.object({ ...named, kind: text }),
  intent: z.object({ ...about, replaced: text.exactOptional(), reverts: text.exactOptional() }),
  outcome: z.object({
    ...about,
    result: z.enum(rollbackResults),
    mode: text,
    reverts: text.exactOptional(),
    start: ms,
    end: ms,
    confirm_by: ms.exactOptional(),
    retry_at: ms.exactOptional(),
  }),
  refusal: z.object({ ...about, reverts: text.exactOptional(), retry_at: ms.exactOptional() }),
  approval: z.object({
    ...about,
    ...asked,
    plan: text,
    record: text.exactOptional(),
    steps: z.int().nonnegative(),
    files: z.array(text).readonly(),
    start: ms,
    expires: ms,
  }),
  try: z.object({
    ...about,
    phase: text,
    replaced: text,
    trace_id: text,
    span_id: text,
    confirm_by: ms.exactOptional(),
  }),
  control: z.object({
    action: text,
    who: text,
    reason: text.exactOptional(),
    target: text.exactOptional(),
    workspace: text.exactOptional(),
    facets: about.facets.exactOptional(),
    id: text.exactOptional(),
  }),
};

/** Typed by what is written: the compiler tells where a schema would refuse a line that an event may well be. */
const isWhole = <S extends z.ZodType>(schema: S, line: z.input<S>): boolean => schema.safeParse(line).success;

/** Whether a line is about rollbacks and drifts, and whole as far as it is read. */
export function isUsable(event: JournalEvent): boolean {
  switch (event.type) {
    case 'drift':
      return isWhole(lines.drift, event);
    case 'resolved':
      return isWhole(lines.resolved, event);
    case 'baseline':
      return isWhole(lines.baseline, event);
    case 'intent':
      return event.operation === 'rollback' && isWhole(lines.intent, event);
    case 'outcome':
      return event.operation === 'rollback' && isWhole(lines.outcome, event);
    case 'refusal':
      return isWhole(lines.refusal, event);
    case 'approval':
      return isWhole(lines.approval, event);
    case 'try':
      return isWhole(lines.try, event);
    case 'control':
      return isWhole(lines.control, event);
    default:
      return false;
  }
}
