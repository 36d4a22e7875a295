/**
 * Accepts a baseline only where no rollback or try waits to be confirmed. Reverting one after the acceptance
 * would be a drift from the new baseline that godrift itself made, and accepting a baseline must not confirm
 * a rollback in passing.
 */
import * as z from 'zod';
import { type Accepted, acceptBaseline } from '../../store/accept-baseline.ts';
import { type Outcome, type Recorder, refuse } from '../../store/record-exemption.ts';
import type { RollbackMemory } from '../../undo/memory.ts';
import { whyUnconfirmed } from './take-back.ts';

const named = z.object({ target: z.string(), workspace: z.string() });

/**
 * Accepts a baseline like {@link acceptBaseline}, which also refuses a body without a target. Refuses (400)
 * while something of the target waits to be confirmed.
 */
export async function acceptUnlessUnconfirmed(
  recorder: Recorder,
  body: unknown,
  memory: RollbackMemory,
  telling?: Parameters<typeof acceptBaseline>[2],
): Promise<Outcome<Accepted>> {
  const parsed = named.safeParse(body);
  const why = parsed.success
    ? whyUnconfirmed(memory, { name: parsed.data.target, workspace: parsed.data.workspace })
    : undefined;
  return why === undefined ? await acceptBaseline(recorder, body, telling) : refuse(400, why);
}
