/**
 * Decisions of people over the admin socket: approve, deny or confirm a rollback, pause and resume all of
 * them (contract §5).
 */

import * as z from 'zod';
import { AppError } from '../../catalog/errors.ts';
import { facets } from '../../catalog/facets.ts';
import { systemClock } from '../../host/machine.ts';
import { longestReason } from '../../store/exemptions.ts';
import { explainRequest, type Outcome, type Recorder, refuse } from '../../store/record-exemption.ts';
import { additionsOf } from '../../undo/policy.ts';
import { controlRollbacks, denyWaiting, waitingOf } from '../rollback/controls.ts';
import type { PlanDocument } from '../rollback/document.ts';
import type { Place } from '../rollback/perform.ts';
import { rulesOfPeople } from '../rollback/situation.ts';
import { unconfirmedWith } from '../rollback/take-back.ts';
import { takeBackHere } from './confirmations.ts';
import { type Exporter, stillStarts } from './exporter.ts';
import { performHere } from './perform-here.ts';

const said = z.strictObject({
  who: z.string().min(1).max(100).default('admin socket'),
  reason: z.string().min(1).max(longestReason).exactOptional(),
});

const control = z.strictObject({
  action: z.enum(['pause', 'resume', 'release']),
  ...said.shape,
  target: z.string().min(1).max(255).exactOptional(),
  workspace: z.string().max(4096).exactOptional(),
  facets: z.array(z.enum(facets)).min(1).max(facets.length).exactOptional(),
});

/**
 * Pauses or resumes rollbacks, or releases a target's facets from quarantine. Invalid bodies are answered
 * with 400.
 */
export async function controlFor(recorder: Recorder, body: unknown): Promise<Outcome<object>> {
  const parsed = control.safeParse(body);
  if (!parsed.success) return refuse(400, explainRequest(parsed.error));
  return await controlRollbacks(recorder, parsed.data);
}

/** Approves, denies or confirms a rollback by its id. Denying an unconfirmed rollback reverts it. */
export async function decideFor(
  exporter: Exporter,
  recorder: Recorder,
  { id, action }: { readonly id: string; readonly action: string },
  body: unknown,
  place: Place,
): Promise<Outcome<object>> {
  const parsed = said.safeParse(body);
  if (!parsed.success) return refuse(400, explainRequest(parsed.error));
  const memory = await exporter.parts?.rollbacks.catchUp();
  if (memory === undefined) return refuse(503, stillStarts);
  if (action === 'deny' && unconfirmedWith(memory, { id }).length > 0)
    return await takeBackHere(exporter, recorder, { id, denied: parsed.data }, place);
  if (action === 'deny') return await denyWaiting(recorder, memory, id, parsed.data, place);
  if (action === 'confirm') return await controlRollbacks(recorder, { action, id, ...parsed.data }, memory);
  if (action !== 'approve') return refuse(404, 'no such call');
  return await approve(exporter, recorder, { id, ...parsed.data }, place);
}

/**
 * Carries out a waiting plan if a new plan is still the same. Since a person approved it, the guards for
 * alerts do not apply.
 */
async function approve(
  exporter: Exporter,
  recorder: Recorder,
  { id, who, reason }: { readonly id: string; readonly who: string; readonly reason?: string },
  place: Place,
): Promise<Outcome<PlanDocument>> {
  const memory = exporter.parts?.rollbacks.known();
  if (memory === undefined) return refuse(503, stillStarts);
  const waiting = waitingOf(memory, id, recorder.now());
  if ('problem' in waiting) return refuse(404, waiting.problem);
  const { target: name, workspace, facet, plan, record, trigger, key } = waiting;
  const target = exporter.discovery
    ?.targets()
    .find((one) => one.name === name && one.workspace === workspace);
  if (target === undefined) return refuse(404, `${name} is no longer observed`);
  const asking = {
    who,
    mode: 'approve',
    trigger,
    shown: plan,
    ...(reason === undefined ? {} : { reason }),
    ...(key === undefined ? {} : { key }),
  } as const;
  const { rollback: policy } = exporter.settings;
  const states = exporter.loop?.current().states() ?? [];
  const request = {
    target,
    stateDirectory: recorder.state.path,
    facet,
    ...(record === undefined ? {} : { to: record }),
    ...additionsOf(policy),
  };
  try {
    const done = await performHere(exporter, recorder, request, asking, place, {
      ...rulesOfPeople({ now: systemClock(), policy, memory, states, target, facet }, target),
      id,
    });
    return { ok: true, value: done };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return refuse(503, error.message);
  }
}
