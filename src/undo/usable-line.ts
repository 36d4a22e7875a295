/**
 * Validates journal lines before they enter the rollback memory. A line that was tampered with may hold
 * anything. The hash chain detects it; this check keeps values out of the memory that could not be read back
 * from its file.
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

/** For each type of line that the memory takes in, the fields that remember.ts reads. */
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

/** The parameter types make the compiler reject a schema that refuses a valid event. */
const isWhole = <S extends z.ZodType>(schema: S, line: z.input<S>): boolean => schema.safeParse(line).success;

/** Reports whether the memory takes in a line of this type and the fields that it reads are valid. */
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
