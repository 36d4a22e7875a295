/**
 * Accepting a baseline of a target where nothing waits to be confirmed: what is taken back a moment later would be a drift from the new baseline, made by godrift itself, and a baseline
 * confirms nothing by the way.
 */
import * as z from 'zod';
import { type Accepted, acceptBaseline } from '../../store/accept-baseline.ts';
import { type Outcome, type Recorder, refuse } from '../../store/record-exemption.ts';
import type { RollbackMemory } from '../../undo/memory.ts';
import { whyUnconfirmed } from './take-back.ts';

const named = z.object({ target: z.string(), workspace: z.string() });

/** As {@link acceptBaseline}, which refuses a body that names no target. */
export async function acceptDecided(
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
